import { PARTITIONS_PER_TOPIC, TOPICS } from "../../runtime/kafka/topics";
import { processorSettings } from "../../runtime/processor/settings";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import { BYTES_PER_GB, EVENT_SIZES } from "./assumptions";

const MS_PER_DAY = 86_400_000;

/** How much data an environment moves and keeps, by the settings that its stacks give the programs. */
export interface Volumes {
  readonly eventsPerDay: number;
  readonly monthsKept: number;
  /** Longest time between two commits to the lake, seconds. */
  readonly commitIntervalS: number;
  /** What Kafka's log grows by, GB a day. */
  readonly kafkaGbPerDay: number;
  /** How long Kafka keeps a record, days. */
  readonly kafkaDays: number;
  /** What the lake's data files grow by, GB a day. */
  readonly lakeGbPerDay: number;
  /** Data files that are written a day. */
  readonly lakeFilesPerDay: number;
  /** Entries that are written to the tables' logs a day. */
  readonly lakeCommitsPerDay: number;
  /** What a topic's table in BigQuery grows by, logical GB a day. */
  readonly stagingGbPerDay: Readonly<Record<string, number>>;
}

/**
 * @param processors how many processors share out the partitions: each commits on its own
 * @param commitIntervalMs longest time between two commits
 */
export function volumesOf(
  eventsPerDay: number,
  monthsKept: number,
  processors: number,
  commitIntervalMs: number,
): Volumes {
  const commitsPerDay = MS_PER_DAY / commitIntervalMs;
  const topics = Object.entries(EVENT_SIZES).map(([topic, size]) => {
    const events = eventsPerDay * size.share;
    // A file belongs to one partition and one hour; events come as they please, so that some intervals bring none.
    const eventsPerInterval = events / (PARTITIONS_PER_TOPIC * commitsPerDay);
    const files = PARTITIONS_PER_TOPIC * commitsPerDay * (1 - Math.exp(-eventsPerInterval));
    const rows = files === 0 ? 0 : events / files;
    return {
      topic,
      files,
      commits: Math.min(files, processors * commitsPerDay),
      kafkaBytes: events * size.kafkaBytes,
      lakeBytes: files * size.parquetFactor * rows ** size.parquetExponent,
      stagingBytes: events * size.bigQueryBytes,
    };
  });
  const sum = (of: (topic: (typeof topics)[number]) => number) => topics.reduce((total, topic) => total + of(topic), 0);
  return {
    eventsPerDay,
    monthsKept,
    commitIntervalS: commitIntervalMs / 1000,
    kafkaGbPerDay: sum(({ kafkaBytes }) => kafkaBytes) / BYTES_PER_GB,
    kafkaDays: Math.max(...TOPICS.map(({ config }) => Number(config["retention.ms"]))) / MS_PER_DAY,
    lakeGbPerDay: sum(({ lakeBytes }) => lakeBytes) / BYTES_PER_GB,
    lakeFilesPerDay: sum(({ files }) => files),
    lakeCommitsPerDay: sum(({ commits }) => commits),
    stagingGbPerDay: Object.fromEntries(topics.map(({ topic, stagingBytes }) => [topic, stagingBytes / BYTES_PER_GB])),
  };
}

/** The commit interval that the platform's processors are given, milliseconds. */
export function commitIntervalOf(platform: SynthesizedPlatform): number {
  const processor = platform.stacks.flatMap(({ programs }) => programs).find(({ program }) => program === "processor");
  const given = processor?.environment.PROCESSOR_CUT_INTERVAL_MS;
  return given === undefined ? processorSettings.PROCESSOR_CUT_INTERVAL_MS.default : Number(given);
}
