import type { Assignment, EventSource, SourceHandler, SourceRecord } from "../kafka/event-source";
import type { ObjectStore } from "../lake/object-store";
import { waitingStore } from "../lake/waiting-store";
import { EVENTS } from "../schema/events";
import type { EventDefinition } from "../schema/field";
import { inTime } from "../support/drain";
import { isRetryable, messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { Reporter } from "../support/reporting";
import type { Status } from "../support/status/status";
import { DeadLetterTable } from "./dead-letters";
import { type HealthTimings, ProcessorHealth } from "./health";
import type { ProcessorReports } from "./metrics";
import type { ProcessorSettings } from "./settings";
import { waitingIn } from "./standing";
import { TopicWorker } from "./topic-worker";

export interface ProcessorOptions {
  readonly settings: ProcessorSettings;
  readonly store: ObjectStore;
  readonly source: EventSource;
  readonly log: Logger;
  readonly report: Reporter<ProcessorReports>;
  readonly status: Status;
  /** Aborted to stop: what is in memory is committed, and the group is left. */
  readonly stop: AbortSignal;
  /** @default the platform's events */
  readonly events?: readonly EventDefinition[];
  /** How often it reports how many records wait, milliseconds. @default a minute */
  readonly reportIntervalMs?: number;
  /** How long it may take to commit what is in memory when it is stopped, milliseconds. @default 17 seconds */
  readonly stopWithinMs?: number;
  /** When it counts as lost or stuck. @default derived from the settings */
  readonly healthTimings?: Partial<HealthTimings>;
}

const TICK_MS = 200;
/** Of the time that a program has to stop (DRAIN_MAX_MS), for what is in memory, and then for leaving the group. */
const CUT_WITHIN_MS = 17_000;
const LEAVE_WITHIN_MS = 5_000;
const REPORT_INTERVAL_MS = 60_000;

/** The offsets to reach, by topic and partition. */
type Targets = ReadonlyMap<string, ReadonlyMap<number, number>>;

/**
 * Runs the processor until it is stopped or (with PROCESSOR_UNTIL_CAUGHT_UP) has caught up.
 * @throws RhythmicError lake_mismatch: no partition can go on; lake_unusable, lake_corrupt, broker_unreachable;
 *   a lake that does not answer (lake_unreachable) is waited for
 */
export async function runProcessor(options: ProcessorOptions): Promise<void> {
  const processor = await Processor.open(options);
  try {
    await processor.run();
  } finally {
    await leave(options);
  }
}

/** A Kafka that is gone can't be told goodbye: after the session's time it knows by itself. */
async function leave({ source, stop, log, settings }: ProcessorOptions): Promise<void> {
  const late = () =>
    new RhythmicError(
      "broker_unreachable",
      `The group ${settings.PROCESSOR_GROUP_ID} could not be left within ${LEAVE_WITHIN_MS / 1000} s: its partitions go ` +
        `to others when Kafka has not heard of this processor for ${settings.PROCESSOR_SESSION_TIMEOUT_MS / 1000} s.`,
    );
  const left = source.stop();
  if (!stop.aborted) return left;
  await inTime(left, { stop, limitMs: LEAVE_WITHIN_MS, late }).catch((error: unknown) =>
    log.warn({}, messageOf(error)),
  );
}

class Processor implements SourceHandler {
  readonly #workers: ReadonlyMap<string, TopicWorker>;
  /** The end of the queue of steps: one runs at a time. */
  #queue: Promise<void> = Promise.resolve();
  #assignment: Assignment | undefined;
  /** The assignment whose partitions it has taken over. */
  #takenOver: Assignment | undefined;
  #stopping = false;
  #reportedAtMs = Date.now();
  #reporting = false;
  #firstError: { readonly error: unknown } | undefined;
  #fail: (error: unknown) => void = () => undefined;
  /** Lets go of Kafka's client, which waits for the delivery in hand before it leaves the group. */
  #letGo: () => void = () => undefined;
  readonly #lettingGo = new Promise<void>((resolve) => {
    this.#letGo = resolve;
  });
  readonly #failure: Promise<never>;

  private constructor(
    private readonly options: ProcessorOptions,
    workers: readonly TopicWorker[],
  ) {
    this.#workers = new Map(workers.map((worker) => [worker.topic, worker]));
    this.#failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Awaited in `run`; until then a failure must not end the process as an unhandled rejection.
    this.#failure.catch(() => undefined);
  }

  static async open(options: ProcessorOptions): Promise<Processor> {
    const { settings, source, log, report, stop } = options;
    const store = waitingStore(options.store, { log, stop });
    const clusterId = await source.clusterId();
    const deadLetters = await DeadLetterTable.open(store, clusterId, log);
    const context = { settings, store, source, log, report, clusterId, deadLetters };
    const workers: TopicWorker[] = [];
    for (const event of options.events ?? EVENTS) workers.push(await TopicWorker.open(event, context));
    return new Processor(options, workers);
  }

  async run(): Promise<void> {
    const { settings, source, log, stop } = this.options;
    const targets = settings.PROCESSOR_UNTIL_CAUGHT_UP ? await this.#heldByKafka() : undefined;
    await source.start([...this.#workers.keys()], this);
    log.info({ lake: this.options.store.url, group: settings.PROCESSOR_GROUP_ID }, "reading from Kafka");
    const health = this.#health();
    health.start();
    const sourceFailed = source.failed.then((error) => {
      throw error;
    });
    const untilCut = async () => {
      try {
        await Promise.race([this.#tickUntilDone(targets, stop), this.#failure, sourceFailed]);
      } finally {
        this.#stopping = true;
        health.stop();
      }
      await this.#serial(() => this.#cutAll());
    };
    await this.#endingInTime(untilCut());
  }

  /**
   * Whoever stops a processor waits for what is in memory, but not for a lake or a Kafka that does not come back.
   * @throws RhythmicError interrupted, broker_unreachable: something was left
   */
  async #endingInTime(work: Promise<void>): Promise<void> {
    const { stop, stopWithinMs: limitMs = CUT_WITHIN_MS } = this.options;
    const late = () =>
      new RhythmicError(
        "interrupted",
        `What was in hand was not done within ${limitMs / 1000} s of being asked to stop.`,
      );
    try {
      await inTime(work, { stop, limitMs, late });
      if (!stop.aborted || this.#recordsLeft().total === 0) return;
      throw new RhythmicError(
        "broker_unreachable",
        "Kafka does not answer, and without it nothing more is committed: a commit makes sure first that the topics " +
          "are still those that the lake knows.",
      );
    } finally {
      this.#letGo();
      if (stop.aborted) this.#tellWhatIsLeft();
    }
  }

  #recordsLeft(): { readonly total: number; readonly byTopic: Readonly<Record<string, number>> } {
    const left = [...this.#workers.values()].filter(({ records }) => records > 0);
    return {
      total: left.reduce((sum, { records }) => sum + records, 0),
      byTopic: Object.fromEntries(left.map(({ topic, records }) => [topic, records])),
    };
  }

  #tellWhatIsLeft(): void {
    const { total, byTopic } = this.#recordsLeft();
    if (total === 0) return;
    this.options.log.warn(
      { inMemory: byTopic },
      `stopped with ${total} records in memory that are not known to be committed; nothing is lost: the next ` +
        "processor reads them from Kafka again, from where the lake's log ends",
    );
  }

  #health(): ProcessorHealth {
    const { settings, source, store, status, healthTimings: timings } = this.options;
    const topics = () =>
      [...this.#workers.values()].map(({ topic, standings, oldestMs }) => ({ topic, standings, oldestMs }));
    const isAssigned = () => this.#takenOver !== undefined && this.#takenOver === this.#assignment;
    return new ProcessorHealth({ settings, source, store, status, topics, isAssigned, timings });
  }

  /** What Kafka holds now, partitions without a record left out: there is nothing in them to catch up with. */
  async #heldByKafka(): Promise<Targets> {
    const targets = new Map<string, ReadonlyMap<number, number>>();
    for (const topic of this.#workers.keys()) {
      const offsets = [...(await this.options.source.offsets(topic))].filter(([, { earliest, end }]) => earliest < end);
      targets.set(topic, new Map(offsets.map(([partition, { end }]) => [partition, end])));
    }
    return targets;
  }

  /** Cuts on time; resolves on stop or, with targets, when they are in the lake. */
  async #tickUntilDone(targets: Targets | undefined, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, TICK_MS);
        function done() {
          clearTimeout(timer);
          stop.removeEventListener("abort", done);
          resolve();
        }
        stop.addEventListener("abort", done);
      });
      if (stop.aborted) return;
      void this.#reportWaiting();
      const caughtUp = await this.#serial(() => this.#tick(targets));
      if (caughtUp) return;
    }
  }

  async #tick(targets: Targets | undefined): Promise<boolean> {
    this.#failWhereNothingGoesOn();
    for (const worker of this.#workers.values()) await worker.begin();
    const nowMs = Date.now();
    for (const worker of this.#workers.values()) {
      const { oldestMs } = worker;
      if (oldestMs !== undefined && nowMs - oldestMs >= this.options.settings.PROCESSOR_CUT_INTERVAL_MS) {
        await worker.cut();
      }
    }
    return targets === undefined ? false : this.#isCaughtUp(targets);
  }

  /**
   * Now and then: how many records wait. Beside the queue of steps, so that a Kafka that is slow to answer holds up
   * no commit.
   */
  async #reportWaiting(): Promise<void> {
    const { source, log, report, reportIntervalMs = REPORT_INTERVAL_MS } = this.options;
    if (this.#reporting || Date.now() - this.#reportedAtMs < reportIntervalMs) return;
    this.#reporting = true;
    try {
      for (const [topic, worker] of this.#workers) {
        if (worker.standings.length === 0) continue;
        const offsets = await source.offsets(topic);
        if (this.#stopping) return;
        report("waiting", { topic, records: waitingIn(worker.standings, offsets) });
      }
    } catch (error) {
      if (!this.#stopping) log.warn({ retryable: isRetryable(error) }, `can't tell how many wait: ${messageOf(error)}`);
    } finally {
      this.#reportedAtMs = Date.now();
      this.#reporting = false;
    }
  }

  /** All that Kafka held at the start is in memory or in the lake: then into the lake with it. */
  async #isCaughtUp(targets: Targets): Promise<boolean> {
    for (const [topic, ends] of targets) {
      const worker = this.#workers.get(topic);
      if (worker === undefined) continue;
      for (const [partition, end] of ends) {
        const next = worker.nextOffset(partition);
        if (next !== undefined && next < end) return false;
      }
    }
    await this.#cutAll();
    const [halted] = this.#haltedErrors();
    if (halted !== undefined) throw halted;
    for (const [topic, ends] of targets) {
      const committed = await this.#workers.get(topic)?.committedOffsets(ends.keys());
      // Others may hold some of the partitions; they are waited for.
      for (const [partition, end] of ends) if ((committed?.get(partition) ?? 0) < end) return false;
    }
    return true;
  }

  #haltedErrors(): RhythmicError[] {
    return [...this.#workers.values()].flatMap((worker) => [...worker.halted.values()]);
  }

  #failWhereNothingGoesOn(): void {
    const [halted] = this.#haltedErrors();
    const held = [...this.#workers.values()].reduce((sum, worker) => sum + worker.heldCount, 0);
    if (halted !== undefined && held === 0) throw halted;
  }

  async #cutAll(heartbeat?: () => Promise<void>): Promise<void> {
    for (const worker of this.#workers.values()) await worker.cut(heartbeat);
  }

  /**
   * Runs a step when those before it are done. The first error ends the processor: it is thrown here, and by every
   * step after it, because what a failed step left in memory must not be committed by another.
   */
  #serial<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      if (this.#firstError !== undefined) throw this.#firstError.error;
      return step();
    });
    this.#queue = result.then(
      () => undefined,
      (error: unknown) => {
        this.#firstError ??= { error };
        this.#fail(error);
      },
    );
    return result;
  }

  assigned(assignment: Assignment): void {
    this.#assignment = assignment;
    const step = async () => {
      // A newer assignment has a step of its own behind this one.
      if (this.#stopping || this.#assignment !== assignment) return;
      for (const [topic, worker] of this.#workers) await worker.assign(assignment.get(topic) ?? []);
      const partitions = Object.fromEntries([...assignment].map(([topic, list]) => [topic, list.length]));
      this.#takenOver = assignment;
      this.options.log.info({ partitions }, "holding partitions");
    };
    this.#serial(step).catch(() => undefined);
  }

  async records(
    topic: string,
    partition: number,
    records: readonly SourceRecord[],
    heartbeat: () => Promise<void>,
  ): Promise<void> {
    // Of when the records came: a step before this one may seek elsewhere.
    const seeks = this.#workers.get(topic)?.seeksOf(partition);
    const step = async () => {
      if (this.#stopping) return;
      await this.#workers.get(topic)?.take(partition, records, heartbeat, seeks);
      await this.#cutWhereFull(heartbeat);
    };
    // An error ends the whole processor; Kafka's client must not try the same batch again meanwhile.
    await Promise.race([this.#serial(step).catch(() => undefined), this.#lettingGo]);
  }

  async #cutWhereFull(heartbeat: () => Promise<void>): Promise<void> {
    const workers = [...this.#workers.values()];
    const bytes = workers.reduce((sum, worker) => sum + worker.bytes, 0);
    if (bytes < this.options.settings.PROCESSOR_CUT_BYTES_MAX) return;
    const [largest] = workers.sort((a, b) => b.bytes - a.bytes);
    await largest?.cut(heartbeat);
  }
}
