import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "kafkajs";
import type { PartitionOffsets } from "./event-source";
import { type ClientOptions, createClient, kafkaError, protocolErrorOf, unknownTopic } from "./kafkajs-client";

/** A topic that was just made has no leader for a moment, and one that moves neither. */
const PASSING_ERRORS: readonly (string | undefined)[] = ["NOT_LEADER_FOR_PARTITION", "LEADER_NOT_AVAILABLE"];
const PASSING_TRIES_MAX = 50;
const PASSING_WAIT_MS = 200;

function isPassing(error: unknown): boolean {
  return PASSING_ERRORS.includes(protocolErrorOf(error));
}

/** Reads what a cluster says of itself, over one connection that is opened at the first question. */
export interface Inspector {
  clusterId(): Promise<string>;
  offsets(topic: string): Promise<ReadonlyMap<number, PartitionOffsets>>;
  close(): Promise<void>;
}

/** A connection, and how many questions are under way on it. */
interface Line {
  readonly admin: Promise<Admin>;
  questions: number;
}

/** @throws nothing; the questions throw RhythmicError broker_unreachable, broker_refused */
export function createInspector(options: ClientOptions): Inspector {
  /** What the next question is asked on. */
  let line: Line | undefined;

  async function connect(): Promise<Admin> {
    const admin = createClient(options).admin();
    await admin.connect();
    return admin;
  }

  async function hangUp({ admin }: Line): Promise<void> {
    const connected = await admin.catch(() => undefined);
    await connected?.disconnect().catch(() => undefined);
  }

  /** One question on a line that others may ask on as well: who is the last on a line that is given up closes it. */
  async function askOnce<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    line ??= { admin: connect(), questions: 0 };
    const mine = line;
    mine.questions += 1;
    try {
      return await question(await mine.admin);
    } catch (error) {
      // The next question begins with a new connection: a lost one is not always found again.
      if (line === mine) line = undefined;
      throw error;
    } finally {
      mine.questions -= 1;
      if (line !== mine && mine.questions === 0) await hangUp(mine);
    }
  }

  async function ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await askOnce(question);
      } catch (error) {
        if (!isPassing(error) || attempt === PASSING_TRIES_MAX) throw kafkaError(error, options, what);
        await sleep(PASSING_WAIT_MS);
      }
    }
  }

  return {
    clusterId: () =>
      ask("the cluster's id could not be read", async (admin) => (await admin.describeCluster()).clusterId),
    offsets: (topic) =>
      ask(`the offsets of ${topic} could not be read`, async (admin) => {
        const offsets = await admin.fetchTopicOffsets(topic).catch((error: unknown) => {
          throw protocolErrorOf(error) === "UNKNOWN_TOPIC_OR_PARTITION" ? unknownTopic(topic, options.brokers) : error;
        });
        return new Map(
          offsets.map(({ partition, low, high }) => [partition, { earliest: Number(low), end: Number(high) }]),
        );
      }),
    async close() {
      const last = line;
      line = undefined;
      if (last !== undefined) await hangUp(last);
    },
  };
}
