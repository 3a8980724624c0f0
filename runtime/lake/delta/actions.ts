import { RhythmicError } from "../../support/errors";

/**
 * The actions of a Delta log (delta-io/delta, PROTOCOL.md, "Actions"), as far as we write or read them. A log file is
 * one action a line:
 *
 *   {"commitInfo":{"operation":"STREAMING UPDATE","attempt":"<uuid>","offsets":{...},"last":{...},...}}
 *   {"txn":{"appId":"kafka:<cluster id>:<topic>:<partition>","version":<next offset>,"lastUpdated":<ms>}}
 *   {"add":{"path":"date=.../hour=7/0-0-<attempt>.parquet","partitionValues":{...},"size":..,"dataChange":true,...}}
 */

export interface AddAction {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** JSON text: {"numRecords": n, ...}. */
  readonly stats?: string;
}

export interface RemoveAction {
  readonly path: string;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
}

export interface TxnAction {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number;
}

export interface MetaDataAction {
  readonly id: string;
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  readonly createdTime?: number;
}

export interface ProtocolAction {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
}

/** What a commit did to one Kafka partition. */
export interface OffsetRange {
  /** First offset of this commit, the end of the one before. */
  readonly start: number;
  /** The offset after the last one: also the version of the partition's `txn`. */
  readonly end: number;
  readonly rows: number;
  readonly deadLetters: number;
  /** Rows and dead letters of this partition since the table's beginning, this commit included. */
  readonly totalRows: number;
  readonly totalDeadLetters: number;
}

/** The record before `end`, by which a topic is recognised. */
export interface LastRecord {
  readonly offset: number;
  readonly timestamp: number;
  /** Of key and value, in hexadecimal. */
  readonly sha256: string;
}

export interface CommitInfo {
  readonly timestamp?: number;
  readonly operation?: string;
  readonly isBlindAppend?: boolean;
  readonly engineInfo?: string;
  /** Ours: who wrote this entry. */
  readonly attempt?: string;
  readonly offsets?: Readonly<Record<string, OffsetRange>>;
  readonly last?: Readonly<Record<string, LastRecord>>;
  /** Files of dead letters by partition, relative to the lake. */
  readonly deadLetterFiles?: Readonly<Record<string, readonly string[]>>;
  /** Of a `VACUUM START`: the files that are about to be removed, relative to the table. */
  readonly files?: readonly string[];
}

export type Action =
  | { readonly add: AddAction }
  | { readonly remove: RemoveAction }
  | { readonly txn: TxnAction }
  | { readonly metaData: MetaDataAction }
  | { readonly protocol: ProtocolAction }
  | { readonly commitInfo: CommitInfo };

export function encodeActions(actions: readonly Action[]): Uint8Array {
  return new TextEncoder().encode(`${actions.map((action) => JSON.stringify(action)).join("\n")}\n`);
}

function corrupt(place: string, what: string): RhythmicError {
  return new RhythmicError(
    "lake_corrupt",
    `The log file ${place} is damaged: ${what}. Nothing was read from it or written after it; restore the file from a backup (our programs write a log file whole or not at all).`,
  );
}

/** @throws RhythmicError lake_corrupt: not one JSON object a line, or empty */
export function decodeActions(bytes: Uint8Array, place: string): Action[] {
  const lines = new TextDecoder().decode(bytes).split("\n");
  const actions: Action[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    let action: unknown;
    try {
      action = JSON.parse(line);
    } catch {
      throw corrupt(place, `line ${index + 1} is not JSON`);
    }
    if (typeof action !== "object" || action === null) throw corrupt(place, `line ${index + 1} is not an object`);
    actions.push(action as Action);
  }
  if (actions.length === 0) throw corrupt(place, "it is empty");
  return actions;
}

/** Rows of a data file by its statistics. @throws RhythmicError lake_corrupt: none, which our programs never write */
export function rowsOf(add: AddAction, tablePath: string): number {
  let rows: unknown;
  try {
    rows = (JSON.parse(add.stats ?? "{}") as { numRecords?: unknown }).numRecords;
  } catch {
    rows = undefined;
  }
  if (typeof rows === "number" && Number.isSafeInteger(rows) && rows >= 0) return rows;
  throw new RhythmicError(
    "lake_corrupt",
    `The table ${tablePath} names the file ${add.path} without its number of rows; every writer of this lake must give statistics.`,
  );
}
