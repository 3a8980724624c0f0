import { checkApart, checkRecord } from "./checks/environment-checks";
import { refusal } from "./synthesis/synthesis-error";

/**
 * The environments: one typed record each, and the only source of sizes, retention and what names are made of.
 * Variables choose:
 *
 *   RHYTHMIC_ENV          a name below; default dev
 *   RHYTHMIC_PROJECT      a Google Cloud project; without it everything is declared for an example project that nobody
 *                         can deploy to
 *   RHYTHMIC_STATE        cloud (default: the bucket that `npm run bootstrap` makes) or local (files here, to try out)
 *   RHYTHMIC_ALERT_EMAIL  who is told when an alert fires; without it alerts show in the console only
 */

export const ENVIRONMENT_NAMES = ["dev", "prod"] as const;
export type EnvironmentName = (typeof ENVIRONMENT_NAMES)[number];

/** What a synth without RHYTHMIC_PROJECT declares everything for. */
export const EXAMPLE_PROJECT = "rhythmic-example";

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
  /** Are stores and disks encrypted with keys of our own, which can be rotated and withdrawn? */
  readonly customerManagedKeys: boolean;
  /** How often a key of our own gets a new version, days. */
  readonly keyRotationDays: number;
  /** A way out to the internet through Cloud NAT; nothing of the platform needs one. */
  readonly nat: boolean;
  /** Addresses of the one subnet, CIDR. */
  readonly subnetRange: string;
  /** Kafka's address in the subnet; kept when the machine is replaced. */
  readonly kafkaAddress: string;
  readonly kafka: MachineSize & { readonly dataDiskGb: number };
  readonly generator: MachineSize & { /** Records a second at most. */ readonly eventsPerSecondMax: number };
  readonly processor: MachineSize & { readonly count: number };
  readonly loader: MachineSize;
  /**
   * Longest time between two commits of a processor, seconds. Each makes new files and has the loader replace the hours
   * that it touched: a short one is a little fresher, and much dearer (docs/gcp_optimization.md).
   */
  readonly commitIntervalSeconds: number;
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
  /** How long the logs of who read and wrote the lake are kept, days. */
  readonly accessLogsKeptDays: number;
  /** Where the alerts begin. */
  readonly alerts: {
    /** Longest time without a commit to the lake while records wait, minutes. */
    readonly commitAgeMaxMinutes: number;
    /** Most records that may wait in Kafka. */
    readonly lagRecordsMax: number;
    /** Longest time since the warehouse was up to date with the lake, minutes. */
    readonly loadAgeMaxMinutes: number;
    /** How full Kafka's disk may be, percent. */
    readonly diskUsedMaxPercent: number;
  };
  /** What the budget warns about, US dollars a month. */
  readonly budgetUsdPerMonth: number;
  /** What the costs are reckoned with. */
  readonly expected: { readonly eventsPerDay: number };
}

export const STATE_PLACES = ["cloud", "local"] as const;

export interface Environment extends EnvironmentRecord {
  /** Id of the Google Cloud project. */
  readonly project: string;
  /** Where Terraform keeps its state: a bucket, or files beside cdktf.json. */
  readonly state: (typeof STATE_PLACES)[number];
  /** Who is told when an alert fires; nobody where it is `undefined`. */
  readonly alertEmail: string | undefined;
}

