import type { EventSource, PartitionOffsets } from "../kafka/event-source";
import { logFileName } from "../lake/delta/log";
import { eventTablePath } from "../lake/lake-layout";
import type { ObjectStore } from "../lake/object-store";
import { Pulse } from "../support/status/pulse";
import type { Status } from "../support/status/status";
import type { ProcessorSettings } from "./settings";
import { type PartitionStanding, waitingIn } from "./standing";

/** What is judged: a topic's partitions as they are at this moment. */
export interface JudgedTopic {
  readonly topic: string;
  readonly standings: readonly PartitionStanding[];
  /** When the oldest event in memory was read, milliseconds; `undefined` where there is none. */
  readonly oldestMs: number | undefined;
}

/** Times in milliseconds; each has a default, for tests to be shorter. */
export interface HealthTimings {
  readonly nowMs: () => number;
  /** How often it is judged. */
  readonly judgeIntervalMs: number;
  readonly askKafkaIntervalMs: number;
  readonly askLakeIntervalMs: number;
  /** How long Kafka or the lake may take to answer. */
  readonly answerWithinMs: number;
  readonly commitOverdueMs: number;
  readonly stuckAfterMs: number;
}

export interface HealthOptions {
  readonly settings: Pick<ProcessorSettings, "PROCESSOR_CUT_INTERVAL_MS">;
  readonly source: Pick<EventSource, "isMember" | "offsets">;
  readonly store: Pick<ObjectStore, "get">;
  readonly status: Status;
  /** The topics of the processor, those without a partition included. */
  topics(): readonly JudgedTopic[];
  /** Has it taken over what the group handed out last? */
  isAssigned(): boolean;
  readonly timings?: Partial<HealthTimings> | undefined;
}

/** With the time of an answer: a lost Kafka is seen within 15 s, and one that is back within 5 s. */
const ASK_KAFKA_INTERVAL_MS = 5_000;
/** A question to Cloud Storage costs, though little: 0.2 USD a month at this pace. */
const ASK_LAKE_INTERVAL_MS = 10_000;
const ANSWER_WITHIN_MS = 10_000;
const JUDGE_INTERVAL_MS = 1_000;

/** An event is committed after one interval, and the commit itself takes seconds. */
const OVERDUE_CUTS = 2;
const COMMIT_MS = 30_000;
/**
 * Something moves at least once an interval: a commit, or the reading while the commit is due. Five without a sign
 * are no slow commit any more. Never less than five minutes: a repair throws away what is in memory, and costs all
 * processors two rebalances.
 */
const STUCK_CUTS = 5;
const STUCK_AFTER_MIN_MS = 5 * 60_000;

/** The times by which a processor with these settings is judged. */
export function timingsOf({ PROCESSOR_CUT_INTERVAL_MS: cutMs }: HealthOptions["settings"]): HealthTimings {
  return {
    nowMs: Date.now,
    judgeIntervalMs: JUDGE_INTERVAL_MS,
    askKafkaIntervalMs: ASK_KAFKA_INTERVAL_MS,
    askLakeIntervalMs: ASK_LAKE_INTERVAL_MS,
    answerWithinMs: ANSWER_WITHIN_MS,
    commitOverdueMs: OVERDUE_CUTS * cutMs + COMMIT_MS,
    stuckAfterMs: Math.max(STUCK_AFTER_MIN_MS, STUCK_CUTS * cutMs),
  };
}

/**
 * Judges whether a processor does its work, beside the work: a step that hangs must not hide that it does. It does its
 * work where it is in its group, every partition that it was given is read, and Kafka and the lake answer; one without
 * a partition stands by for the others. It is stuck where records wait, Kafka and the lake answer, and neither offsets
 * nor commits move. Partitions that are halted never count as stuck, because a restart would halt them again.
 */
