import { setTimeout as sleep } from "node:timers/promises";
import type { EachBatchPayload } from "kafkajs";
import { RhythmicError } from "../support/errors";
import type { Assignment, SourceRecord } from "./event-source";
import { type EventTail, goneBy, type TailRange } from "./event-tail";
import type { ClientOptions } from "./kafkajs-client";
import { createInspector } from "./kafkajs-inspector";
import { everythingToEveryone } from "./kafkajs-looker";
import { GroupMember } from "./kafkajs-member";
import { toRecord } from "./kafkajs-record";

export interface KafkaTailOptions extends ClientOptions {
  /** kafkajs reads as a member of a group only. All members get all partitions, so several may read at once. */
  readonly groupId: string;
  /** All topics that may be read: every reader of a group asks for the same ones. */
  readonly topics: readonly string[];
  /** Aborted where the program is to stop. @default never */
  readonly stop?: AbortSignal;
  /** How long may nothing come, milliseconds. @default one minute */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 60_000;
const CHECK_INTERVAL_MS = 20;
/** The least that brokers allow without a setting of their own (group.min.session.timeout.ms). */
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_INTERVAL_MS = 500;
const MAX_WAIT_MS = 50;
const FETCH_BYTES_PARTITION_MAX = 1024 * 1024;

/** A range, and how far it has been read. */
interface Reading {
  readonly range: TailRange;
  next: number;
}

/** @throws nothing; the questions throw RhythmicError broker_unreachable, broker_refused, broker_untrusted */
export function createKafkaTail(options: KafkaTailOptions): EventTail {
  const inspector = createInspector(options);
  return {
    clusterId: () => inspector.clusterId(),
    offsets: (topic) => inspector.offsets(topic),
    async read(ranges, each) {
      const readings = ranges.filter(({ from, until }) => from < until).map((range) => ({ range, next: range.from }));
      if (readings.length > 0) await new TailReader(options, readings, each).read();
    },
    close: () => inspector.close(),
  };
}

/** One reading, with a consumer of its own. */
class TailReader {
  private readonly member: GroupMember;
  private assignment: Assignment = new Map();
  private movedAtMs = performance.now();
  private failure: Error | undefined;

  constructor(
    private readonly options: KafkaTailOptions,
    private readonly readings: readonly Reading[],
    private readonly each: (range: TailRange, record: SourceRecord) => void,
  ) {
    this.member = new GroupMember({
      ...options,
      consumer: {
        partitionAssigners: [everythingToEveryone],
        sessionTimeout: SESSION_TIMEOUT_MS,
        heartbeatInterval: HEARTBEAT_INTERVAL_MS,
        maxWaitTimeInMs: MAX_WAIT_MS,
        maxBytesPerPartition: FETCH_BYTES_PARTITION_MAX,
      },
      assigned: (assignment) => this.assigned(assignment),
      batch: (payload) => this.batch(payload),
    });
  }

  async read(): Promise<void> {
    const { topics, stop, patienceMs = PATIENCE_MS } = this.options;
    try {
      await this.member.start(topics);
      void this.member.failed.then((error) => {
        this.failure = error;
      });
      while (!this.isDone && stop?.aborted !== true) {
        if (this.failure !== undefined) throw this.failure;
        if (performance.now() - this.movedAtMs > patienceMs) throw this.stalled(patienceMs);
        await sleep(CHECK_INTERVAL_MS);
      }
    } finally {
      await this.member.stop();
    }
  }

  private get isDone(): boolean {
    return this.readings.every(({ next, range }) => next >= range.until);
  }

  /** Also where others come and go: each goes on where it was. */
  private assigned(assignment: Assignment): void {
    this.assignment = assignment;
    for (const reading of this.readings) {
      const { topic, partition, until } = reading.range;
      if (reading.next < until && this.assignment.get(topic)?.includes(partition)) {
        this.member.seek(topic, partition, reading.next);
      }
    }
  }

  private async batch({ batch, isStale, resolveOffset }: EachBatchPayload): Promise<void> {
    const reading = this.readings.find(
      ({ range }) => range.topic === batch.topic && range.partition === batch.partition,
    );
    if (reading === undefined || isStale() || reading.next >= reading.range.until) return;
    const { range } = reading;
    for (const message of batch.messages) {
      const record = toRecord(message);
      // A fetch may begin before where it was asked for, with the beginning of a batch of records.
      if (record.offset < reading.next) continue;
      if (record.offset >= range.until) break;
      if (record.offset > reading.next) {
        this.failure = goneBy(range, reading.next, record.offset);
        return;
      }
      reading.next = record.offset + 1;
      this.each(range, record);
    }
    this.movedAtMs = performance.now();
    resolveOffset(batch.lastOffset());
    if (reading.next >= range.until) this.member.pause(range.topic, range.partition);
  }

  private stalled(patienceMs: number): RhythmicError {
    const reading = this.readings.find(({ next, range }) => next < range.until) as Reading;
    const { topic, partition, until } = reading.range;
    return new RhythmicError(
      "broker_unreachable",
      `Of ${topic}, partition ${partition}, the records from ${reading.next} to ${until - 1} could not be read: nothing has come for ${patienceMs / 1000} s, though Kafka says that it holds them.`,
      { context: { topic, partition } },
    );
  }
}
