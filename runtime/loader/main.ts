import { type LakePlace, parseLakeUrl } from "../lake/lake-url";
import { openLake } from "../lake/open-lake";
import { requireLake } from "../lake/require-lake";
import { compiledMarts } from "../marts/compiled";
import { RhythmicError } from "../support/errors";
import { runProgram } from "../support/program";
import { createProgress } from "../support/progress";
import { openDuckDbWarehouse } from "../warehouse/duckdb-warehouse";
import { duckDbPathOf, parseWarehouseUrl, type WarehousePlace } from "../warehouse/warehouse-url";
import { Loader } from "./loader";
import { loaderReports } from "./metrics";
import { loaderSettings } from "./settings";

const NAME = "loader";

void runProgram({
  name: NAME,
  description: "loads the lake into the warehouse, hour by hour and exactly once, and builds the marts.",
  settings: loaderSettings,
  reports: loaderReports,
  async run({ settings, log, stop, status, report }) {
    const lake = parseLakeUrl(settings.LAKE_URL);
    const place = parseWarehouseUrl(settings.WAREHOUSE_URL);
    refuseApart(lake, place, settings);
    // To load once what isn't there is a mistake; to wait for it is not.
    const store = await openLake(lake, { mustExist: settings.LOADER_ONCE });
    if (settings.LOADER_ONCE) await requireLake(store);
    // Whoever sets up a machine learns from it how far it would have come.
    if (place.kind === "bigquery") log.info({ lake: store.url }, "the lake can be read");
    const warehouse = await openDuckDbWarehouse(duckDbPathOf(place), {
      memoryMb: settings.LOADER_MEMORY_MB,
      threads: settings.LOADER_THREADS,
    });
    try {
      const loader = await Loader.start({
        store,
        warehouse,
        graph: compiledMarts,
        log,
        report,
        status,
        progress: createProgress(process.stderr, (message) =>
          JSON.stringify({ severity: "INFO", program: NAME, message }),
        ),
        stop,
        stagingExpiryDays: settings.LOADER_STAGING_EXPIRY_DAYS,
      });
      if (settings.LOADER_ONCE) await loader.loadOnce();
      else await loader.loadForever(settings.LOADER_INTERVAL_MS);
      process.stdout.write(`${JSON.stringify(await loader.summary())}\n`);
    } finally {
      await warehouse.close();
    }
  },
});

/** The warehouse opens the lake's files itself: DuckDB has no way to a bucket here, and BigQuery none to a folder. */
function refuseApart(
  lake: LakePlace,
  warehouse: WarehousePlace,
  urls: { readonly LAKE_URL: string; readonly WAREHOUSE_URL: string },
): void {
  if ((lake.kind === "folder") === (warehouse.kind === "duckdb")) return;
  const because =
    warehouse.kind === "duckdb" ? "DuckDB reads files of this machine only" : "BigQuery reads files of buckets only";
  throw new RhythmicError(
    "bad_settings",
    `The lake ${urls.LAKE_URL} can't be loaded into the warehouse ${urls.WAREHOUSE_URL}, because ${because}; allowed are ` +
      "a local folder with a .duckdb file, and gs://bucket[/prefix] with bigquery://project/dataset-prefix.",
  );
}
