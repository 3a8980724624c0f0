import { setTimeout as sleep } from "node:timers/promises";
import { type Consumer, type ConsumerConfig, type EachBatchPayload, KafkaJSNonRetriableError } from "kafkajs";
import { messageOf, RhythmicError } from "../support/errors";
import type { Assignment } from "./event-source";
import {
  type ClientOptions,
  createClient,
  FEW_RETRIES,
  isPassingAnswer,
  kafkaError,
  protocolErrorOf,
  unknownTopic,
} from "./kafkajs-client";
import { GroupRefused, isGroupRefusal, isRefusedForGood, refusalIn } from "./kafkajs-trust";

export interface MemberOptions extends ClientOptions {
  readonly groupId: string;
  readonly consumer: Omit<ConsumerConfig, "groupId" | "retry">;
  /** The group has handed out its partitions anew. Everything is paused until it is resumed. */
  assigned(assignment: Assignment): void;
  /** Records of one partition. What is not resolved is fetched again. */
  batch(payload: EachBatchPayload): Promise<void>;
}

const FIRST_JOIN_WITHIN_MS = 30_000;
const RESTART_FIRST_MS = 500;
const RESTART_MAX_MS = 15_000;
/** A member that leaves while it joins would stay in the group until its session ends. */
const JOIN_BEFORE_LEAVING_MS = 10_000;

/** Answers of Kafka that no waiting changes (kafka.apache.org/protocol#protocol_error_codes). */
const FINAL_ANSWERS: readonly string[] = [
  "INCONSISTENT_GROUP_PROTOCOL",
  "INVALID_GROUP_ID",
  "INVALID_SESSION_TIMEOUT",
  "UNSUPPORTED_VERSION",
];

/** Is beginning again no use, for as long as this program runs? */
function isFinal(error: unknown): boolean {
  const answer = protocolErrorOf(error);
  return (answer !== undefined && FINAL_ANSWERS.includes(answer)) || isRefusedForGood(error);
}

const UNKNOWN_TOPIC = "UNKNOWN_TOPIC_OR_PARTITION";

/**
 * A member of a consumer group that stays one: where kafkajs gives up (a broker that is away for longer than its
 * retries), it begins again with a new consumer, for as long as it takes. Offsets are never committed by itself.
 */
export class GroupMember {
  /** Resolves where beginning again is no use; never where the member is stopped. */
  readonly failed: Promise<Error>;
  private readonly fail: (error: Error) => void;
  private readonly stopping = new AbortController();
  private consumer: Consumer | undefined;
  /** The consumer that has joined, until kafkajs has given it up. */
  private member: Consumer | undefined;
  private topics: readonly string[] = [];
  /** Of the last attempt to join, once it has got that far. */
  private joined: Promise<void> = Promise.resolve();
  private restartWaitMs = RESTART_FIRST_MS;

  constructor(private readonly options: MemberOptions) {
    let fail: (error: Error) => void = () => undefined;
    this.failed = new Promise((resolve) => {
      fail = resolve;
    });
    this.fail = fail;
  }

  /**
   * Joins the group. Resolves when it is joined.
   * @throws RhythmicError broker_unreachable, broker_refused, broker_untrusted, broker_out_of_date
   */
  async start(topics: readonly string[]): Promise<void> {
    this.topics = topics;
    const deadlineMs = Date.now() + FIRST_JOIN_WITHIN_MS;
    for (;;) {
      try {
        return await this.join(true);
      } catch (error) {
        await this.drop();
        if (protocolErrorOf(error) === UNKNOWN_TOPIC) throw await this.nameUnknownTopic(error);
        // Such as a group's coordinator that is still reading what it knows, soon after Kafka has started.
        if (!isPassingAnswer(error) || this.stopping.signal.aborted || Date.now() > deadlineMs)
          throw this.wrapped(error);
        await sleep(RESTART_FIRST_MS);
      }
    }
  }

  /** Is it in the group at this moment? */
  get isMember(): boolean {
    return this.consumer !== undefined && this.member === this.consumer;
  }

  seek(topic: string, partition: number, offset: number): void {
    this.whileJoined((consumer) => {
      consumer.seek({ topic, partition, offset: String(offset) });
      consumer.resume([{ topic, partitions: [partition] }]);
    });
  }

  pause(topic: string, partition: number): void {
    this.whileJoined((consumer) => consumer.pause([{ topic, partitions: [partition] }]));
  }

  /** Between two joins kafkajs refuses both, and there is nothing to steer: the next join hands everything out anew. */
  private whileJoined(steer: (consumer: Consumer) => void): void {
    try {
      if (this.consumer !== undefined) steer(this.consumer);
    } catch (error) {
      if (!(error instanceof KafkaJSNonRetriableError)) throw error;
      this.options.log.debug({ error: messageOf(error) }, "the group is not joined at the moment");
    }
  }

