import { checkApart, checkRecord } from "./checks/environment-checks";
import {
  ENVIRONMENT_NAMES,
  type Environment,
  type EnvironmentName,
  type EnvironmentRecord,
  STATE_PLACES,
} from "./environment-record";
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

/** What a synth without RHYTHMIC_PROJECT declares everything for. */
export const EXAMPLE_PROJECT = "rhythmic-example";

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
