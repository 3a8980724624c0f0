import { syntheticCatalog } from "../../runtime/generator/catalog/synthetic";
import { parseBuiltIn } from "../../runtime/generator/config/configuration";
import builtIn from "../../runtime/generator/config/music-service.json";
import { generate } from "../../runtime/generator/generate";
import { createNullSink } from "../../runtime/generator/sinks/null-sink";
import type { EventSink } from "../../runtime/kafka/event-sink";
import { partitionOf } from "../../runtime/kafka/partitioner";
import { PARTITIONS_PER_TOPIC } from "../../runtime/kafka/topics";
import { type ColumnValues, writeParquet } from "../../runtime/lake/parquet-writer";
import { HourBuffer } from "../../runtime/processor/hour-buffer";
import { type Column, columnsOf } from "../../runtime/schema/columns";
import { EVENTS } from "../../runtime/schema/events";
import type { EventDefinition } from "../../runtime/schema/field";
import type { ValidEvent } from "../../runtime/schema/validator";

/**
 * What an event takes where it is kept: in Kafka, in the lake's Parquet files, in BigQuery. The lake's files are small
 * where few events come between two commits, and small files hold more bytes an event than large ones.
 */
interface Figures {
  readonly topic: string;
  /** Part of all events. */
  readonly share: number;
  readonly kafkaBytesPerEvent: number;
  /** A file of n rows takes factor * n ** exponent bytes. */
  readonly parquetFactor: number;
  readonly parquetExponent: number;
  readonly bigQueryBytesPerEvent: number;
}

interface FileSize {
  readonly factor: number;
  readonly exponent: number;
}

interface Sample {
  readonly key: string;
  readonly value: string;
}

const EVENTS_GENERATED = 600_000;
const USERS = 100_000;
const START_S = Date.UTC(2025, 0, 1) / 1000;
/** Sizes of files between two commits, at the rates that the environments expect. */
const FILE_ROWS = [30, 100, 300, 1_000, 3_000];
/** Files measured of each size, at most. */
const FILES_MAX = 20;
/** Framing of a record beside its key and value, and our two headers: as runtime/kafka/kafkajs-sink.ts reckons. */
const RECORD_OVERHEAD_BYTES = 80;
/** docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-types#data_type_sizes: logical bytes; null takes 0. */
const BIGQUERY_BYTES = { text: 2, bytes: 2, integer: 8, number: 8, boolean: 1, timestamp_ms: 8 } as const;

async function sampleEvents(): Promise<ReadonlyMap<string, Sample[]>> {
  const configuration = parseBuiltIn(builtIn);
  const samples = new Map<string, Sample[]>(EVENTS.map(({ topic }) => [topic, []]));
  const counting = createNullSink();
  const sink: EventSink = {
    ...counting,
    write(topic, key, value, start, end) {
      const text = typeof value === "string" ? value : Buffer.from(value.subarray(start, end)).toString("utf8");
      samples.get(topic)?.push({ key, value: text });
      return counting.write(topic, key, value, start, end);
    },
  };
  await generate({
    plan: {
      seed: configuration.seed,
      users: USERS,
      startS: START_S,
      endS: Number.POSITIVE_INFINITY,
      events: EVENTS_GENERATED,
    },
    configuration,
    catalog: syntheticCatalog(configuration.seed),
    sink,
    eventsimCompat: false,
    stop: new AbortController().signal,
    progress: { update: () => undefined },
  });
  return samples;
}

/** The columns of a file of these events, as a processor writes them. */
function rowsOf(event: EventDefinition, samples: readonly Sample[]): readonly ColumnValues[] {
  const buffer = new HourBuffer(event, 0, START_S * 1000);
  for (const [offset, { value }] of samples.entries()) {
    const parsed = JSON.parse(value) as ValidEvent;
    buffer.add(parsed, offset, parsed.ts as number);
  }
  return buffer.columns;
}

function bigQueryBytes(column: Column, values: ColumnValues): number {
  let bytes = 0;
  for (const value of values) {
    if (value === undefined || Number.isNaN(value)) continue;
    bytes += BIGQUERY_BYTES[column.type] + (typeof value === "string" ? Buffer.byteLength(value) : 0);
  }
  return bytes;
}

/** How the size of a file grows with its rows: a power, fitted to the logarithms by least squares. */
function fitFiles(event: EventDefinition, samples: readonly Sample[]): FileSize {
  const columns = columnsOf(event);
  const ofOnePartition = samples.filter(({ key }) => partitionOf(Buffer.from(key), PARTITIONS_PER_TOPIC) === 0);
  const points = FILE_ROWS.filter((rows) => rows <= ofOnePartition.length).map((rows) => {
    const files = Math.min(FILES_MAX, Math.floor(ofOnePartition.length / rows));
    let bytes = 0;
    for (let file = 0; file < files; file++) {
      bytes += writeParquet(columns, rowsOf(event, ofOnePartition.slice(file * rows, (file + 1) * rows))).length;
    }
    return { x: Math.log(rows), y: Math.log(bytes / files) };
  });
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const exponent = covariance / points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return { factor: Math.exp(meanY - exponent * meanX), exponent };
}

function figuresOf(event: EventDefinition, samples: readonly Sample[]): Figures {
  const columns = columnsOf(event);
  const warehouseBytes = rowsOf(event, samples).reduce(
    (sum, values, index) => sum + bigQueryBytes(columns[index] as Column, values),
    0,
  );
  const kafkaBytes = samples.reduce(
    (sum, { key, value }) => sum + Buffer.byteLength(key) + Buffer.byteLength(value) + RECORD_OVERHEAD_BYTES,
    0,
  );
  const { factor, exponent } = fitFiles(event, samples);
  return {
    topic: event.topic,
    share: Number((samples.length / EVENTS_GENERATED).toFixed(4)),
    kafkaBytesPerEvent: Math.round(kafkaBytes / samples.length),
    parquetFactor: Math.round(factor),
    parquetExponent: Number(exponent.toFixed(3)),
    bigQueryBytesPerEvent: Math.round(warehouseBytes / samples.length),
  };
}

/**
 * Measures what an event of each topic takes, over generated events of the synthetic catalogue.
 * @param options json: one line of JSON instead of the table
 */
export async function run(options: { json: boolean }): Promise<void> {
  const samples = await sampleEvents();
  const figures = EVENTS.map((event) => figuresOf(event, samples.get(event.topic) ?? []));
  if (options.json) process.stdout.write(`${JSON.stringify({ benchmark: "event-bytes", figures })}\n`);
  else console.table(figures);
}