const RECORDS: Readonly<Record<EnvironmentName, EnvironmentRecord>> = {
  // Small and cheap; everything in it can be made again.
  dev: {
    name: "dev",
    region: "us-central1",
    zone: "us-central1-a",
    mayBeDestroyed: true,
    customerManagedKeys: false,
    keyRotationDays: 90,
    nat: false,
    subnetRange: "10.20.0.0/24",
    kafkaAddress: "10.20.0.10",
    kafka: { type: "e2-medium", bootDiskGb: 10, dataDiskGb: 50 },
    generator: { type: "e2-small", bootDiskGb: 10, eventsPerSecondMax: 50 },
    processor: { type: "e2-small", bootDiskGb: 10, count: 1 },
    loader: { type: "e2-small", bootDiskGb: 10 },
    commitIntervalSeconds: 300,
    eventAgeMaxDays: 30,
    stagingRetentionDays: 60,
    softDeleteDays: 7,
    coldAfterDays: 90,
    snapshotRetentionDays: 7,
    accessLogsKeptDays: 30,
    alerts: { commitAgeMaxMinutes: 20, lagRecordsMax: 500_000, loadAgeMaxMinutes: 60, diskUsedMaxPercent: 80 },
    budgetUsdPerMonth: 150,
    expected: { eventsPerDay: 1_000_000 },
  },
  prod: {
    name: "prod",
    region: "us-central1",
    zone: "us-central1-a",
    mayBeDestroyed: false,
    customerManagedKeys: true,
    keyRotationDays: 90,
    nat: false,
    subnetRange: "10.30.0.0/24",
    kafkaAddress: "10.30.0.10",
    kafka: { type: "e2-standard-4", bootDiskGb: 20, dataDiskGb: 500 },
    generator: { type: "e2-medium", bootDiskGb: 10, eventsPerSecondMax: 1_000 },
    processor: { type: "e2-standard-2", bootDiskGb: 10, count: 3 },
    loader: { type: "e2-standard-2", bootDiskGb: 10 },
    commitIntervalSeconds: 300,
    eventAgeMaxDays: 90,
    stagingRetentionDays: 400,
    softDeleteDays: 30,
    coldAfterDays: 90,
    snapshotRetentionDays: 14,
    accessLogsKeptDays: 400,
    alerts: { commitAgeMaxMinutes: 15, lagRecordsMax: 5_000_000, loadAgeMaxMinutes: 30, diskUsedMaxPercent: 70 },
    budgetUsdPerMonth: 800,
    expected: { eventsPerDay: 20_000_000 },
  },
};

/** cloud.google.com/resource-manager/docs/creating-managing-projects: 6 to 30, a letter first, no hyphen last. */
const PROJECT_ID = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/**
 * The environment that RHYTHMIC_ENV and RHYTHMIC_PROJECT select.
 * @throws SynthesisError for what is unknown, malformed, or at odds with the rest
 */
export function selectEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
  records: Readonly<Record<EnvironmentName, EnvironmentRecord>> = RECORDS,
): Environment {
  const name = variables.RHYTHMIC_ENV || "dev";
  const known = ENVIRONMENT_NAMES.find((candidate) => candidate === name);
  if (known === undefined) throw refusal("RHYTHMIC_ENV", name, ENVIRONMENT_NAMES.join(" or "));
  const project = variables.RHYTHMIC_PROJECT || EXAMPLE_PROJECT;
  if (!PROJECT_ID.test(project)) {
    throw refusal(
      "RHYTHMIC_PROJECT",
      project,
      "6 to 30 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    );
  }
  const place = variables.RHYTHMIC_STATE || (project === EXAMPLE_PROJECT ? "local" : "cloud");
  const state = STATE_PLACES.find((candidate) => candidate === place);
  if (state === undefined) throw refusal("RHYTHMIC_STATE", place, STATE_PLACES.join(" or "));
  const alertEmail = variables.RHYTHMIC_ALERT_EMAIL || undefined;
  if (alertEmail !== undefined && !EMAIL.test(alertEmail)) {
    throw refusal("RHYTHMIC_ALERT_EMAIL", alertEmail, "an email address such as oncall@example.com");
  }
  checkApart(records);
  // Of those that are not selected too: a mistake must not wait for the day on which prod is deployed.
  for (const record of Object.values(records)) checkRecord(record);
  return { ...records[known], project, state, alertEmail };
}

/** What a person must know about the selected environment; `undefined` where there is nothing to say. */
export function noticeOf(environment: Environment): string | undefined {
  if (!isExample(environment)) return undefined;
  const place = environment.state === "local" ? " with local state" : "";
  return (
    `RHYTHMIC_PROJECT is not set: synthesizing ${environment.name} for the example project ${EXAMPLE_PROJECT}${place}; ` +
    "set it to the id of your Google Cloud project to deploy."
  );
}

export function isExample(environment: Environment): boolean {
  return environment.project === EXAMPLE_PROJECT;
}
