import type { KafkaClient } from "../runtime/kafka/access";
import type { Environment } from "./environment-record";

/**
 * The names of everything, made from an environment: stacks name each other's resources by them, never by tokens.
 * What Google Cloud allows is checked on what is synthesized (resource-rules.ts), with the construct's path.
 */

/** Every name of the platform begins with it. */
export const PREFIX = "rhythmic";

export const KAFKA_PORT = 9092;
/** Of the listener by which the keeper administers Kafka, on its own machine. */
export const KAFKA_ADMIN_PORT = 9094;

/** Where every program on a machine of its own answers /healthz, /readyz and /metrics, at the machine's own address. */
export const STATUS_PORT = 8080;

/** `rhythmic-dev-<what>`: the name of anything that belongs to the project. */
export function nameOf(environment: Environment, what: string): string {
  return `${PREFIX}-${environment.name}-${what}`;
}

/** `rhythmic-dev`: what the programs of an environment call the deployment that they belong to. */
export function deploymentOf(environment: Environment): string {
  return `${PREFIX}-${environment.name}`;
}

/** By which everything of an environment is found, also on the bill. */
export function labelsOf(environment: Environment): Readonly<Record<string, string>> {
  return { platform: PREFIX, environment: environment.name };
}

/** Bucket names are global, so they begin with the project's id. */
export function bucketNameOf(environment: Environment, what: string): string {
  return `${environment.project}-${nameOf(environment, what)}`;
}

/** The bucket with the state of every environment of the project. */
export function stateBucketOf(environment: Environment): string {
  return `${environment.project}-${PREFIX}-state`;
}

/** BigQuery allows no hyphens: `rhythmic_dev`, before the names of its datasets. */
export function datasetPrefixOf(environment: Environment): string {
  return `${PREFIX}_${environment.name}`;
}

export function datasetOf(environment: Environment, schema: string): string {
  return `${datasetPrefixOf(environment)}_${schema}`;
}

/** The connection through which BigQuery reads the lake. */
export function connectionIdOf(environment: Environment): string {
  return nameOf(environment, "lake");
}

/** The role that lets an account make tables over a connection; ids of roles have no hyphens. */
export function delegateRoleIdOf(environment: Environment): string {
  return `${datasetPrefixOf(environment)}_delegate_connection`;
}

/** The id of a service account. */
export function accountIdOf(environment: Environment, program: string): string {
  return nameOf(environment, program);
}

export function accountEmailOf(environment: Environment, program: string): string {
  return `${accountIdOf(environment, program)}@${environment.project}.iam.gserviceaccount.com`;
}

/** What has a key of its own, where the environment has keys of its own: withdrawing one closes that store alone. */
export const KEY_PURPOSES = ["lake", "artifacts", "warehouse", "disks", "secrets"] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** The ring with the keys of an environment. */
export function keyRingOf(environment: Environment): string {
  return nameOf(environment, "keys");
}

/**
 * The full name of a key, as every resource takes it: projects/P/locations/R/keyRings/K/cryptoKeys/<what>.
 * @returns `undefined` where the environment has no keys of its own, so that Google's keys encrypt
 */
export function keyNameOf(environment: Environment, what: KeyPurpose): string | undefined {
  if (!environment.customerManagedKeys) return undefined;
  const { project, region } = environment;
  return `projects/${project}/locations/${region}/keyRings/${keyRingOf(environment)}/cryptoKeys/${what}`;
}

/** The zone of names inside the network, with DNS's final dot. */
export function internalZoneOf(environment: Environment): string {
  return `${PREFIX}-${environment.name}.internal.`;
}

/** Kafka's name and port inside the network. */
export function kafkaBrokerOf(environment: Environment): string {
  return `kafka.${internalZoneOf(environment).slice(0, -1)}:${KAFKA_PORT}`;
}

/** The id of the secret in which a program finds its user in Kafka. */
export function secretIdOf(environment: Environment, client: KafkaClient): string {
  return nameOf(environment, `kafka-${client}`);
}

/**
 * The full name of a secret, as programs take it: projects/P/secrets/S.
 * @param client without one: what the names of all of them begin with, as the keeper takes it
 */
export function secretNameOf(environment: Environment, client: KafkaClient | ""): string {
  return `projects/${environment.project}/secrets/${nameOf(environment, `kafka-${client}`)}`;
}
