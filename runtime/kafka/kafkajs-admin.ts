import { setTimeout as sleep } from "node:timers/promises";
import type { Admin, ITopicConfig, ITopicMetadata } from "kafkajs";
import type { Logger } from "../support/logging";
import { SILENT } from "../support/logging";
import { type ClientOptions, createClient, kafkaError, protocolErrorOf } from "./kafkajs-client";
import type { KafkaSecurity } from "./security";
import type { TopicDeclaration } from "./topics";

/** How the topics of a cluster compare with their declaration. */
export interface TopicsReport {
  readonly created: readonly string[];
  readonly existing: readonly string[];
  /** Existing topics with another number of partitions than declared; they are left as they are. */
  readonly mismatches: readonly { readonly topic: string; readonly declared: number; readonly found: number }[];
}

/**
 * Makes the topics that are missing, with one replica where the cluster has a single broker and up to three else.
 * @param security of somebody who may make topics @default neither TLS nor a user
 * @throws RhythmicError broker_unreachable, broker_refused, broker_untrusted, broker_out_of_date
 */
export async function createTopics(
  brokers: readonly string[],
  topics: readonly TopicDeclaration[],
  log: Logger = SILENT,
  security?: KafkaSecurity,
): Promise<TopicsReport> {
  return withAdmin(
    { brokers, clientId: "rhythmic-topics", log, security },
    "the topics could not be made",
    async (admin) => {
      const before = new Set(await admin.listTopics());
      const missing = topics.filter((topic) => !before.has(topic.name));
      const { brokers: nodes } = await admin.describeCluster();
      if (missing.length > 0) {
        await makeTopics(
          admin,
          missing.map(({ name, partitions, config }) => ({
            topic: name,
            numPartitions: partitions,
            replicationFactor: Math.min(nodes.length, REPLICAS_MAX),
            configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
          })),
        );
      }
      const found = await describeTopics(admin, topics);
      return {
        created: missing.map(({ name }) => name),
        existing: topics.filter(({ name }) => before.has(name)).map(({ name }) => name),
        mismatches: topics.flatMap(({ name, partitions }) => {
          const count = found.find((topic) => topic.name === name)?.partitions.length ?? 0;
          return count === partitions ? [] : [{ topic: name, declared: partitions, found: count }];
        }),
      };
    },
  );
}

/** Copies of a record beyond which more brokers add none. */
export const REPLICAS_MAX = 3;

async function describeTopics(admin: Admin, topics: readonly TopicDeclaration[]): Promise<ITopicMetadata[]> {
  return (await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) })).topics;
}

/** A broker hears of a topic that the controller has made a moment later, and of its leaders. */
const NOT_YET: readonly (string | undefined)[] = ["UNKNOWN_TOPIC_OR_PARTITION", "LEADER_NOT_AVAILABLE"];
const TOPIC_KNOWN_WITHIN_MS = 10_000;
const TOPIC_KNOWN_POLL_MS = 50;

/**
 * Makes topics, and waits until they can be used. kafkajs's own wait takes a broker that has not yet heard of a topic
 * for an error. One that somebody else makes at the same time is none.
 */
export async function makeTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics }).catch((error: unknown) => {
    if (!isTopicThere(error)) throw error;
  });
  const names = topics.map(({ topic }) => topic);
  const deadlineMs = Date.now() + TOPIC_KNOWN_WITHIN_MS;
  for (;;) {
    try {
      await admin.fetchTopicMetadata({ topics: names });
      return;
    } catch (error) {
      if (!NOT_YET.includes(protocolErrorOf(error)) || Date.now() > deadlineMs) throw error;
      await sleep(TOPIC_KNOWN_POLL_MS);
    }
  }
}

function isTopicThere(error: unknown): boolean {
  const { errors } = error as { errors?: readonly unknown[] };
  const all = errors ?? [error];
  return all.length > 0 && all.every((one) => protocolErrorOf(one) === "TOPIC_ALREADY_EXISTS");
}

/**
 * Runs administrative calls on a connection of their own, and closes it.
 * @param what what has failed where something does, as the beginning of a sentence
 */
export async function withAdmin<T>(
  client: ClientOptions,
  what: string,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = createClient(client).admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw kafkaError(error, client, what);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
