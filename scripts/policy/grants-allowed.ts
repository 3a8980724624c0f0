import { KAFKA_CLIENTS } from "../../runtime/kafka/access";
import type { Environment } from "../../stacks/environment-record";

/**
 * The closed list of grants: whoever adds one to a stack adds it here too, and a reviewer sees both. A line reads
 * `<account> <role> on <what> under <prefixes of objects>`, as grants.ts says it.
 */

const VIEW = "roles/storage.objectViewer";
const ADD_VERSIONS = "roles/secretmanager.secretVersionManager";
const READ_SECRET = "roles/secretmanager.secretAccessor";
const USE_KEY = "roles/cloudkms.cryptoKeyEncrypterDecrypter";

/** Roles whose permissions Google Cloud checks on a project, never on a resource in it. */
export const GRANTED_ON_PROJECTS_ONLY: readonly string[] = [
  // logging.logEntries.create (docs.cloud.google.com/logging/docs/access-control)
  "roles/logging.logWriter",
  // monitoring.timeSeries.create (docs.cloud.google.com/monitoring/access-control)
  "roles/monitoring.metricWriter",
  // bigquery.jobs.create (docs.cloud.google.com/bigquery/docs/access-control)
  "roles/bigquery.jobUser",
];

/** What roles of our own hold, by the last part of their ids. */
export const OWN_ROLES: Readonly<Record<string, readonly string[]>> = {
  delegate_connection: ["bigquery.connections.delegate"],
};

const EVERY_MACHINE = [
  "roles/logging.logWriter on project",
  "roles/monitoring.metricWriter on project",
  "roles/artifactregistry.reader on repository images",
];

/** By account. */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  kafka: [
    ...EVERY_MACHINE,
    `${VIEW} on bucket artifacts under bundles/keeper/`,
    ...KAFKA_CLIENTS.map((client) => `${ADD_VERSIONS} on secret kafka-${client}`),
  ],
  generator: [
    ...EVERY_MACHINE,
    `${VIEW} on bucket artifacts under bundles/generator/`,
    `${READ_SECRET} on secret kafka-generator`,
  ],
  processor: [
    ...EVERY_MACHINE,
    `${VIEW} on bucket artifacts under bundles/processor/`,
    `${READ_SECRET} on secret kafka-processor`,
    "roles/storage.objectUser on bucket lake under events/ and dead_letters/ and listing",
  ],
  loader: [
    ...EVERY_MACHINE,
    `${VIEW} on bucket artifacts under bundles/loader/`,
    `${VIEW} on bucket lake`,
    "roles/storage.legacyBucketReader on bucket lake",
    "roles/storage.objectCreator on bucket lake under loads/",
    ...["staging", "marts", "control", "lake"].map((schema) => `roles/bigquery.dataEditor on dataset ${schema}`),
    "our delegate_connection on connection lake",
    "roles/bigquery.jobUser on project",
  ],
  "lake-connection": [`${VIEW} on bucket lake`, "roles/storage.legacyBucketReader on bucket lake"],
  "storage-logs": ["roles/storage.objectCreator on bucket logs"],
};

/** Who encrypts with our own keys, where the environment has them. */
const KEY_GRANTS: Readonly<Record<string, readonly string[]>> = {
  "storage-agent": [`${USE_KEY} on key lake`, `${USE_KEY} on key artifacts`],
  "bigquery-agent": [`${USE_KEY} on key warehouse`],
  "compute-agent": [`${USE_KEY} on key disks`],
  "secrets-agent": [`${USE_KEY} on key secrets`],
};

export function allowedGrants({ customerManagedKeys }: Environment): string[] {
  const grants = customerManagedKeys ? { ...GRANTS, ...KEY_GRANTS } : GRANTS;
  return Object.entries(grants).flatMap(([account, rights]) => rights.map((right) => `${account} ${right}`));
}
