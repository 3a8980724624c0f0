import { KAFKA_CLIENTS, type KafkaClient } from "../../../runtime/kafka/access";
import type { KafkaAdministration } from "../../../runtime/kafka/administration";
import { withAdmin } from "../../../runtime/kafka/kafkajs-admin";
import { openAdministration } from "../../../runtime/kafka/kafkajs-administration";
import type { ClientOptions } from "../../../runtime/kafka/kafkajs-client";
import { TOPICS, type TopicDeclaration } from "../../../runtime/kafka/topics";
import { Keeper } from "../../../runtime/keeper/keeper";
import { createFolderSecret } from "../../../runtime/secrets/folder-secret";
import type { SecretStore } from "../../../runtime/secrets/secret-store";
import { type Logger, SILENT } from "../../../runtime/support/logging";
import type { BrokerSecurity } from "../../../scripts/kafka/secure";

/** What a test needs of a secure broker. */
export interface SecureKafka {
  readonly dir: string;
  readonly brokers: string;
  readonly secure: BrokerSecurity;
}

export interface TestKeeperOptions {
  readonly log?: Logger;
  readonly topics?: readonly TopicDeclaration[];
  readonly days?: number;
  readonly settleMs?: number;
  /** Where its state lies; @default the broker's own */
  readonly folder?: string;
  /** Puts itself between the keeper and a secret. */
  readonly aroundSecret?: (secret: SecretStore, client: KafkaClient) => SecretStore;
  /** Puts itself between the keeper and Kafka. */
  readonly aroundKafka?: (kafka: KafkaAdministration) => KafkaAdministration;
  readonly stop?: AbortSignal;
}

/** A keeper of a test's broker; nothing settles after a crash, so that tests need not wait. */
export function testKeeper(kafka: SecureKafka, options: TestKeeperOptions = {}): Keeper {
  const { dir, secure } = kafka;
  const { aroundSecret = (secret) => secret, aroundKafka = (admin) => admin } = options;
  return new Keeper({
    identity: {
      folder: options.folder ?? `${dir}/keeper`,
      tlsFolder: `${dir}/tls`,
      hosts: ["127.0.0.1"],
      days: options.days ?? 90,
    },
    open: async (security) =>
      aroundKafka(
        await openAdministration({
          brokers: [secure.administrator.brokers],
          clientId: "test-keeper",
          log: SILENT,
          security,
        }),
      ),
    secretOf: (client) => aroundSecret(createFolderSecret(secure.credentials[client]), client),
    topics: options.topics ?? TOPICS,
    log: options.log ?? SILENT,
    stop: options.stop ?? new AbortController().signal,
    settleMs: options.settleMs ?? 0,
  });
}

export interface Credential {
  readonly username: string;
  readonly password: string;
  readonly ca: string;
}

/** What a program would read at its start. */
export async function latestCredential({ secure }: SecureKafka, client: KafkaClient): Promise<Credential> {
  const latest = await createFolderSecret(secure.credentials[client]).latest();
  if (latest === undefined) throw new Error(`${client} has no credential`);
  return JSON.parse(latest.value) as Credential;
}

export function clientOptions({ brokers }: SecureKafka, { username, password, ca }: Credential): ClientOptions {
  return {
    brokers: [brokers],
    clientId: `test-${username}`,
    log: SILENT,
    security: { ca, identity: { username, password } },
  };
}

/** Logs in and asks for something that every client may ask for. @throws RhythmicError broker_untrusted, ... */
export async function logIn(kafka: SecureKafka, credential: Credential): Promise<void> {
  await withAdmin(clientOptions(kafka, credential), "not logged in", (admin) => admin.fetchTopicOffsets("auth_events"));
}

/** Every program gets in with what it would read now. */
export async function everybodyLogsIn(kafka: SecureKafka): Promise<void> {
  for (const client of KAFKA_CLIENTS) await logIn(kafka, await latestCredential(kafka, client));
}

/** As the administrator. */
export async function asAdministrator<T>(
  { secure }: SecureKafka,
  work: (kafka: KafkaAdministration) => Promise<T>,
): Promise<T> {
  const { brokers, security } = secure.administrator;
  const kafka = await openAdministration({ brokers: [brokers], clientId: "test-administrator", log: SILENT, security });
  try {
    return await work(kafka);
  } finally {
    await kafka.close();
  }
}
