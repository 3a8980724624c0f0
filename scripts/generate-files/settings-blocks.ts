import { PARTITIONS_PER_TOPIC, TOPICS } from "../../runtime/kafka/topics";
import { loaderSettings } from "../../runtime/loader/settings";
import { processorSettings } from "../../runtime/processor/settings";
import type { EnvironmentRecord } from "../../stacks/environment-record";
import type { Attributes, SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import { BYTES_PER_GB } from "../cost/assumptions";
import { blocksOf } from "../cost/attributes";
import { amountOf } from "../cost/format";
import { PRICES, storagePriceOf } from "../cost/prices";
import { commitIntervalOf, type Volumes, volumesOf } from "../cost/volumes";
import { type Blocks, inBoth, markdownTable } from "./blocks";
import { type Declared, type Environments, withoutNames } from "./platforms";
import { constantIn } from "./source-constants";

const MS_PER_DAY = 86_400_000;
const MIB = 2 ** 20;

/**
 * A class A operation in STANDARD, US dollars: Google's own example of 10,000 for 0.05
 * (cloud.google.com/storage/pricing-examples). The list of prices has none, and colder classes' are dearer.
 */
const CLASS_A_USD = 0.05 / 10_000;

/** A setting of both environments, and where it is set. */
type Setting = readonly [what: string, dev: string, prod: string, where: string];

function settingsTable(settings: readonly Setting[]): string {
  return markdownTable(
    ["setting", "dev", "prod", "where"],
    settings.map(([what, dev, prod, where]) => [what, dev, prod, `\`${where}\``]),
  );
}

/** What docs/gcp_optimization.md quotes. */
export function gcpBlocks(environments: Environments): Blocks {
  const { dev, prod } = environments;
  const both = (what: string, of: (declared: Declared) => string, where: string): Setting => [
    what,
    of(dev),
    of(prod),
    where,
  ];
  const record = (what: string, of: (record: EnvironmentRecord) => string | number) =>
    both(what, ({ environment }) => String(of(environment)), "stacks/environments.ts");
  return {
    machines: settingsTable([
      record("Kafka's machine", ({ kafka }) => kafka.type),
      record("Kafka's data disk, GB", ({ kafka }) => kafka.dataDiskGb),
      record("the generator's machine", ({ generator }) => generator.type),
      record("the processors' machines", ({ processor }) => `${processor.count} x ${processor.type}`),
      record("the loader's machine", ({ loader }) => loader.type),
      both("type of every disk", ({ platform }) => diskTypes(platform), "stacks/constructs/"),
      both("image", ({ platform }) => machineImages(platform), "stacks/constructs/images.ts"),
    ]),
    lake: settingsTable([
      both(
        "storage class of old data files",
        ({ platform }) => coldRule(platform),
        "stacks/constructs/private-bucket.ts",
      ),
      record("soft delete, days", ({ softDeleteDays }) => softDeleteDays),
      both("a commit every, s", ({ platform }) => String(commitIntervalOf(platform) / 1000), "stacks/environments.ts"),
      both("expected files a day", (declared) => amountOf(volumesFor(declared).lakeFilesPerDay), "npm run cost"),
      both("expected events a file, on average", eventsPerFile, "npm run cost"),
      both("expected GB a day", (declared) => volumesFor(declared).lakeGbPerDay.toFixed(2), "npm run cost"),
      both("moving a file pays for itself after, months", monthsToPay, "scripts/generate-files/settings-blocks.ts"),
    ]),
    warehouse: settingsTable([
      both("partitioned by", ({ platform }) => partitioning(platform), "stacks/warehouse-stack.ts"),
      both(
        "partition filter required",
        ({ platform }) => String(stagingTable(platform).require_partition_filter),
        "stacks/warehouse-stack.ts",
      ),
      both(
        "clustered by",
        ({ platform }) => (stagingTable(platform).clustering as string[]).join(", "),
        "stacks/warehouse-stack.ts",
      ),
      record("an hour of staging expires after, days", ({ stagingRetentionDays }) => stagingRetentionDays),
      record("late events accepted for, days", ({ eventAgeMaxDays }) => eventAgeMaxDays),
      both(
        "the loader looks every, s",
        ({ platform }) =>
          String(
            Number(settingOf(platform, "loader", "LOADER_INTERVAL_MS") ?? loaderSettings.LOADER_INTERVAL_MS.default) /
              1000,
          ),
        "runtime/loader/settings.ts",
      ),
    ]),
  };
}

/** What docs/kafka_optimization.md quotes. */
export function kafkaBlocks(environments: Environments): Blocks {
  return {
    broker: brokerBlock(environments),
    topics: topicsTable(),
    sizes: sizesTable(environments),
    clients: clientsTable(environments),
  };
}

function brokerBlock({ dev, prod }: Environments): string {
  const properties = [dev, prod].map(({ platform, environment }) =>
    withoutNames(fileIn(userData(platform, "kafka/template"), "server.properties"), environment),
  );
  const [ofDev = "", ofProd = ""] = properties;
  if (ofDev !== ofProd) throw new Error("server.properties differs between dev and prod; show both on the page.");
  return ["```properties", ofDev, "```"].join("\n");
}

/** The content of a file that the cloud-config writes. */
function fileIn(cloudConfig: string, name: string): string {
  const lines = cloudConfig.split("\n");
  const start = lines.findIndex((line) => line.trim().startsWith("- path:") && line.endsWith(`/${name}`));
  const content = lines.findIndex((line, index) => index > start && line.trim() === "content: |");
  if (start < 0 || content < 0) throw new Error(`Kafka's cloud-config writes no file ${name}.`);
  const end = lines.findIndex((line, index) => index > content && line.trim() !== "" && !line.startsWith("      "));
  return lines
    .slice(content + 1, end < 0 ? undefined : end)
    .map((line) => line.trim())
    .join("\n")
    .trim();
}

function topicsTable(): string {
  const settings = new Set(TOPICS.map(({ config }) => JSON.stringify(config)));
  if (settings.size !== 1) throw new Error("The topics differ in their settings; show each on the page.");
  const [{ config }] = TOPICS as readonly [(typeof TOPICS)[number]];
  return markdownTable(
    ["setting of every topic", "value"],
    [
      ["topics", TOPICS.map(({ name }) => `\`${name}\``).join(", ")],
      ["partitions", String(PARTITIONS_PER_TOPIC)],
      ...Object.entries(config).map(([name, value]) => [
        `\`${name}\``,
        name.endsWith(".ms") ? `${value} (${Number(value) / MS_PER_DAY} days)` : value,
      ]),
    ],
  );
}

function sizesTable({ dev, prod }: Environments): string {
  const row = (what: string, of: (declared: Declared) => string) => [what, of(dev), of(prod)];
  const logGb = (declared: Declared) => volumesFor(declared).kafkaGbPerDay * volumesFor(declared).kafkaDays;
  return markdownTable(
    ["", "dev", "prod"],
    [
      row("machine", ({ environment }) => environment.kafka.type),
      row("Java heap, MB", ({ platform }) => /-Xmx(\d+)m/.exec(userData(platform, "kafka/template"))?.[1] ?? "?"),
      row("events a day, expected", ({ environment }) => amountOf(environment.expected.eventsPerDay)),
      row("events a second on average", ({ environment }) => amountOf(environment.expected.eventsPerDay / 86_400)),
      row("bytes of a record in the log, measured", (declared) => amountOf(Math.round(recordBytes(declared)))),
      row("log a day, GB", (declared) => volumesFor(declared).kafkaGbPerDay.toFixed(1)),
      row("log within the retention, GB", (declared) => logGb(declared).toFixed(1)),
      row("data disk, GB", ({ environment }) => String(environment.kafka.dataDiskGb)),
      row("of it used, percent", (declared) =>
        ((100 * logGb(declared)) / declared.environment.kafka.dataDiskGb).toFixed(0),
      ),
      row("the alert begins at, percent", ({ environment }) => String(environment.alerts.diskUsedMaxPercent)),
      row("snapshots kept, days", ({ environment }) => String(environment.snapshotRetentionDays)),
    ],
  );
}

const SINK = "runtime/kafka/kafkajs-sink.ts";
const SOURCE = "runtime/kafka/kafkajs-source.ts";
const PROCESSOR = "runtime/processor/settings.ts";

function clientsTable({ dev, prod }: Environments): string {
  const kib = (file: string, name: string) => `${constantIn(file, name) / 1024} KiB`;
  const ofProcessor = (
    name: "PROCESSOR_SESSION_TIMEOUT_MS" | "PROCESSOR_CUT_INTERVAL_MS" | "PROCESSOR_CUT_BYTES_MAX",
  ) => {
    const value = ({ platform }: Declared) =>
      Number(settingOf(platform, "processor", name) ?? processorSettings[name].default);
    const text = (bytesOrMs: number) => (name.endsWith("_MS") ? `${bytesOrMs / 1000} s` : `${bytesOrMs / MIB} MiB`);
    return inBoth(text(value(dev)), text(value(prod)));
  };
  const rows: readonly (readonly [string, string, string])[] = [
    ["producer: idempotent, acks from all in-sync replicas", "yes", SINK],
    ["producer: bytes of a batch to one partition", kib(SINK, "BATCH_BYTES_MAX"), SINK],
    ["producer: a batch that is not full waits", `${constantIn(SINK, "LINGER_MS")} ms`, SINK],
    ["producer: batches that may wait or be on their way", String(constantIn(SINK, "BATCHES_BUFFERED_MAX")), SINK],
    ["producer: a batch is tried for", `${constantIn(SINK, "DELIVERY_TIMEOUT_MS") / 1000} s`, SINK],
    ["producer: connections", String(constantIn(SINK, "PRODUCERS")), SINK],
    ["consumer: bytes of a fetch", kib(SOURCE, "FETCH_BYTES_MAX"), SOURCE],
    ["consumer: bytes of a fetch, a partition", kib(SOURCE, "FETCH_BYTES_PARTITION_MAX"), SOURCE],
    ["consumer: the broker answers an empty fetch after", `${constantIn(SOURCE, "MAX_WAIT_MS")} ms`, SOURCE],
    ["consumer: a sign of life every", `${constantIn(SOURCE, "HEARTBEAT_INTERVAL_MS")} ms`, SOURCE],
    ["consumer: given up after", ofProcessor("PROCESSOR_SESSION_TIMEOUT_MS"), PROCESSOR],
    [
      "processor: longest time between two commits, unless a stack says else",
      ofProcessor("PROCESSOR_CUT_INTERVAL_MS"),
      PROCESSOR,
    ],
    ["processor: bytes in memory that force a commit", ofProcessor("PROCESSOR_CUT_BYTES_MAX"), PROCESSOR],
  ];
  return markdownTable(
    ["setting", "value", "where"],
    rows.map(([what, value, where]) => [what, value, `\`${where}\``]),
  );
}

function volumesFor({ environment, platform }: Declared): Volumes {
  return volumesOf(environment.expected.eventsPerDay, 1, environment.processor.count, commitIntervalOf(platform));
}

function recordBytes(declared: Declared): number {
  return (volumesFor(declared).kafkaGbPerDay * BYTES_PER_GB) / declared.environment.expected.eventsPerDay;
}

function eventsPerFile(declared: Declared): string {
  return amountOf(Math.round(declared.environment.expected.eventsPerDay / volumesFor(declared).lakeFilesPerDay));
}

/** What moving files to a colder class costs at least, against what it saves a month. */
function monthsToPay(declared: Declared): string {
  const { lakeFilesPerDay, lakeGbPerDay } = volumesFor(declared);
  const savedUsdPerMonth =
    lakeGbPerDay * (storagePriceOf(PRICES, "STANDARD", "") - storagePriceOf(PRICES, "NEARLINE", ""));
  return amountOf(Math.round((lakeFilesPerDay * CLASS_A_USD) / savedUsdPerMonth));
}

function settingOf(platform: SynthesizedPlatform, program: string, name: string): string | undefined {
  return platform.stacks.flatMap(({ programs }) => programs).find((one) => one.program === program)?.environment[name];
}

function userData(platform: SynthesizedPlatform, path: string): string {
  const template = platform.ofType("google_compute_instance_template").find((resource) => resource.path === path);
  return String((template?.attributes.metadata as Attributes | undefined)?.["user-data"] ?? "");
}

function diskTypes(platform: SynthesizedPlatform): string {
  const boot = platform
    .ofType("google_compute_instance_template")
    .flatMap(({ attributes }) => blocksOf(attributes, "disk").map(({ disk_type: type }) => String(type)));
  const data = platform.ofType("google_compute_disk").map(({ attributes }) => String(attributes.type));
  return [...new Set([...boot, ...data])].join(", ");
}

function machineImages(platform: SynthesizedPlatform): string {
  const images = platform
    .ofType("google_compute_instance_template")
    .flatMap(({ attributes }) => blocksOf(attributes, "disk").map(({ source_image: image }) => String(image)));
  return [...new Set(images.map((image) => image.replace(/^.*\//, "")))].join(", ");
}

function coldRule(platform: SynthesizedPlatform): string {
  const rules = platform
    .ofType("google_storage_bucket")
    .flatMap(({ attributes }) => blocksOf(attributes, "lifecycle_rule"));
  const cold = rules.find((rule) => blocksOf(rule, "action")[0]?.type === "SetStorageClass");
  if (cold === undefined) return "STANDARD for ever";
  return `${blocksOf(cold, "action")[0]?.storage_class} after ${blocksOf(cold, "condition")[0]?.age} days`;
}

function stagingTable(platform: SynthesizedPlatform): Attributes {
  const [table] = platform.ofType("google_bigquery_table");
  if (table === undefined) throw new Error("The warehouse declares no table.");
  return table.attributes;
}

function partitioning(platform: SynthesizedPlatform): string {
  const [block] = blocksOf(stagingTable(platform), "time_partitioning");
  return `${block?.type} of ${block?.field}`;
}
