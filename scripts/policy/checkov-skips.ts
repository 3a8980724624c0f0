import type { EnvironmentName } from "../../stacks/environment-record";

/** A check of Checkov that we don't follow somewhere, and why. */
export interface CheckovSkip {
  readonly check: string;
  /** `<stack> <type> <construct path>`, as narrow as possible. */
  readonly where: RegExp;
  /** @default every environment */
  readonly environment?: EnvironmentName;
  /** Why the resource is right as it is: a sentence. */
  readonly reason: string;
}

const NO_OWN_KEYS =
  "dev has no keys of its own: its data can be made again, and Google's keys encrypt it at rest all the same.";

/** All of them; one that matches nothing any more fails the policy. */
export const CHECKOV_SKIPS: readonly CheckovSkip[] = [
  {
    check: "CKV_GCP_78",
    where: /^lake google_storage_bucket lake\/bucket$/,
    reason:
      "The lake's files are written once and never overwritten; soft deletion brings back what was removed, while " +
      "versions would keep, and bill, every file that a vacuum has removed.",
  },
  { check: "CKV_GCP_37", where: /^kafka google_compute_disk kafka\/data$/, environment: "dev", reason: NO_OWN_KEYS },
  { check: "CKV_GCP_80", where: /^warehouse google_bigquery_table \w+$/, environment: "dev", reason: NO_OWN_KEYS },
  { check: "CKV_GCP_81", where: /^warehouse google_bigquery_dataset \w+$/, environment: "dev", reason: NO_OWN_KEYS },
  {
    check: "CKV_GCP_121",
    where: /^warehouse google_bigquery_table \w+$/,
    environment: "dev",
    reason: "dev may be destroyed whole, its tables too; prod's tables are protected.",
  },
  {
    check: "CKV_GCP_62",
    where: /^foundation google_storage_bucket logs\/bucket$/,
    reason:
      "A bucket that logs into itself never ends, and one that logs into another only moves the question; the audit " +
      "log of Cloud Storage says who reads the logs.",
  },
  {
    check: "CKV_GCP_78",
    where: /^foundation google_storage_bucket logs\/bucket$/,
    reason:
      "Cloud Storage writes each log once and never again; soft deletion brings back what was removed, and in prod a " +
      "retention policy lets nobody remove a log before its time.",
  },
  {
    check: "CKV_GCP_84",
    where: /^foundation google_artifact_registry_repository images$/,
    reason: "It holds copies of public images of Docker Hub, which everybody can read there: there is nothing to hide.",
  },
];
