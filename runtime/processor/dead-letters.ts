import { randomUUID } from "node:crypto";
import type { Action } from "../lake/delta/actions";
import { commitToLog } from "../lake/delta/commit";
import type { SnapshotBuilder } from "../lake/delta/snapshot";
import { ensureTable } from "../lake/delta/table";
import { DEAD_LETTER_TABLE, deadLetterFileName, txnAppId } from "../lake/lake-layout";
import type { ObjectStore } from "../lake/object-store";
import { writeParquet } from "../lake/parquet-writer";
import { DEAD_LETTER_COLUMNS, DEAD_LETTER_PARTITION_COLUMNS } from "../schema/columns";
import { deltaFields } from "../schema/delta";
import { RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { DeadLetter } from "./partition-buffer";

/** Dead letters of one partition that its topic's log names, to be published up to `end`. */
export interface Publication {
  readonly topic: string;
  readonly partition: number;
  /** The version of the partition's `txn` in the table of dead letters once this is published. */
  readonly end: number;
  /** Files relative to the lake; empty where the commit brought none. */
  readonly files: readonly string[];
  /** Dead letters in the files together. */
  readonly rows: number;
}

/** The table of dead letters, as the processor writes it (P2 and P5 of the protocol). */
export class DeadLetterTable {
  private constructor(
    private readonly store: ObjectStore,
    private readonly snapshot: SnapshotBuilder,
    private readonly clusterId: string,
    private readonly log: Logger,
  ) {}

  static async open(store: ObjectStore, clusterId: string, log: Logger): Promise<DeadLetterTable> {
    const snapshot = await ensureTable(store, {
      tablePath: DEAD_LETTER_TABLE,
      fields: deltaFields(DEAD_LETTER_COLUMNS, DEAD_LETTER_PARTITION_COLUMNS),
      partitionColumns: DEAD_LETTER_PARTITION_COLUMNS.map((column) => column.name),
    });
    return new DeadLetterTable(store, snapshot, clusterId, log);
  }

  /** Writes the dead letters of one partition's cut to a file, which nobody sees before it is published. */
  async upload(
    topic: string,
    partition: number,
    firstOffset: number,
    attempt: string,
    letters: readonly DeadLetter[],
  ): Promise<string> {
    const name = `${DEAD_LETTER_TABLE}/${deadLetterFileName(topic, partition, firstOffset, attempt)}`;
    await this.store.create(name, encodeDeadLetters(partition, letters));
    return name;
  }

  /** P5: one commit for all of them; what a `txn` shows as done is left out. */
  async publish(publications: readonly Publication[]): Promise<void> {
    const pending = publications.filter((publication) => publication.files.length > 0);
    if (pending.length === 0) return;
    // Others may have published them, and their files may have been compacted since.
    await this.snapshot.advance(this.store);
    const sizes = new Map<string, number>();
    for (const publication of pending.filter((candidate) => !this.#isDone(candidate))) {
      for (const file of publication.files) sizes.set(file, await this.#sizeOf(file));
    }
    const attempt = randomUUID();
    const timestamp = Date.now();
    await commitToLog(
      this.store,
      this.snapshot,
      {
        attempt,
        content: () => {
          const rest = pending.filter((publication) => !this.#isDone(publication));
          return rest.length === 0 ? undefined : this.#actions(rest, sizes, attempt, timestamp);
        },
        // The snapshot knows the others' versions by now, and `content` asks it.
        onConflict: () => undefined,
      },
      this.log,
    );
  }

  #appId(publication: Publication): string {
    return txnAppId(this.clusterId, publication.topic, publication.partition);
  }

  #isDone(publication: Publication): boolean {
    return (this.snapshot.current().txns.get(this.#appId(publication)) ?? -1) >= publication.end;
  }

  #actions(
    publications: readonly Publication[],
    sizes: ReadonlyMap<string, number>,
    attempt: string,
    timestamp: number,
  ): Action[] {
    const actions: Action[] = [
      {
        commitInfo: { timestamp, operation: "STREAMING UPDATE", isBlindAppend: true, engineInfo: "rhythmic", attempt },
      },
    ];
    for (const publication of publications) {
      actions.push({ txn: { appId: this.#appId(publication), version: publication.end, lastUpdated: timestamp } });
      for (const file of publication.files) {
        actions.push({
          add: {
            path: file.slice(DEAD_LETTER_TABLE.length + 1),
            partitionValues: { topic: publication.topic },
            size: sizes.get(file) ?? 0,
            modificationTime: timestamp,
            dataChange: true,
            // A commit brings one file of dead letters a partition, so its count is the file's.
            stats: JSON.stringify({ numRecords: publication.rows }),
          },
        });
      }
    }
    return actions;
  }

  async #sizeOf(file: string): Promise<number> {
    for await (const entry of this.store.list(file)) if (entry.name === file) return entry.sizeBytes;
    throw new RhythmicError(
      "lake_corrupt",
      `The lake ${this.store.url} lacks ${file}, a file of dead letters that a topic's log names; restore it from a backup.`,
    );
  }
}

function encodeDeadLetters(partition: number, letters: readonly DeadLetter[]): Uint8Array {
  return writeParquet(DEAD_LETTER_COLUMNS, [
    letters.map(() => partition),
    letters.map(({ record }) => record.offset),
    letters.map(({ record }) => record.timestampMs),
    letters.map(({ record }) => record.key ?? undefined),
    letters.map(({ record }) => record.value ?? undefined),
    letters.map(({ record }) => encodeHeaders(record.headers)),
    letters.map(({ problems }) => JSON.stringify(problems)),
    letters.map(({ ingestedAtMs }) => ingestedAtMs),
  ]);
}

function encodeHeaders(headers: Readonly<Record<string, Uint8Array | string | undefined>>): string {
  const encoded = Object.entries(headers).map(([name, value]) => [
    name,
    value === undefined ? null : Buffer.from(value).toString("base64"),
  ]);
  return JSON.stringify(Object.fromEntries(encoded));
}
