import { bigQueryFields } from "../../../runtime/schema/bigquery";
import { columnsOf } from "../../../runtime/schema/columns";
import { EVENTS } from "../../../runtime/schema/events";
import type { Environment } from "../../../stacks/environment-record";
import { datasetOf } from "../../../stacks/names";
import type { SynthesizedPlatform, SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import { findingAt, forEach, missing, mustBe, mustHold, type Rule, shown, texts } from "../rule";
import { settingOf } from "./settings";

/** The warehouse's tables are the events' schema, and keep what the programs accept. */

const TABLE = "google_bigquery_table";
const MS_PER_DAY = 86_400_000;
const MS_PER_HOUR = 3_600_000;
/** docs.cloud.google.com/bigquery/quotas#partitioned_tables */
const PARTITIONS_MAX = 10_000;

/** The staging tables of the topics: the tables in the staging dataset. */
function stagingTables(platform: SynthesizedPlatform): readonly SynthesizedResource[] {
  return platform.ofType(TABLE).filter(({ attributes }) => EVENTS.some(({ topic }) => topic === attributes.table_id));
}

/** The first difference between a table's fields and the schema's. */
function schemaProblem(table: SynthesizedResource) {
  const event = EVENTS.find(({ topic }) => topic === table.attributes.table_id);
  if (event === undefined) return undefined;
  const expected = bigQueryFields(columnsOf(event)).map((field) => JSON.stringify(field));
  let given: readonly string[];
  try {
    given = (JSON.parse(String(table.attributes.schema)) as unknown[]).map((field) => JSON.stringify(field));
  } catch {
    return findingAt(table, table.attributes.schema, "the fields as JSON");
  }
  const index = Array.from({ length: Math.max(given.length, expected.length) }).findIndex(
    (_, at) => given[at] !== expected[at],
  );
  return index < 0 ? undefined : findingAt(table, `field ${index + 1}: ${shown(given[index])}`, shown(expected[index]));
}

/** Tables of topics lie in staging, named by a reference to it or by its name. */
function datasetProblem(table: SynthesizedResource, platform: SynthesizedPlatform, environment: Environment) {
  const staging = datasetOf(environment, "staging");
  const dataset = platform
    .ofType("google_bigquery_dataset")
    .find(({ stack, attributes }) => stack === table.stack && attributes.dataset_id === staging);
  const allowed = [staging, `\${google_bigquery_dataset.${dataset?.id}.dataset_id}`];
  return mustHold(table, "dataset_id", (given) => allowed.includes(String(given)), staging);
}

export const SCHEMA: readonly Rule[] = [
  {
    name: "Every topic has a staging table with the columns of its event",
    why: "A load of a file with other columns fails, or loses them.",
    check: (platform, environment) => [
      ...EVENTS.filter(
        ({ topic }) => stagingTables(platform).filter(({ attributes }) => attributes.table_id === topic).length !== 1,
      ).map(({ topic }) => missing("warehouse", `a table ${topic}`, "exactly one")),
      ...stagingTables(platform)
        .flatMap((table) => [schemaProblem(table), datasetProblem(table, platform, environment)])
        .filter((finding) => finding !== undefined),
    ],
  },
  {
    name: "Tables are partitioned by the hour of the event, and no query reads all hours by mistake",
    why: "A query without an hour would read, and be billed for, everything.",
    source: "https://docs.cloud.google.com/bigquery/docs/partitioned-tables",
    check: (platform) =>
      forEach(platform, TABLE, (table) => [
        mustBe(table, "time_partitioning.type", "HOUR"),
        mustBe(table, "time_partitioning.field", "event_hour"),
        mustBe(table, "require_partition_filter", true),
      ]),
  },
  {
    name: "Tables are clustered by what the marts and the loader ask for",
    why: "Otherwise every question about one listener reads the whole hour.",
    check: (platform) =>
      forEach(platform, TABLE, (table) => [
        mustHold(
          table,
          "clustering",
          () => texts(table.attributes.clustering).join() === "user_id,kafka_partition,kafka_offset",
          "user_id, kafka_partition, kafka_offset",
        ),
      ]),
  },
  {
    name: "Tables keep an hour for as long as late events may come for it, and within BigQuery's limit of partitions",
    why: "An accepted event whose hour has expired would be loaded and vanish.",
    source: "https://docs.cloud.google.com/bigquery/quotas#partitioned_tables",
    check: (platform, environment) => {
      const eventAgeMaxMs = Number(settingOf(platform, "processor", "PROCESSOR_EVENT_AGE_MAX_MS"));
      const isAllowed = (ms: unknown) =>
        typeof ms === "number" && ms >= eventAgeMaxMs && ms <= PARTITIONS_MAX * MS_PER_HOUR;
      return [
        ...(Number.isFinite(eventAgeMaxMs) ? [] : [missing("stream", "PROCESSOR_EVENT_AGE_MAX_MS", "a limit")]),
        ...forEach(platform, TABLE, (table) => [
          mustHold(
            table,
            "time_partitioning.expiration_ms",
            isAllowed,
            `${eventAgeMaxMs} ms (what the processor accepts as late) to ${PARTITIONS_MAX} hours`,
          ),
          mustBe(table, "time_partitioning.expiration_ms", environment.stagingRetentionDays * MS_PER_DAY),
        ]),
      ];
    },
  },
  {
    name: "No dataset drops its tables by age",
    why: "Marts and the loader's books are kept; only hours of staging expire.",
    check: (platform) =>
      forEach(platform, "google_bigquery_dataset", (dataset) => [
        mustBe(dataset, "default_table_expiration_ms", undefined),
        mustBe(dataset, "default_partition_expiration_ms", undefined),
      ]),
  },
];
