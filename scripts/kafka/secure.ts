import { existsSync } from "node:fs";
import { join } from "node:path";
import { KAFKA_CLIENTS, type KafkaClient } from "../../runtime/kafka/access";
import { openAdministration } from "../../runtime/kafka/kafkajs-administration";
import type { TopicDeclaration } from "../../runtime/kafka/topics";
import { Keeper } from "../../runtime/keeper/keeper";
import { createFolderSecret } from "../../runtime/secrets/folder-secret";
import { RhythmicError } from "../../runtime/support/errors";
import { type Logger, SILENT } from "../../runtime/support/logging";
import { brokerFiles } from "./configuration";
import { type Administrator, identityOptions, type Launched } from "./launch";

/** What clients of a secure broker need. */
export interface BrokerSecurity {
  readonly administrator: Administrator;
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /** The folders of the programs' secrets, for KAFKA_CREDENTIALS. */
  readonly credentials: Readonly<Record<KafkaClient, string>>;
}

/** Has a secure broker been in this folder? */
export function isSecureFolder(dir: string): boolean {
  return existsSync(brokerFiles(dir).keeper);
}

export function credentialsFolders(dir: string): Readonly<Record<KafkaClient, string>> {
  const folders = KAFKA_CLIENTS.map((client) => [client, join(brokerFiles(dir).secrets, client)] as const);
  return Object.fromEntries(folders) as Record<KafkaClient, string>;
}

/** The keeper of a secure broker in a folder, as on Kafka's machine, but that secrets are folders beside it. */
export function keeperOf(
  dir: string,
  administrator: Administrator,
  topics: readonly TopicDeclaration[],
  log: Logger = SILENT,
): Keeper {
  const folders = credentialsFolders(dir);
  return new Keeper({
    identity: identityOptions(brokerFiles(dir)),
    open: (security) =>
      openAdministration({ brokers: [administrator.brokers], clientId: "rhythmic-keeper", log: SILENT, security }),
    secretOf: (client) => createFolderSecret(folders[client]),
    topics,
    log,
    stop: new AbortController().signal,
  });
}

/**
 * Makes topics, permissions, users and their secrets on a secure broker that has started.
 * @throws RhythmicError broker_refused, bad_configuration, secret_unusable
 */
export async function secureBroker(
  dir: string,
  broker: Launched,
  topics: readonly TopicDeclaration[],
): Promise<BrokerSecurity> {
  const { administrator } = broker;
  if (administrator === undefined) throw new RhythmicError("internal", "This broker was not started to be secure.");
  await keeperOf(dir, administrator, topics).look();
  return { administrator, ca: administrator.security.ca, credentials: credentialsFolders(dir) };
}
