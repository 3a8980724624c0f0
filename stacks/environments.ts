import { refusal } from "./synthesis-error";

/**
 * The environments: one typed record each, and the only source of names, sizes and retention. Two variables choose:
 * RHYTHMIC_ENV (a name below; default dev) and RHYTHMIC_PROJECT (a Google Cloud project; without it the platform is
 * synthesized for an example project that nobody can deploy to).
 */

export const ENVIRONMENT_NAMES = ["dev", "prod"] as const;
export type EnvironmentName = (typeof ENVIRONMENT_NAMES)[number];

/** Every name of the platform begins with it. */
export const PREFIX = "rhythmic";

/** What a synth without RHYTHMIC_PROJECT declares everything for. */
export const EXAMPLE_PROJECT = "rhythmic-example";

export const KAFKA_PORT = 9092;

export interface MachineSize {
  /** Compute Engine's name, such as e2-small. */
  readonly type: string;
  readonly bootDiskGb: number;
}

/** What distinguishes one environment from another. */
export interface EnvironmentRecord {
  readonly name: EnvironmentName;
  readonly region: string;
  /** The zone of every machine; in the region. */
  readonly zone: string;
  /** May a `destroy` take the data with it? */
  readonly mayBeDestroyed: boolean;
  /** Addresses of the one subnet, CIDR. */
  readonly subnetRange: string;
  /** Kafka's address in the subnet; kept when the machine is replaced. */
  readonly kafkaAddress: string;
  readonly kafka: MachineSize & { readonly dataDiskGb: number };
  readonly generator: MachineSize & { /** Records a second at most. */ readonly eventsPerSecondMax: number };
  readonly processor: MachineSize & { readonly count: number };
  readonly loader: MachineSize;
  /** How far an event's time may lie before its Kafka timestamp, days; older events are dead letters. */
  readonly eventAgeMaxDays: number;
  /** After how many days the staging tables drop an hour; never shorter than what is accepted as late. */
  readonly stagingRetentionDays: number;
  /** How long Cloud Storage keeps what was deleted, days. */
  readonly softDeleteDays: number;
  /** When the lake's data files move to cheaper storage, days after they were written. */
  readonly coldAfterDays: number;
  /** How long the snapshots of Kafka's disk are kept, days. */
  readonly snapshotRetentionDays: number;
}

export interface Environment extends EnvironmentRecord {
  /** Id of the Google Cloud project. */
  readonly project: string;
}

const RECORDS: Readonly<Record<EnvironmentName, EnvironmentRecord>> = {
  // Small and cheap; everything in it can be made again.
  dev: {
    name: "dev",
    region: "us-central1",
    zone: "us-central1-a",
    mayBeDestroyed: true,
    subnetRange: "10.20.0.0/24",
    kafkaAddress: "10.20.0.10",
    kafka: { type: "e2-medium", bootDiskGb: 10, dataDiskGb: 50 },
    generator: { type: "e2-small", bootDiskGb: 10, eventsPerSecondMax: 50 },
    processor: { type: "e2-small", bootDiskGb: 10, count: 1 },
    loader: { type: "e2-small", bootDiskGb: 10 },
    eventAgeMaxDays: 30,
    stagingRetentionDays: 60,
    softDeleteDays: 7,
    coldAfterDays: 90,
    snapshotRetentionDays: 7,
  },
  prod: {
    name: "prod",
    region: "us-central1",
    zone: "us-central1-a",
    mayBeDestroyed: false,
    subnetRange: "10.30.0.0/24",
    kafkaAddress: "10.30.0.10",
    kafka: { type: "n2-standard-4", bootDiskGb: 20, dataDiskGb: 500 },
    generator: { type: "e2-medium", bootDiskGb: 10, eventsPerSecondMax: 1_000 },
    processor: { type: "e2-standard-2", bootDiskGb: 10, count: 3 },
    loader: { type: "e2-standard-2", bootDiskGb: 10 },
    eventAgeMaxDays: 90,
    stagingRetentionDays: 400,
    softDeleteDays: 30,
    coldAfterDays: 90,
    snapshotRetentionDays: 14,
  },
};

