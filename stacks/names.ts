import type { Environment } from "./environments";
import { refusal } from "./synthesis-error";

/** The names of everything, made from an environment: stacks name each other's resources by them, never by tokens. */

/** Every name of the platform begins with it. */
export const PREFIX = "rhythmic";

export const KAFKA_PORT = 9092;

/** `rhythmic-dev-<what>`: the name of anything that belongs to the project. */
export function nameOf(environment: Environment, what: string): string {
  return `${PREFIX}-${environment.name}-${what}`;
}

/** Bucket names are global, so they begin with the project's id. At most 63 characters. */
export function bucketNameOf(environment: Environment, what: string): string {
  const name = `${environment.project}-${nameOf(environment, what)}`;
  if (name.length > 63) throw refusal("The name of a bucket", name, "at most 63 characters");
  return name;
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

/** The id of a service account, 6 to 30 characters. */
export function accountIdOf(environment: Environment, program: string): string {
  const id = nameOf(environment, program);
  if (id.length > 30) throw refusal("The id of a service account", id, "6 to 30 characters");
  return id;
}

export function accountEmailOf(environment: Environment, program: string): string {
  return `${accountIdOf(environment, program)}@${environment.project}.iam.gserviceaccount.com`;
}

/** The zone of names inside the network, with DNS's final dot. */
export function internalZoneOf(environment: Environment): string {
  return `${PREFIX}-${environment.name}.internal.`;
}

/** Kafka's name and port inside the network. */
export function kafkaBrokerOf(environment: Environment): string {
  return `kafka.${internalZoneOf(environment).slice(0, -1)}:${KAFKA_PORT}`;
}
