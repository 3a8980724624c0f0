import { createFolderStore } from "../lake/folder-store";
import { parseLakeUrl } from "../lake/lake-url";
import { requireLake } from "../lake/require-lake";
import { compiledMarts } from "../marts/compiled";
import { runProgram } from "../support/program";
import { createProgress } from "../support/progress";
import { openDuckDbWarehouse } from "../warehouse/duckdb-warehouse";
import { parseWarehouseUrl } from "../warehouse/warehouse-url";
import { Loader } from "./loader";
import { loaderSettings } from "./settings";

const NAME = "loader";

void runProgram({
  name: NAME,
  description: "loads the lake into the warehouse, hour by hour and exactly once, and builds the marts.",
  settings: loaderSettings,
  async run({ settings, log, stop }) {
    const lake = parseLakeUrl(settings.LAKE_URL);
    const place = parseWarehouseUrl(settings.WAREHOUSE_URL);
    // To load once what isn't there is a mistake; to wait for it is not.
    const store = await createFolderStore(lake.path, { mustExist: settings.LOADER_ONCE });
    if (settings.LOADER_ONCE) await requireLake(store);
    const warehouse = await openDuckDbWarehouse(place.path, {
      memoryMb: settings.LOADER_MEMORY_MB,
      threads: settings.LOADER_THREADS,
    });
    try {
      const loader = await Loader.start({
        store,
        warehouse,
        graph: compiledMarts,
        log,
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
