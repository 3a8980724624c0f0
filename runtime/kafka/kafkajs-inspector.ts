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

/** @throws nothing; the questions throw RhythmicError broker_unreachable, broker_refused */
export function createInspector(options: ClientOptions): Inspector {
  let connected: Promise<Admin> | undefined;

  async function connect(): Promise<Admin> {
    const admin = createClient(options).admin();
    await admin.connect();
    return admin;
  }

  async function close(): Promise<void> {
    const admin = await connected?.catch(() => undefined);
    connected = undefined;
    await admin?.disconnect().catch(() => undefined);
  }

  async function ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        connected ??= connect();
        return await question(await connected);
      } catch (error) {
        // The next question begins with a new connection: a lost one is not always found again.
        await close();
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
    close,
  };
}
