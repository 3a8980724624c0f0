import type { KafkaClient } from "../../runtime/kafka/access";
import { parseCredential } from "../../runtime/kafka/credentials";
import { createTopics } from "../../runtime/kafka/kafkajs-admin";
import type { KafkaSecurity } from "../../runtime/kafka/security";
import { TOPICS } from "../../runtime/kafka/topics";
import { createFolderSecret } from "../../runtime/secrets/folder-secret";
import { RhythmicError } from "../../runtime/support/errors";
import { startBroker } from "../kafka/broker";
import type { BrokerSecurity } from "../kafka/secure";
import type { DemoFolder } from "./demo-folder";

/** Short, so that the demo goes on soon after it has killed its processor; Kafka's own lower bound elsewhere is 6 s. */
const SESSION_TIMEOUT_MS = { own: 3_000, given: 6_000 };

/** The Kafka that a demo uses: one that it has started, or one that KAFKA_BROKERS names. */
export interface DemoKafka {
  readonly brokers: string;
  /** In front of the topics' names; empty on a Kafka of the demo's own. */
  readonly prefix: string;
  readonly sessionTimeoutMs: number;
  /** What was started, for the step's line. */
  readonly description: string;
  /** The settings by which a program gets in. */
  accessOf(client: KafkaClient): { readonly KAFKA_CREDENTIALS?: string };
  /** How the demo itself looks at Kafka, as the audit; `undefined` where everybody may do everything. */
  readonly auditSecurity: KafkaSecurity | undefined;
  stop(): Promise<void>;
}

/** @throws RhythmicError broker_failed, broker_unreachable, broker_refused, ... */
export async function startDemoKafka(folder: DemoFolder): Promise<DemoKafka> {
  if (folder.brokers !== null) return useGivenKafka(folder.brokers, folder.topicPrefix);
  const broker = await startBroker({ dir: folder.kafka, topics: TOPICS, secure: folder.secure });
  const what = `a real Kafka at ${broker.brokers}, process ${broker.pid}, with ${TOPICS.length} topics`;
  const own = {
    brokers: broker.brokers,
    prefix: "",
    sessionTimeoutMs: SESSION_TIMEOUT_MS.own,
    stop: () => broker.stop(),
  };
  const { secure } = broker;
  if (secure === undefined) return { ...own, description: what, accessOf: () => ({}), auditSecurity: undefined };
  return {
    ...own,
    description: `${what}, over TLS; ${Object.keys(secure.credentials).join(", ")}: a SCRAM user each`,
    accessOf: (client) => ({ KAFKA_CREDENTIALS: secure.credentials[client] }),
    auditSecurity: await auditSecurityOf(secure),
  };
}

async function useGivenKafka(brokers: string, prefix: string): Promise<DemoKafka> {
  await createTopics(
    brokers.split(","),
    TOPICS.map((topic) => ({ ...topic, name: prefix + topic.name })),
  );
  return {
    brokers,
    prefix,
    sessionTimeoutMs: SESSION_TIMEOUT_MS.given,
    description: `${TOPICS.length} topics at ${brokers}, named ${prefix}...`,
    accessOf: () => ({}),
    auditSecurity: undefined,
    stop: async () => undefined,
  };
}

async function auditSecurityOf({ credentials }: BrokerSecurity): Promise<KafkaSecurity> {
  const version = await createFolderSecret(credentials.audit).latest();
  if (version === undefined) throw new RhythmicError("secret_unusable", `${credentials.audit} holds no credential.`);
  return parseCredential(version);
}
