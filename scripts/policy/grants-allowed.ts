import type { Environment } from "../../stacks/environments";

/**
 * The closed list of grants: whoever adds one to a stack adds it here too, and a reviewer sees both. A line reads
 * `<program> <role> on <what> under <prefix of objects>`.
 */

const VIEW = "roles/storage.objectViewer";

/** Roles whose permissions Google Cloud checks on a project, never on a resource in it. */
export const GRANTED_ON_PROJECTS_ONLY: readonly string[] = [
  // logging.logEntries.create (cloud.google.com/logging/docs/access-control)
  "roles/logging.logWriter",
  // bigquery.jobs.create (cloud.google.com/bigquery/docs/access-control)
  "roles/bigquery.jobUser",
];

/** What every machine may do. */
function machineGrants(program: string): string[] {
  return [
    `${program} roles/logging.logWriter on project`,
    `${program} roles/artifactregistry.reader on repository images`,
  ];
}

export function allowedGrants(_environment: Environment): string[] {
  return [
    ...["kafka", "generator", "processor", "loader"].flatMap(machineGrants),
    ...["generator", "processor", "loader"].map(
      (program) => `${program} ${VIEW} on bucket artifacts under bundles/${program}/`,
    ),
    "processor roles/storage.objectUser on bucket lake",
    `loader ${VIEW} on bucket lake`,
    "loader roles/storage.objectCreator on bucket lake under loads/",
    ...["staging", "marts", "control"].map((schema) => `loader roles/bigquery.dataEditor on dataset ${schema}`),
    "loader roles/bigquery.jobUser on project",
  ];
}