  /** @throws RhythmicError broker_unreachable (at the moment), broker_refused */
  async commit(offsets: readonly { topic: string; partition: number; offset: string }[]): Promise<void> {
    if (this.consumer === undefined) {
      throw new RhythmicError("broker_unreachable", "The offsets could not be committed: Kafka is away.");
    }
    try {
      await this.consumer.commitOffsets([...offsets]);
    } catch (error) {
      throw this.wrapped(error);
    }
  }

  /** Waits for the delivery in hand, leaves the group and closes the connections. Safe to call again. */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.consumer === undefined) return;
    await Promise.race([this.joined.catch(() => undefined), sleep(JOIN_BEFORE_LEAVING_MS, undefined, { ref: false })]);
    await this.drop();
  }

  /** Leaves the consumer, if there is one, to its end: nothing that it still says is listened to. */
  private async drop(): Promise<void> {
    const consumer = this.consumer;
    this.consumer = undefined;
    await consumer?.disconnect().catch(() => undefined);
  }

  private reason(cause: unknown): string {
    return (
      refusalIn(cause, this.options, "the group could not be joined")?.message ??
      protocolErrorOf(cause) ??
      messageOf(cause)
    );
  }

  private wrapped(error: unknown): RhythmicError {
    return kafkaError(error, this.options, `the group ${this.options.groupId} could not be joined or used`);
  }

  /** One consumer, from its connection to its first assignment. */
  private async join(first: boolean): Promise<void> {
    const { groupId, brokers } = this.options;
    let isGroupRefused = false;
    const onTrouble = (said: string) => {
      isGroupRefused ||= isGroupRefusal(said);
      this.options.onTrouble?.(said);
    };
    const consumer = createClient({ ...this.options, onTrouble }).consumer({
      ...this.options.consumer,
      groupId,
      allowAutoTopicCreation: false,
      // Beginning again is done below, where it is done for ever and is logged.
      retry: { ...FEW_RETRIES, restartOnFailure: async () => false },
    });
    this.consumer = consumer;
    let isJoined = false;
    const joined = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        if (this.consumer !== consumer) return resolve();
        isJoined = true;
        this.member = consumer;
        this.restartWaitMs = RESTART_FIRST_MS;
        this.onJoin(consumer, payload.memberAssignment);
        resolve();
      });
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        const error = isGroupRefused ? new GroupRefused(payload.error.message) : payload.error;
        reject(error);
        if (isJoined || !first) this.onCrash(consumer, error);
      });
    });
    // Whoever waits for it hears of it; nobody may be waiting.
    joined.catch(() => undefined);
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.topics], fromBeginning: true });
    // Stopped meanwhile: a consumer that nobody knows of must not join.
    if (this.consumer !== consumer) throw new Error("stopped before it had joined");
    this.joined = joined;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => (this.consumer === consumer ? this.options.batch(payload) : Promise.resolve()),
    });
    await joined;
    this.options.log.debug({ groupId, brokers: brokers.join(",") }, "joined the group");
  }

  private onJoin(consumer: Consumer, assignment: Readonly<Record<string, number[]>>): void {
    const partitions = new Map(
      Object.entries(assignment).map(([topic, list]) => [topic, [...list].sort((a, b) => a - b)]),
    );
    // Nothing has been fetched yet: kafkajs tells of the assignment before it uses it.
    for (const [topic, list] of partitions) consumer.pause([{ topic, partitions: [...list] }]);
    this.options.assigned(partitions);
  }

  /** Told by kafkajs after it has given up and closed its connections. */
  private onCrash(consumer: Consumer, error: Error): void {
    if (this.consumer !== consumer) return;
    this.consumer = undefined;
    if (isFinal(error)) this.fail(this.wrapped(error));
    else void this.restart(error);
  }

  /** Joins again, after a while that grows, until it succeeds or the member is stopped. */
  private async restart(cause: unknown): Promise<void> {
    const { log, groupId, brokers } = this.options;
    const waitMs = this.restartWaitMs;
    this.restartWaitMs = Math.min(waitMs * 2, RESTART_MAX_MS);
    const context = { groupId, brokers: brokers.join(","), error: this.reason(cause) };
    log.warn(context, `lost Kafka; going on where it was as soon as it answers, next try in ${waitMs / 1000} s`);
    try {
      await sleep(waitMs, undefined, { signal: this.stopping.signal });
    } catch {
      return;
    }
    try {
      await this.join(false);
      log.info({ groupId }, "joined the group again");
    } catch (error) {
      // A crash has its own handler; what is left is a connection that could not be made.
      if (this.consumer === undefined) return;
      await this.drop();
      if (this.stopping.signal.aborted) return;
      // Such as a user that was shut out while Kafka was away: the program has to read its credential again.
      if (isFinal(error)) this.fail(this.wrapped(error));
      else void this.restart(error);
    }
  }

  /** Which of the topics is it that Kafka does not know? */
  private async nameUnknownTopic(error: unknown): Promise<RhythmicError> {
    const { brokers } = this.options;
    const admin = createClient(this.options).admin();
    try {
      await admin.connect();
      const known = await admin.listTopics();
      return unknownTopic(this.topics.find((topic) => !known.includes(topic)) ?? this.topics.join(","), brokers);
    } catch {
      return this.wrapped(error);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}