export class ProcessorHealth {
  readonly #timings: HealthTimings;
  readonly #kafka: Pulse;
  readonly #lake: Pulse;
  /** What Kafka said last, by topic. */
  #offsets: ReadonlyMap<string, ReadonlyMap<number, PartitionOffsets>> = new Map();
  #positions = "";
  /** When something moved last, or nothing had to. */
  #movedAtMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: HealthOptions) {
    this.#timings = { ...timingsOf(options.settings), ...options.timings };
    const { nowMs, answerWithinMs, askKafkaIntervalMs, askLakeIntervalMs } = this.#timings;
    this.#movedAtMs = nowMs();
    const common = { nowMs, answerWithinMs };
    this.#kafka = new Pulse({ ...common, who: "Kafka", intervalMs: askKafkaIntervalMs, ask: () => this.#askKafka() });
    this.#lake = new Pulse({ ...common, who: "The lake", intervalMs: askLakeIntervalMs, ask: () => this.#askLake() });
  }

  start(): void {
    this.judge();
    this.#timer = setInterval(() => this.judge(), this.#timings.judgeIntervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Asks where it is due, and says how it stands by what is known. */
  judge(): void {
    this.#kafka.beat();
    this.#lake.beat();
    const { status } = this.options;
    const topics = this.options.topics();
    const why = this.#whyNotReady(topics);
    if (why === undefined) status.ready(standbyNote(topics));
    else status.notReady(why);
    status.stuck(this.#whyStuck(topics));
  }

  async #askKafka(): Promise<void> {
    const offsets = new Map<string, ReadonlyMap<number, PartitionOffsets>>();
    for (const { topic } of this.options.topics()) offsets.set(topic, await this.options.source.offsets(topic));
    this.#offsets = offsets;
  }

  /** Whether the object is there does not matter: the answer does. */
  async #askLake(): Promise<void> {
    const [first] = this.options.topics();
    if (first !== undefined) await this.options.store.get(logFileName(eventTablePath(first.topic), 0));
  }

  #whyNotReady(topics: readonly JudgedTopic[]): string | undefined {
    const { source, isAssigned } = this.options;
    const inState = (state: PartitionStanding["state"]) =>
      topics.flatMap(({ topic, standings }) =>
        standings.filter((one) => one.state === state).map(({ partition }) => `${topic}/${partition}`),
      );
    const unanswered = this.#kafka.problem ?? this.#lake.problem;
    if (unanswered !== undefined) return unanswered;
    if (!source.isMember())
      return "It is not in its consumer group: it has not joined yet, or was lost and joins again.";
    if (!isAssigned()) return "It has not taken over yet what the group has handed out.";
    const starting = inState("starting");
    if (starting.length > 0) return `The place in the lake is still to be found of ${starting.join(", ")}.`;
    const halted = inState("halted");
    if (halted.length > 0) return `Halted, for the reason that the log gives: ${halted.join(", ")}.`;
    return this.#whyOverdue(topics);
  }

  #whyOverdue(topics: readonly JudgedTopic[]): string | undefined {
    const { nowMs, commitOverdueMs } = this.#timings;
    const oldestMs = Math.min(...topics.flatMap((one) => one.oldestMs ?? []));
    const waitedMs = nowMs() - oldestMs;
    return waitedMs > commitOverdueMs
      ? `Events have waited for their commit for ${Math.round(waitedMs / 1000)} s.`
      : undefined;
  }

  #whyStuck(topics: readonly JudgedTopic[]): string | undefined {
    const { nowMs, stuckAfterMs } = this.#timings;
    const going = topics.map(({ topic, standings }) => ({
      topic,
      standings: standings.filter(({ state }) => state !== "halted"),
    }));
    const positions = JSON.stringify(going);
    const waiting = going.reduce(
      (sum, { topic, standings }) => sum + waitingIn(standings, this.#offsets.get(topic) ?? new Map()),
      0,
    );
    const isAnswered = this.#kafka.problem === undefined && this.#lake.problem === undefined;
    if (positions !== this.#positions || waiting === 0 || !isAnswered) this.#movedAtMs = nowMs();
    this.#positions = positions;
    const stoodMs = nowMs() - this.#movedAtMs;
    if (stoodMs < stuckAfterMs) return undefined;
    return `${waiting} records wait, Kafka and the lake answer, and nothing has moved for ${Math.round(stoodMs / 1000)} s.`;
  }
}

function standbyNote(topics: readonly JudgedTopic[]): string | undefined {
  return topics.every(({ standings }) => standings.length === 0)
    ? "Standing by: others hold all partitions."
    : undefined;
}
