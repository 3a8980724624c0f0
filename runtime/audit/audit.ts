import type { EventSource, PartitionOffsets } from "../kafka/event-source";
import { readSnapshot, type TableSnapshot } from "../lake/delta/snapshot";
import { DEAD_LETTER_TABLE, eventTablePath, hourOfPartition } from "../lake/lake-layout";
import type { ObjectStore } from "../lake/object-store";
import { readParquetColumns } from "../lake/parquet-reader";
import { requireLake } from "../lake/require-lake";
import { EVENTS } from "../schema/events";
import type { Progress } from "../support/progress";
import type { Warehouse } from "../warehouse/warehouse";
import { type Books, balance, type PartitionBook } from "./books";
import { OffsetCounts } from "./offset-counts";
import { type WarehouseFindings, warehouseFindings } from "./warehouse-findings";

export interface AuditOptions {
  readonly store: ObjectStore;
  /** Kafka; without it the books begin at the lake. */
  readonly source?: Pick<EventSource, "offsets">;
  /** The warehouse; without it they end at the lake. */
  readonly warehouse?: Warehouse;
  readonly progress?: Progress;
}

/** The offsets of one partition as they stand in files: in the topic's table and in the table of dead letters. */
interface Found {
  readonly offsets: OffsetCounts;
  rows: number;
  /** Of the rows: those of hours that the warehouse has left out as expired. */
  expired: number;
  deadLetters: number;
}

/**
 * Proves the books: reads the offsets of every file in the lake (its own log is not believed), compares them with
 * Kafka's and with staging's.
 * @throws RhythmicError lake_corrupt, broker_unreachable, warehouse_unusable
 */
export async function audit(options: AuditOptions): Promise<Books> {
  const { store, progress } = options;
  await requireLake(store);
  const snapshots: [string, TableSnapshot | undefined][] = [];
  for (const { topic } of EVENTS) snapshots.push([topic, await readSnapshot(store, eventTablePath(topic))]);
  const deadLetters = await readSnapshot(store, DEAD_LETTER_TABLE);
  const problems: string[] = [];
  const inWarehouse = options.warehouse === undefined ? undefined : await warehouseFindings(store, options.warehouse);
  const partitions: PartitionBook[] = [];
  for (const [topic, snapshot] of snapshots) {
    progress?.update(`auditing ${topic}`);
    const kafka = await options.source?.offsets(topic);
    const found = startCounts(snapshot, kafka);
    const expired = inWarehouse?.expired.get(topic) ?? new Set();
    if (snapshot !== undefined) await countFiles(store, snapshot, expired, found, problems);
    if (deadLetters !== undefined) await countDeadLetters(store, topic, deadLetters, found, problems);
    for (const [partition, counts] of [...found].sort(([a], [b]) => a - b)) {
      partitions.push(bookOf(topic, partition, counts, snapshot, kafka?.get(partition), inWarehouse));
    }
  }
  return balance({
    partitions,
    repeatedEvents: inWarehouse?.repeatedEvents,
    marts: inWarehouse?.marts,
    problems: [...problems, ...(inWarehouse?.problems ?? [])],
  });
}

/** Counters for every partition that Kafka or the lake knows. */
function startCounts(
  snapshot: TableSnapshot | undefined,
  kafka: ReadonlyMap<number, PartitionOffsets> | undefined,
): Map<number, Found> {
  const found = new Map<number, Found>();
  for (const partition of new Set([...(kafka?.keys() ?? []), ...(snapshot?.books.keys() ?? [])])) {
    const books = snapshot?.books.get(partition);
    const start =
      books === undefined
        ? (kafka?.get(partition)?.earliest ?? 0)
        : books.end - books.totalRows - books.totalDeadLetters;
    found.set(partition, { offsets: new OffsetCounts(start), rows: 0, expired: 0, deadLetters: 0 });
  }
  return found;
}

async function countFiles(
  store: ObjectStore,
  snapshot: TableSnapshot,
  expiredHours: ReadonlySet<number>,
  found: Map<number, Found>,
  problems: string[],
): Promise<void> {
  for (const file of snapshot.files.values()) {
    const name = `${snapshot.tablePath}/${file.path}`;
    const isExpired = expiredHours.has(hourOfPartition(file.partitionValues));
    const rows = await eachOffset(store, name, file.sizeBytes, (partition, offset) => {
      const counts = found.get(partition);
      if (counts === undefined) {
        problems.push(`${name} has a row of partition ${partition}, offset ${offset}, which the log does not know.`);
        return;
      }
      counts.offsets.add(offset);
      counts.rows++;
      if (isExpired) counts.expired++;
    });
    if (rows !== file.rows) problems.push(`${name} holds ${rows} rows, its log says ${file.rows}.`);
  }
}

async function countDeadLetters(
  store: ObjectStore,
  topic: string,
  snapshot: TableSnapshot,
  found: Map<number, Found>,
  problems: string[],
): Promise<void> {
  for (const file of snapshot.files.values()) {
    if (file.partitionValues.topic !== topic) continue;
    const name = `${snapshot.tablePath}/${file.path}`;
    await eachOffset(store, name, file.sizeBytes, (partition, offset) => {
      const counts = found.get(partition);
      if (counts === undefined) {
        problems.push(`${name} has a dead letter of ${topic}/${partition}/${offset}, which the log does not know.`);
        return;
      }
      counts.offsets.add(offset);
      counts.deadLetters++;
    });
  }
}

/** Reads the offset columns of a file. @returns its rows */
async function eachOffset(
  store: ObjectStore,
  name: string,
  sizeBytes: number,
  onOffset: (partition: number, offset: number) => void,
): Promise<number> {
  const partitions: unknown[] = [];
  const offsets: unknown[] = [];
  await readParquetColumns(store, name, sizeBytes, ["kafka_partition", "kafka_offset"], (column, values, firstRow) => {
    const target = column === "kafka_offset" ? offsets : partitions;
    for (let index = 0; index < values.length; index++) target[firstRow + index] = values[index];
  });
  for (const [index, offset] of offsets.entries()) onOffset(Number(partitions[index]), Number(offset));
  return offsets.length;
}

function bookOf(
  topic: string,
  partition: number,
  found: Found,
  snapshot: TableSnapshot | undefined,
  kafka: PartitionOffsets | undefined,
  inWarehouse: WarehouseFindings | undefined,
): PartitionBook {
  const { start } = found.offsets;
  const committed = snapshot?.books.get(partition)?.end ?? start;
  const end = kafka?.end ?? committed;
  const staging = inWarehouse?.staging.get(topic)?.get(partition);
  return {
    topic,
    partition,
    start,
    end,
    committed,
    acknowledged: end - start,
    lakeRows: found.rows,
    deadLetters: found.deadLetters,
    duplicates: found.offsets.duplicates + (staging?.duplicates ?? 0),
    missing: found.offsets.missingBefore(end),
    stagingRows: inWarehouse === undefined ? undefined : (staging?.rows ?? 0),
    expired: found.expired,
  };
}
