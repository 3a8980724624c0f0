import type { Action, AddAction, CommitInfo, LastRecord, OffsetRange } from "../lake/delta/actions";
import type { LogEntry } from "../lake/delta/log";
import type { PartitionBooks } from "../lake/delta/snapshot";
import { dataFileName, eventTablePath, hourPartition, parseTxnAppId, txnAppId } from "../lake/lake-layout";
import type { ObjectStore } from "../lake/object-store";
import { writeParquet } from "../lake/parquet-writer";
import { columnsOf } from "../schema/columns";
import type { EventDefinition } from "../schema/field";
import type { DeadLetterTable } from "./dead-letters";
import type { PartitionBuffer } from "./partition-buffer";

/** What a cut takes of one partition: uploaded, not yet committed. */
export interface CutPart {
  readonly partition: number;
  readonly range: OffsetRange;
  readonly last: LastRecord | undefined;
  readonly adds: readonly AddAction[];
  /** Files of dead letters, relative to the lake. */
  readonly deadLetterFiles: readonly string[];
}

/** How many files are written at once: enough to hide the time that a store takes to make one durable. */
const UPLOADS_AT_ONCE = 4;

/** P2: uploads one partition's files under names of their own. A file belongs to one partition and one hour. */
export async function uploadPart(
  store: ObjectStore,
  deadLetters: DeadLetterTable,
  event: EventDefinition,
  buffer: PartitionBuffer,
  before: PartitionBooks | undefined,
  attempt: string,
  heartbeat: () => Promise<void>,
): Promise<CutPart> {
  const columns = columnsOf(event);
  const adds: AddAction[] = [];
  const hours = [...buffer.hours].sort(([a], [b]) => a - b);
  const uploadHour = async (): Promise<void> => {
    for (let next = hours.shift(); next !== undefined; next = hours.shift()) {
      const [hourMs, rows] = next;
      const bytes = writeParquet(columns, rows.columns);
      const path = dataFileName(hourMs, buffer.partition, buffer.start, attempt);
      await store.create(`${eventTablePath(event.topic)}/${path}`, bytes);
      adds.push({
        path,
        partitionValues: hourPartition(hourMs),
        size: bytes.length,
        modificationTime: Date.now(),
        dataChange: true,
        stats: rows.stats(rows.firstOffset, rows.lastOffset),
      });
      await heartbeat();
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, uploadHour));
  const deadLetterFiles =
    buffer.deadLetters.length === 0
      ? []
      : [await deadLetters.upload(event.topic, buffer.partition, buffer.start, attempt, buffer.deadLetters)];
  return {
    partition: buffer.partition,
    range: {
      start: buffer.start,
      end: buffer.next,
      rows: buffer.rows,
      deadLetters: buffer.deadLetters.length,
      totalRows: (before?.totalRows ?? 0) + buffer.rows,
      totalDeadLetters: (before?.totalDeadLetters ?? 0) + buffer.deadLetters.length,
    },
    last: buffer.last,
    adds: adds.sort((a, b) => (a.path < b.path ? -1 : 1)),
    deadLetterFiles,
  };
}

/** Removes the files of parts that no log names and none will. */
export async function removeParts(store: ObjectStore, topic: string, parts: readonly CutPart[]): Promise<void> {
  for (const part of parts) {
    for (const add of part.adds) await store.remove(`${eventTablePath(topic)}/${add.path}`);
    for (const file of part.deadLetterFiles) await store.remove(file);
  }
}

/** The log entry of a cut. A cut with only dead letters has a `txn` and no `add`. */
export function cutActions(
  clusterId: string,
  topic: string,
  parts: readonly CutPart[],
  attempt: string,
  timestamp: number,
): Action[] {
  const withDeadLetters = parts.filter((part) => part.deadLetterFiles.length > 0);
  const commitInfo: CommitInfo = {
    timestamp,
    operation: "STREAMING UPDATE",
    isBlindAppend: true,
    engineInfo: "rhythmic",
    attempt,
    offsets: Object.fromEntries(parts.map((part) => [part.partition, part.range])),
    last: Object.fromEntries(parts.flatMap((part) => (part.last === undefined ? [] : [[part.partition, part.last]]))),
    ...(withDeadLetters.length === 0
      ? {}
      : { deadLetterFiles: Object.fromEntries(withDeadLetters.map((part) => [part.partition, part.deadLetterFiles])) }),
  };
  return [
    { commitInfo },
    ...parts.map((part) => ({
      txn: { appId: txnAppId(clusterId, topic, part.partition), version: part.range.end, lastUpdated: timestamp },
    })),
    ...parts.flatMap((part) => part.adds.map((add) => ({ add }))),
  ];
}

/** What others' entries mean for the partitions that we hold. */
export interface Conflicts {
  /** Partitions whose `txn` stands in them: another processor went on there. */
  readonly partitions: ReadonlySet<number>;
  /** Files, relative to the table, that a vacuum is about to remove. */
  readonly vacuumed: ReadonlySet<string>;
  readonly schemaChanged: boolean;
}

export function conflictsIn(entries: readonly LogEntry[], topic: string): Conflicts {
  const partitions = new Set<number>();
  const vacuumed = new Set<string>();
  let schemaChanged = false;
  for (const action of entries.flatMap((entry) => entry.actions)) {
    if ("txn" in action) {
      const parsed = parseTxnAppId(action.txn.appId);
      if (parsed?.topic === topic) partitions.add(parsed.partition);
    } else if ("metaData" in action || "protocol" in action) {
      schemaChanged = true;
    } else if ("commitInfo" in action && action.commitInfo.operation === "VACUUM START") {
      for (const file of action.commitInfo.files ?? []) vacuumed.add(file);
    }
  }
  return { partitions, vacuumed, schemaChanged };
}
