import type { SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { ARTIFACTS_GB, DAYS_PER_MONTH } from "./assumptions";
import { blocksOf, placeOf } from "./attributes";
import { lineOf } from "./lines";
import { checkRegion, storagePriceOf } from "./prices";
import type { CostContext, CostLine } from "./report";

const MS_PER_DAY = 86_400_000;

/** What lies in a bucket decides what it costs. */
export function bucketLines(bucket: SynthesizedResource, context: CostContext): CostLine[] {
  const { platform, prices } = context;
  checkRegion(prices, String(bucket.attributes.location), placeOf(bucket));
  const name = String(bucket.attributes.name);
  if (name === lakeBucketOf(platform)) return lakeLines(bucket, context);
  if (holdsBundles(platform, bucket)) {
    return [
      lineOf(bucket, {
        what: "bundles, STANDARD",
        quantity: ARTIFACTS_GB,
        unit: "GB",
        unitPriceUsd: storagePriceOf(prices, "STANDARD", placeOf(bucket)),
        assumption: "all bundles ever deployed are kept; a few megabytes each",
      }),
    ];
  }
  const takesLogs = platform
    .ofType("google_storage_bucket")
    .some(({ attributes }) => blocksOf(attributes, "logging").some((logging) => logging.log_bucket === name));
  return [lineOf(bucket, { what: takesLogs ? "access logs" : "objects", quantity: undefined, unit: "GB" })];
}

/** The name of the bucket that the programs take for the lake. */
function lakeBucketOf(platform: SynthesizedPlatform): string | undefined {
  const urls = platform.stacks.flatMap(({ programs }) => programs).map(({ environment }) => environment.LAKE_URL);
  return /^gs:\/\/([^/]+)/.exec(urls.find((url) => url !== undefined) ?? "")?.[1];
}

function holdsBundles(platform: SynthesizedPlatform, bucket: SynthesizedResource): boolean {
  return platform.ofType("google_storage_bucket_object").some(({ attributes }) => {
    return attributes.bucket === bucket.attributes.name;
  });
}

/** Data files in the class that the bucket's own rule gives them at their age, and the requests that write them. */
function lakeLines(bucket: SynthesizedResource, { prices, volumes }: CostContext): CostLine[] {
  const days = volumes.monthsKept * DAYS_PER_MONTH;
  const rule = blocksOf(bucket.attributes, "lifecycle_rule")
    .map((block) => ({ action: blocksOf(block, "action")[0] ?? {}, condition: blocksOf(block, "condition")[0] ?? {} }))
    .find(({ action }) => action.type === "SetStorageClass");
  const warmDays = Math.min(days, rule === undefined ? days : Number(rule.condition.age));
  const storage = (storageClass: string, daysIn: number) =>
    lineOf(bucket, {
      what: `data files, ${storageClass}`,
      quantity: daysIn * volumes.lakeGbPerDay,
      unit: "GB",
      unitPriceUsd: storagePriceOf(prices, storageClass, placeOf(bucket)),
      assumption: `${Math.round(daysIn)} days of events`,
    });
  const requests = (what: string, perDay: number, assumption: string) =>
    lineOf(bucket, { what, quantity: Math.round(perDay * DAYS_PER_MONTH), unit: "class A operations", assumption });
  const written = volumes.lakeFilesPerDay + volumes.lakeCommitsPerDay;
  const lines = [
    storage("STANDARD", warmDays),
    requests("writing files and the tables' logs", written, `a commit every ${volumes.commitIntervalS} s`),
  ];
  if (days <= warmDays) return lines;
  const coldClass = String(rule?.action.storage_class);
  lines.splice(1, 0, storage(coldClass, days - warmDays));
  return [...lines, requests(`moving files to ${coldClass}`, volumes.lakeFilesPerDay, "every file is moved once")];
}

/** A staging table by its own expiry; tables that the loader makes are the datasets' matter. */
export function tableLines(table: SynthesizedResource, { volumes }: CostContext): CostLine[] {
  const perDay = volumes.stagingGbPerDay[String(table.attributes.table_id)];
  const [partitioning] = blocksOf(table.attributes, "time_partitioning");
  const expiryDays = Number(partitioning?.expiration_ms ?? Number.POSITIVE_INFINITY) / MS_PER_DAY;
  const days = Math.min(expiryDays, volumes.monthsKept * DAYS_PER_MONTH);
  return [
    lineOf(table, {
      what: "BigQuery storage",
      quantity: perDay === undefined ? undefined : perDay * days,
      unit: "logical GB",
      assumption: `${Math.round(days)} days of events`,
    }),
  ];
}
