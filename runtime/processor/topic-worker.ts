import { randomUUID } from "node:crypto";
import type { EventSource, PartitionOffsets, SourceRecord } from "../kafka/event-source";
import type { LastRecord } from "../lake/delta/actions";
import { commitToLog } from "../lake/delta/commit";
import { clusterIdsOf, SnapshotBuilder } from "../lake/delta/snapshot";
import { ensureTable, missingFields, type TableDeclaration } from "../lake/delta/table";
import { eventTablePath, txnAppId } from "../lake/lake-layout";
import type { ObjectStore } from "../lake/object-store";
import { columnsOf, PARTITION_COLUMNS } from "../schema/columns";
import { deltaFields } from "../schema/delta";
import type { EventDefinition } from "../schema/field";
import { isRetryable, messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { Reporter } from "../support/reporting";
import { type CutPart, conflictsIn, cutActions, removeParts, uploadPart } from "./cut";
import type { DeadLetterTable } from "./dead-letters";
import { createJudge, type Verdict } from "./judge";
import type { ProcessorReports } from "./metrics";
import { PartitionBuffer } from "./partition-buffer";
import { resumePointOf } from "./resume-point";
import type { ProcessorSettings } from "./settings";
import type { PartitionStanding } from "./standing";
import { ANOTHER, isExpected, otherTopicMessage, whatIsWrong } from "./topic-identity";

/** What the workers of all topics share. */
export interface WorkerContext {
  readonly store: ObjectStore;
  readonly source: EventSource;
  readonly clusterId: string;
  readonly deadLetters: DeadLetterTable;
  readonly settings: ProcessorSettings;
  readonly log: Logger;
  readonly report: Reporter<ProcessorReports>;
}

/** A partition that this processor holds. */
interface Held {
  readonly buffer: PartitionBuffer;
  /** The record before the buffer's start, until it has been seen to be the one that the lake knows. */
  expected: LastRecord | undefined;
  /** The source's epoch, and the time, at which that was last seen. */
  checkedEpoch: number;
  checkedAtMs: number;
}

const NO_HEARTBEAT = async (): Promise<void> => undefined;

/**
 * The protocol P0 to P6 for one topic and the partitions of it that this processor holds. The caller runs one method
 * at a time, over all workers.
 */
export class TopicWorker {
  readonly #held = new Map<number, Held>();
  readonly #halted = new Map<number, RhythmicError>();
  /** Partitions that the group has given us and whose P0 is still to be done. */
  readonly #waiting = new Set<number>();
  /** How often each partition was sought: a delivery from before the last time is of no use. */
  readonly #seeks = new Map<number, number>();
  /** The log as far as it was read to tell how far others are; never the one that commits are made on. */
  readonly #progress: SnapshotBuilder;
  readonly #judge: (record: SourceRecord) => Verdict;
  readonly #table: TableDeclaration;

  private constructor(
    private readonly event: EventDefinition,
    private readonly context: WorkerContext,
    table: TableDeclaration,
    private readonly snapshot: SnapshotBuilder,
  ) {
    this.#table = table;
    this.#progress = new SnapshotBuilder(table.tablePath, false);
    const { PROCESSOR_EVENT_BYTES_MAX, PROCESSOR_EVENT_AGE_MAX_MS } = context.settings;
    this.#judge = createJudge(event, {
      eventBytesMax: PROCESSOR_EVENT_BYTES_MAX,
      eventAgeMaxMs: PROCESSOR_EVENT_AGE_MAX_MS,
    });
  }

  /** Makes the topic's table where it is missing, so that it exists as soon as a processor has started. */
  static async open(event: EventDefinition, context: WorkerContext): Promise<TopicWorker> {
    const table = {
      tablePath: eventTablePath(event.topic),
      fields: deltaFields(columnsOf(event), PARTITION_COLUMNS),
      partitionColumns: PARTITION_COLUMNS.map((column) => column.name),
    };
    return new TopicWorker(event, context, table, await ensureTable(context.store, table));
  }

  get topic(): string {
    return this.event.topic;
  }

  /** Bytes of events in memory. */
  get bytes(): number {
    return this.#sum((buffer) => buffer.bytes);
  }

  /** Records in memory, dead letters among them. */
  get records(): number {
    return this.#sum((buffer) => buffer.next - buffer.start);
  }

  /** Event hours times partitions that are open. */
  get openHours(): number {
    return this.#sum((buffer) => buffer.hours.size);
  }

  /** When the oldest event in memory was read; `undefined` where there is none. */
  get oldestMs(): number | undefined {
    const times = [...this.#held.values()].flatMap(({ buffer }) => buffer.oldestMs ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Why partitions don't go on, by partition. */
  get halted(): ReadonlyMap<number, RhythmicError> {
    return this.#halted;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** The first offset that is neither in the lake nor in memory, for a partition that is held. */
  nextOffset(partition: number): number | undefined {
    return this.#held.get(partition)?.buffer.next;
  }

  /** The first offset that is not in the lake, by its log as it stands now. */
  async committedOffsets(partitions: Iterable<number>): Promise<ReadonlyMap<number, number>> {
    await this.#progress.advance(this.context.store);
    return new Map([...partitions].map((partition) => [partition, this.#committed(partition, this.#progress) ?? 0]));
  }

  /** Where the partitions stand that the group has given to this processor. */
  get standings(): readonly PartitionStanding[] {
    const stateOf = (partition: number): PartitionStanding["state"] => {
      if (this.#waiting.has(partition)) return "starting";
      return this.#held.has(partition) ? "held" : "halted";
    };
    return [...new Set([...this.#held.keys(), ...this.#halted.keys(), ...this.#waiting])].map((partition) => {
      const buffer = this.#held.get(partition)?.buffer;
      const committed = buffer?.start ?? this.#committed(partition);
      return { partition, state: stateOf(partition), committed, next: buffer?.next };
    });
  }

  /** How often a partition was sought; for `take`. */
  seeksOf(partition: number): number {
    return this.#seeks.get(partition) ?? 0;
  }

  #sum(of: (buffer: PartitionBuffer) => number): number {
    let total = 0;
    for (const { buffer } of this.#held.values()) total += of(buffer);
    return total;
  }

  #committed(partition: number, snapshot: SnapshotBuilder = this.snapshot): number | undefined {
    return snapshot.current().txns.get(txnAppId(this.context.clusterId, this.topic, partition));
  }

  #seek(partition: number, offset: number): void {
    this.#seeks.set(partition, this.seeksOf(partition) + 1);
    this.context.source.seek(this.topic, partition, offset);
  }

  /** P0 for all partitions held from now on. What is in memory of one whose place in the log has not moved stays. */
  async assign(partitions: readonly number[]): Promise<void> {
    for (const partition of this.#held.keys()) if (!partitions.includes(partition)) this.#held.delete(partition);
    this.#halted.clear();
    this.#waiting.clear();
    for (const partition of partitions) this.#waiting.add(partition);
    await this.begin();
  }

  /** P0 for the partitions that wait for it. Where Kafka does not answer they wait on, until this is called again. */
  async begin(): Promise<void> {
    if (this.#waiting.size === 0) return;
    try {
      await this.#start([...this.#waiting]);
      this.#waiting.clear();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      this.context.log.warn({ topic: this.topic, partitions: [...this.#waiting] }, messageOf(error));
    }
  }

  /** P0 anew for everything held: the head of the log and all E belong together. */
  async #startAnew(partitions: Iterable<number>): Promise<void> {
    for (const partition of [...this.#held.keys(), ...partitions]) this.#waiting.add(partition);
    await this.begin();
  }

  async #start(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    await this.snapshot.advance(this.context.store);
    const others = clusterIdsOf(this.snapshot.current(), this.topic).filter((id) => id !== this.context.clusterId);
    if (others.length > 0) {
      throw new RhythmicError(
        "lake_mismatch",
        `The lake ${this.context.store.url} was filled with ${this.topic} from the Kafka cluster ${others.join(", ")}, and this is ${this.context.clusterId}; start with that cluster, or with a lake of its own.`,
      );
    }
    const offsets = await this.context.source.offsets(this.topic);
    for (const partition of partitions) await this.#startPartition(partition, offsets.get(partition));
  }

  async #startPartition(partition: number, kafka: PartitionOffsets | undefined): Promise<void> {
    const snapshot = this.snapshot.current();
    const books = snapshot.books.get(partition);
    if (books !== undefined) await this.#publish([{ partition, range: books, deadLetterFiles: books.deadLetterFiles }]);
    const point = resumePointOf({
      lake: this.context.store.url,
      topic: this.topic,
      partition,
      committed: this.#committed(partition),
      isTopicKnown: snapshot.txns.size > 0,
      last: books?.last,
      kafka,
    });
    if (point.problem !== undefined) {
      this.#halt(partition, point.problem);
      return;
    }
    const { start, expected } = point;
    const kept = this.#held.get(partition);
    if (kept !== undefined && kept.buffer.start === start && kept.expected === undefined) {
      this.#seek(partition, kept.buffer.next);
      return;
    }
    this.#held.set(partition, {
      buffer: new PartitionBuffer(this.event, partition, start),
      expected,
      checkedEpoch: this.context.source.epoch(),
      checkedAtMs: Date.now(),
    });
    this.#seek(partition, expected === undefined ? start : start - 1);
  }

  #haltAsOther(partition: number, offset: number, what: string): void {
    this.#halt(partition, otherTopicMessage(this.context.store.url, this.topic, partition, offset, what));
  }

  /** The partition does not go on; the others do. */
  #halt(partition: number, message: string): void {
    const error = new RhythmicError("lake_mismatch", message, { context: { topic: this.topic, partition } });
    this.#held.delete(partition);
    this.#halted.set(partition, error);
    this.context.source.pause(this.topic, partition);
    this.context.log.error({ code: error.code, topic: this.topic, partition }, message);
  }

  /**
   * P1: takes records into memory, and cuts where too many hours are open.
   * @param seeks `seeksOf` when the records were delivered: they are of no use once the partition was sought anew
   */
  async take(
    partition: number,
    records: readonly SourceRecord[],
    heartbeat: () => Promise<void>,
    seeks = this.seeksOf(partition),
  ): Promise<void> {
    const nowMs = Date.now();
    for (const record of records) {
      const held = this.#held.get(partition);
      if (held === undefined || seeks !== this.seeksOf(partition)) return;
      if (held.expected !== undefined) {
        if (record.offset < held.expected.offset) continue;
        if (!isExpected(held.expected, record)) {
          this.#haltAsOther(partition, held.expected.offset, ANOTHER);
          return;
        }
        held.expected = undefined;
        continue;
      }
      if (record.offset < held.buffer.next) continue;
      if (record.offset > held.buffer.next) {
        this.#halt(
          partition,
          `Kafka delivered ${this.topic}/${partition}/${record.offset} where ${held.buffer.next} was next: its retention passed the processor, or records were deleted. Put the topic back, or start with a new lake.`,
        );
        return;
      }
      held.buffer.add(record, this.#judge(record), nowMs);
      if (this.openHours > this.context.settings.PROCESSOR_OPEN_HOURS_MAX) await this.cut(heartbeat);
    }
  }

  /** P2 to P6: what is in memory goes into the lake. Where Kafka does not answer a look, it waits for the next cut. */
  async cut(heartbeat: () => Promise<void> = NO_HEARTBEAT): Promise<void> {
    await this.#dropWhatMoved();
    if (!(await this.#lookAtAll())) return;
    const attempt = randomUUID();
    const parts = await this.#upload(attempt, heartbeat);
    if (parts.length === 0) return;
    // What can hide a topic made anew may have happened during the upload.
    if (!(await this.#lookAtAll())) {
      await removeParts(this.context.store, this.topic, parts);
      return;
    }
    await this.#commit(
      attempt,
      parts.filter((part) => this.#held.has(part.partition)),
    );
  }

  async #commit(attempt: string, parts: readonly CutPart[]): Promise<void> {
    const left = new Map(parts.map((part) => [part.partition, part]));
    const moved = new Set<number>();
    const timestamp = Date.now();
    const outcome = await commitToLog(
      this.context.store,
      this.snapshot,
      {
        attempt,
        content: () =>
          left.size === 0
            ? undefined
            : cutActions(this.context.clusterId, this.topic, [...left.values()], attempt, timestamp),
        onConflict: (entries) => {
          const conflicts = conflictsIn(entries, this.topic);
          if (conflicts.schemaChanged) missingFields(this.#table, this.snapshot.current().metaData);
          for (const partition of conflicts.partitions) if (this.#held.has(partition)) moved.add(partition);
          for (const part of left.values()) {
            if (part.adds.some((add) => conflicts.vacuumed.has(add.path))) moved.add(part.partition);
          }
          for (const partition of moved) left.delete(partition);
        },
      },
      this.context.log,
    );
    if (outcome.status !== "superseded") await this.#afterCommit([...left.values()], outcome.version);
    if (outcome.status === "log_was_cleaned") {
      throw new RhythmicError(
        "lake_corrupt",
        `The log of ${this.#table.tablePath} lost version ${outcome.version - 1} while version ${outcome.version} was written; restart the processor, which reads it anew.`,
      );
    }
    if (moved.size === 0) return;
    await removeParts(
      this.context.store,
      this.topic,
      parts.filter((part) => moved.has(part.partition)),
    );
    await this.#giveUp(moved);
  }

  /**
   * The fence only holds where a buffer begins at the place that the log says at the head that we commit on. However
   * it came that another's entry was read meanwhile: a buffer whose place has moved is dropped.
   */
  async #dropWhatMoved(): Promise<void> {
    const moved = [...this.#held].filter(([partition, { buffer }]) => {
      const committed = this.#committed(partition);
      return committed !== undefined && committed !== buffer.start;
    });
    if (moved.length > 0) await this.#giveUp(new Set(moved.map(([partition]) => partition)));
  }

  async #upload(attempt: string, heartbeat: () => Promise<void>): Promise<CutPart[]> {
    const { store, deadLetters } = this.context;
    const parts: CutPart[] = [];
    for (const [partition, { buffer }] of this.#held) {
      if (buffer.isEmpty) continue;
      const before = this.snapshot.current().books.get(partition);
      parts.push(await uploadPart(store, deadLetters, this.event, buffer, before, attempt, heartbeat));
    }
    return parts;
  }

  /**
   * P3 for every partition with something in memory. A topic that was made anew halts its partition.
   * @returns false where Kafka does not answer
   */
  async #lookAtAll(): Promise<boolean> {
    try {
      for (const [partition, held] of [...this.#held]) if (!held.buffer.isEmpty) await this.#look(partition, held);
      return true;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      this.context.log.warn({ topic: this.topic }, `the commit waits: ${messageOf(error)}`);
      return false;
    }
  }

  /**
   * Is the record before the buffer still the one that the lake knows? Looked at after whatever may have hidden that
   * the topic was made anew, else now and then.
   */
  async #look(partition: number, held: Held): Promise<void> {
    const epoch = this.context.source.epoch();
    const nowMs = Date.now();
    const due = epoch !== held.checkedEpoch;
    if (!due && nowMs - held.checkedAtMs < this.context.settings.PROCESSOR_LOOK_INTERVAL_MS) return;
    const last = this.snapshot.current().books.get(partition)?.last;
    if (last !== undefined) {
      const wrong = await whatIsWrong(this.context.source, this.topic, partition, last, !due);
      if (wrong !== undefined) {
        this.#haltAsOther(partition, last.offset, wrong);
        return;
      }
    }
    held.checkedEpoch = epoch;
    held.checkedAtMs = nowMs;
  }

  /** P5 and P6, and on from the end of what was committed. */
  async #afterCommit(parts: readonly CutPart[], version: number): Promise<void> {
    // First of all: what is committed must not be in memory any more, whatever goes wrong below.
    const ends = new Map<number, number>();
    for (const { partition, range } of parts) {
      const held = this.#held.get(partition);
      if (held === undefined) continue;
      this.#held.set(partition, {
        ...held,
        buffer: new PartitionBuffer(this.event, partition, range.end),
      });
      ends.set(partition, range.end);
    }
    await this.#publish(parts);
    const total = (of: (part: CutPart) => number) => parts.reduce((sum, part) => sum + of(part), 0);
    this.context.report("committed", {
      topic: this.topic,
      version,
      rows: total((part) => part.range.rows),
      deadLetters: total((part) => part.range.deadLetters),
      files: total((part) => part.adds.length),
    });
    try {
      await this.context.source.commitOffsets(new Map([[this.topic, ends]]));
    } catch (error) {
      this.context.log.warn({ topic: this.topic }, `Kafka's lag gauge was not updated: ${messageOf(error)}`);
    }
  }

  async #publish(parts: readonly Pick<CutPart, "partition" | "range" | "deadLetterFiles">[]): Promise<void> {
    await this.context.deadLetters.publish(
      parts.map(({ partition, range, deadLetterFiles }) => ({
        topic: this.topic,
        partition,
        end: range.end,
        files: deadLetterFiles,
        rows: range.deadLetters,
      })),
    );
  }

  /** Others went on with these partitions: what we have of them is of no use, and P0 tells where they stand. */
  async #giveUp(partitions: ReadonlySet<number>): Promise<void> {
    this.context.log.warn(
      { topic: this.topic, partitions: [...partitions] },
      "another processor was first; reading anew",
    );
    for (const partition of partitions) this.#held.delete(partition);
    await this.#startAnew(partitions);
  }
}
