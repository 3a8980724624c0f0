import { setTimeout as sleep } from "node:timers/promises";
import { AssignerProtocol, type EachBatchPayload, type PartitionAssigner } from "kafkajs";
import { RhythmicError } from "../support/errors";
import type { SourceRecord } from "./event-source";
import type { ClientOptions } from "./kafkajs-client";
import type { Inspector } from "./kafkajs-inspector";
import { GroupMember } from "./kafkajs-member";
import { toRecord } from "./kafkajs-record";

/** Reads single records, in a group of its own: kafkajs has no call that reads one record at an offset. */
export interface Looker {
  /** @returns `undefined` where Kafka holds no record at this offset. @throws RhythmicError broker_unreachable */
  look(topic: string, partition: number, offset: number): Promise<SourceRecord | undefined>;
  close(): Promise<void>;
}

/** Less than a processor's session, since it gives no sign of life meanwhile. */
const LOOK_WITHIN_MS = 20_000;
const CHECK_INTERVAL_MS = 2_000;
/** How soon a look begins where nothing has been looked at before. */
const MAX_WAIT_MS = 50;
/** The least that brokers allow without a setting of their own (group.min.session.timeout.ms). */
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_INTERVAL_MS = 500;
/** Kafka sends a batch of records whole, however large; asking for little keeps it to one (KIP-74). */
const FETCH_BYTES_MAX = 1_024;

/** Gives every member every partition, since several programs look at the same ones. */
export const everythingToEveryone: PartitionAssigner = ({ cluster }) => ({
  name: "rhythmic-everything-to-everyone",
  version: 1,
  async assign({ members, topics }) {
    const assignment = Object.fromEntries(
      topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)]),
    );
    const memberAssignment = AssignerProtocol.MemberAssignment.encode({
      version: this.version,
      assignment,
      userData: Buffer.alloc(0),
    });
    return members.map(({ memberId }) => ({ memberId, memberAssignment }));
  },
  protocol({ topics }) {
    const metadata = { version: this.version, topics, userData: Buffer.alloc(0) };
    return { name: this.name, metadata: AssignerProtocol.MemberMetadata.encode(metadata) };
  },
});

interface LookerOptions extends ClientOptions {
  /** Of the looking group, `<group>-look`. */
  readonly groupId: string;
  /**
   * All topics that are read. Every looker of a group asks for the same ones: the group's leader hands out only those
   * that it knows itself.
   */
  topics(): readonly string[];
}

interface Look {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  found(record: SourceRecord | undefined): void;
}

/**
 * A looker whose consumer joins at the first look and stays, with every partition paused but the one looked at.
 */
export function createLooker(options: LookerOptions, inspector: Inspector): Looker {
  let member: GroupMember | undefined;
  let topics: readonly string[] = [];
  let current: Look | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  async function batch({ batch: { topic, partition, messages }, isStale }: EachBatchPayload): Promise<void> {
    const look = current;
    if (look === undefined || look.topic !== topic || look.partition !== partition || isStale()) return;
    const message = messages.find(({ offset }) => Number(offset) >= look.offset);
    if (message === undefined) return;
    current = undefined;
    member?.pause(topic, partition);
    look.found(Number(message.offset) === look.offset ? toRecord(message) : undefined);
  }

  /** A member that knows the topic: the set of its topics can only be changed by joining again. */
  async function memberFor(topic: string): Promise<GroupMember> {
    if (member !== undefined && topics.includes(topic)) return member;
    await member?.stop();
    member = undefined;
    const wanted = [...new Set([...topics, ...options.topics(), topic])];
    const joining = new GroupMember({
      ...options,
      consumer: {
        partitionAssigners: [everythingToEveryone],
        sessionTimeout: SESSION_TIMEOUT_MS,
        heartbeatInterval: HEARTBEAT_INTERVAL_MS,
        maxWaitTimeInMs: MAX_WAIT_MS,
        maxBytesPerPartition: FETCH_BYTES_MAX,
      },
      // Other programs come and go: the look under way begins again.
      assigned: () => current && joining.seek(current.topic, current.partition, current.offset),
      batch,
    });
    await joining.start(wanted);
    topics = wanted;
    member = joining;
    return joining;
  }

  async function isHeld({ topic, partition, offset }: Omit<Look, "found">): Promise<boolean> {
    const held = (await inspector.offsets(topic)).get(partition);
    return held !== undefined && offset >= held.earliest && offset < held.end;
  }

  async function look(topic: string, partition: number, offset: number): Promise<SourceRecord | undefined> {
    if (!(await isHeld({ topic, partition, offset }))) return undefined;
    const reader = await memberFor(topic);
    const found = new Promise<SourceRecord | undefined>((resolve) => {
      current = { topic, partition, offset, found: resolve };
    });
    reader.seek(topic, partition, offset);
    const deadlineMs = Date.now() + LOOK_WITHIN_MS;
    try {
      while (Date.now() < deadlineMs) {
        const answer = await Promise.race([found.then((record) => ({ record })), sleep(CHECK_INTERVAL_MS)]);
        if (answer !== undefined) return answer.record;
        // It may have gone while we were looking, and nothing come after it.
        if (!(await isHeld({ topic, partition, offset }))) return undefined;
      }
    } finally {
      current = undefined;
      reader.pause(topic, partition);
    }
    throw new RhythmicError(
      "broker_unreachable",
      `The record at offset ${offset} of ${topic}, partition ${partition}, could not be read within ${LOOK_WITHIN_MS / 1000} s, though Kafka says that it holds it.`,
      { context: { topic, partition, offset } },
    );
  }

  return {
    look(topic, partition, offset) {
      // One at a time: there is one consumer.
      const next = queue.then(() => look(topic, partition, offset));
      queue = next.catch(() => undefined);
      return next;
    },
    async close() {
      await queue;
      await member?.stop();
    },
  };
}