/**
 * The environment that RHYTHMIC_ENV and RHYTHMIC_PROJECT select.
 * @throws SynthesisError for an unknown environment or a malformed project id
 */
export function selectEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const name = variables.RHYTHMIC_ENV || "dev";
  const known = ENVIRONMENT_NAMES.find((candidate) => candidate === name);
  if (known === undefined) throw refusal("RHYTHMIC_ENV", name, ENVIRONMENT_NAMES.join(" or "));
  return checkEnvironment({ ...RECORDS[known], project: variables.RHYTHMIC_PROJECT || EXAMPLE_PROJECT });
}

/** What a person must know about the selected environment; `undefined` where there is nothing to say. */
export function noticeOf(environment: Environment): string | undefined {
  if (!isExample(environment)) return undefined;
  return (
    `RHYTHMIC_PROJECT is not set: synthesizing ${environment.name} for the example project ${EXAMPLE_PROJECT} ` +
    "with local state; set it to the id of your Google Cloud project to deploy."
  );
}

export function isExample(environment: Environment): boolean {
  return environment.project === EXAMPLE_PROJECT;
}

/** cloud.google.com/resource-manager/docs/creating-managing-projects: 6 to 30, a letter first, no hyphen last. */
const PROJECT_ID = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
/** cloud.google.com/compute/docs/regions-zones: a continent, a place, a number. */
const REGION = /^[a-z]+-[a-z]+[0-9]+$/;
/** A BigQuery table holds 10,000 partitions (cloud.google.com/bigquery/quotas); ours are hours. */
const HOURLY_PARTITIONS_MAX = 10_000;

/**
 * Refuses what the provider would find at the earliest when it is applied.
 * @returns the same environment
 * @throws SynthesisError
 */
export function checkEnvironment(environment: Environment): Environment {
  const { name, project, region, zone, subnetRange, kafkaAddress, eventAgeMaxDays, stagingRetentionDays } = environment;
  if (!PROJECT_ID.test(project)) {
    throw refusal(
      "RHYTHMIC_PROJECT",
      project,
      "6 to 30 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    );
  }
  if (!REGION.test(region)) throw refusal(`The region of ${name}`, region, "a region such as us-central1");
  if (!new RegExp(`^${region}-[a-z]$`).test(zone)) {
    throw refusal(`The zone of ${name}`, zone, `a zone of the region ${region}, such as ${region}-a`);
  }
  const range = addressesOf(subnetRange);
  if (range === undefined) {
    throw refusal(`The subnet of ${name}`, subnetRange, "an IPv4 range such as 10.20.0.0/24, host bits 0");
  }
  const address = parseAddress(kafkaAddress);
  // Google keeps the first two and the last two addresses of a subnet for itself.
  if (address === undefined || address < range.first + 2 || address > range.last - 2) {
    throw refusal(`Kafka's address in ${name}`, kafkaAddress, `an address inside ${subnetRange}`);
  }
  const stagingDaysMax = Math.floor(HOURLY_PARTITIONS_MAX / 24);
  if (stagingRetentionDays < eventAgeMaxDays || stagingRetentionDays > stagingDaysMax) {
    throw refusal(
      `The retention of the staging tables of ${name}, days,`,
      stagingRetentionDays,
      `${eventAgeMaxDays} (what is still accepted as late) to ${stagingDaysMax} (BigQuery's partitions of an hour)`,
    );
  }
  return environment;
}

function parseAddress(text: string): number | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function addressesOf(cidr: string): { readonly first: number; readonly last: number } | undefined {
  const [base = "", bits = ""] = cidr.split("/");
  const first = parseAddress(base);
  // A subnet of Google Cloud has at least 8 addresses, and at most a class A network's.
  if (first === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) < 8 || Number(bits) > 29) return undefined;
  const size = 2 ** (32 - Number(bits));
  return first % size === 0 ? { first, last: first + size - 1 } : undefined;
}

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
