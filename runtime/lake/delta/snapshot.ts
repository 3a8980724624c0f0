import { RhythmicError } from "../../support/errors";
import { parseTxnAppId } from "../lake-layout";
import type { ObjectStore } from "../object-store";
import {
  type Action,
  type CommitInfo,
  type LastRecord,
  type MetaDataAction,
  type OffsetRange,
  type ProtocolAction,
  rowsOf,
} from "./actions";
import { type LogEntry, readLogEntries } from "./log";

/** A data file that belongs to a version of a table. */
export interface DataFile {
  /** Relative to the table. */
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly sizeBytes: number;
  readonly rows: number;
}

/** What the log says of one Kafka partition. */
export interface PartitionBooks extends OffsetRange {
  readonly last: LastRecord | undefined;
  /** Of the newest commit alone: the files of dead letters that it brought, relative to the lake. */
  readonly deadLetterFiles: readonly string[];
}

/** A table at one version. */
export interface TableSnapshot {
  /** Relative to the lake. */
  readonly tablePath: string;
  readonly version: number;
  /** By path; empty where the snapshot was read without files. */
  readonly files: ReadonlyMap<string, DataFile>;
  /** Versions of transaction ids by `appId`: for ours the next offset to read. */
  readonly txns: ReadonlyMap<string, number>;
  /** By Kafka partition. */
  readonly books: ReadonlyMap<number, PartitionBooks>;
  readonly metaData: MetaDataAction;
}

/** The newest versions of the protocol that our writer understands: plain appends, no table features. */
const READER_VERSION_MAX = 1;
const WRITER_VERSION_MAX = 2;

/** A snapshot under construction: apply log entries in order, then `current()`. */
export class SnapshotBuilder {
  readonly #files = new Map<string, DataFile>();
  readonly #txns = new Map<string, number>();
  readonly #books = new Map<number, PartitionBooks>();
  #metaData: MetaDataAction | undefined;
  #version = -1;

  /**
   * @param tablePath relative to the lake
   * @param withFiles keep the list of data files? The processor doesn't need it.
   */
  constructor(
    readonly tablePath: string,
    private readonly withFiles: boolean,
  ) {}

  get version(): number {
    return this.#version;
  }

  apply(entry: LogEntry): void {
    for (const action of entry.actions) this.#applyAction(action);
    this.#version = entry.version;
  }

  #applyAction(action: Action): void {
    if ("add" in action && this.withFiles) {
      const { path, partitionValues, size } = action.add;
      // Paths are URL-encoded in the log (PROTOCOL.md, "Add File and Remove File").
      const decoded = decodeURIComponent(path);
      this.#files.set(decoded, {
        path: decoded,
        partitionValues,
        sizeBytes: size,
        rows: rowsOf(action.add, this.tablePath),
      });
    } else if ("remove" in action) {
      this.#files.delete(decodeURIComponent(action.remove.path));
    } else if ("txn" in action) {
      this.#txns.set(action.txn.appId, action.txn.version);
    } else if ("metaData" in action) {
      this.#metaData = action.metaData;
    } else if ("protocol" in action) {
      refuseNewerProtocol(this.tablePath, action.protocol);
    } else if ("commitInfo" in action) {
      this.#applyBooks(action.commitInfo);
    }
  }

  #applyBooks(info: CommitInfo): void {
    for (const [key, range] of Object.entries(info.offsets ?? {})) {
      this.#books.set(Number(key), {
        ...range,
        last: info.last?.[key],
        deadLetterFiles: info.deadLetterFiles?.[key] ?? [],
      });
    }
  }

  /** Reads what the log holds after this version and applies it. @returns the entries read */
  async advance(store: ObjectStore): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for await (const entry of readLogEntries(store, this.tablePath, this.#version + 1)) {
      this.apply(entry);
      entries.push(entry);
    }
    return entries;
  }

  /** A live view: later `apply` calls show in it. @throws RhythmicError lake_corrupt: no metaData */
  current(): TableSnapshot {
    if (this.#metaData === undefined) {
      throw new RhythmicError("lake_corrupt", `The log of ${this.tablePath} declares no schema in its first version.`);
    }
    return {
      tablePath: this.tablePath,
      version: this.#version,
      files: this.#files,
      txns: this.#txns,
      books: this.#books,
      metaData: this.#metaData,
    };
  }
}

function refuseNewerProtocol(tablePath: string, protocol: ProtocolAction): void {
  if (protocol.minReaderVersion <= READER_VERSION_MAX && protocol.minWriterVersion <= WRITER_VERSION_MAX) return;
  throw new RhythmicError(
    "lake_mismatch",
    `The table ${tablePath} asks for Delta reader ${protocol.minReaderVersion} and writer ${protocol.minWriterVersion}; this program knows up to ${READER_VERSION_MAX} and ${WRITER_VERSION_MAX}: another tool has upgraded the table.`,
  );
}

/**
 * Reads a table at its newest version, or at an older one.
 * @returns `undefined` where there is no such table
 * @throws RhythmicError lake_corrupt
 */
export async function readSnapshot(
  store: ObjectStore,
  tablePath: string,
  options: { readonly atVersion?: number } = {},
): Promise<TableSnapshot | undefined> {
  const builder = new SnapshotBuilder(tablePath, true);
  for await (const entry of readLogEntries(store, tablePath, 0)) {
    if (options.atVersion !== undefined && entry.version > options.atVersion) break;
    builder.apply(entry);
  }
  return builder.version === -1 ? undefined : builder.current();
}

/** Ids of the Kafka clusters from which a table was filled (one, unless somebody mixed them). */
export function clusterIdsOf(snapshot: TableSnapshot, topic: string): readonly string[] {
  const ids = new Set<string>();
  for (const appId of snapshot.txns.keys()) {
    const parsed = parseTxnAppId(appId);
    if (parsed?.topic === topic) ids.add(parsed.clusterId);
  }
  return [...ids];
}
