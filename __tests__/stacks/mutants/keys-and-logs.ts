import type { Mutant } from "./mutant";

const BUCKET = "google_storage_bucket";
const KEY = "google_kms_crypto_key";
const AUDIT = "google_project_iam_audit_config";
const RENEWED = "Each store has a key of its own, renewed by the calendar, that can't be destroyed by accident";
const ENCRYPTED = "Stores are encrypted with the key that was made for them";
const AUDITED = "The audit log says who read and wrote the stores";

/** Mistakes that leave data under no key of ours, or its readers unknown. */
export const KEY_AND_LOG_MUTANTS: readonly Mutant[] = [
  {
    title: "a key without rotation",
    breaks: [RENEWED],
    seed: (draft) => draft.set(KEY, "keys/lake", "rotation_period", undefined),
  },
  {
    title: "a key that Terraform may destroy",
    breaks: [RENEWED],
    seed: (draft) => draft.set(KEY, "keys/warehouse", "lifecycle.prevent_destroy", false),
  },
  {
    title: "a key that has gone missing",
    breaks: [RENEWED],
    seed: (draft) => draft.remove(KEY, "keys/disks"),
  },
  {
    title: "a lake under Google's keys",
    breaks: [ENCRYPTED],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "encryption", undefined),
  },
  {
    title: "a dataset under the lake's key",
    breaks: [ENCRYPTED],
    seed: (draft) =>
      draft.replace(
        "google_bigquery_dataset",
        "marts",
        "default_encryption_configuration.kms_key_name",
        "cryptoKeys/warehouse",
        "cryptoKeys/lake",
      ),
  },
  {
    title: "a table under Google's keys",
    breaks: [ENCRYPTED],
    seed: (draft) => draft.set("google_bigquery_table", "listen_events", "encryption_configuration", undefined),
  },
  {
    title: "a data disk under Google's keys",
    breaks: ["Disks of machines are encrypted with the disks' own key"],
    seed: (draft) => draft.set("google_compute_disk", "kafka/data", "disk_encryption_key", undefined),
  },
  {
    title: "a boot disk under Google's keys",
    breaks: ["Disks of machines are encrypted with the disks' own key"],
    seed: (draft) =>
      draft.set("google_compute_instance_template", "loader/template", "disk.disk_encryption_key", undefined),
  },
  {
    title: "a lake whose readers nobody writes down",
    breaks: ["Access to every bucket is written down in the bucket for logs"],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "logging", undefined),
  },
  {
    title: "access logs that can be removed",
    breaks: ["Nobody can remove access logs before their time"],
    seed: (draft) => draft.set(BUCKET, "logs/bucket", "retention_policy", undefined),
  },
  {
    title: "access logs that are deleted after a day",
    breaks: [
      "No lifecycle rule deletes what is still named: nothing in the lake, only what was replaced or is an old log elsewhere",
    ],
    seed: (draft) =>
      (draft.one(BUCKET, "logs/bucket").lifecycle_rule as object[]).push({
        action: { type: "Delete" },
        condition: { age: 1 },
      }),
  },
  {
    title: "no audit log of the lake",
    breaks: [AUDITED],
    seed: (draft) => draft.remove(AUDIT, "audit-storage"),
  },
  {
    title: "an audit log that leaves out who reads",
    breaks: [AUDITED],
    seed: (draft) => draft.set(AUDIT, "audit-bigquery", "audit_log_config", [{ log_type: "ADMIN_READ" }]),
  },
  {
    title: "somebody whom the audit log does not see",
    breaks: [AUDITED],
    seed: (draft) => draft.set(AUDIT, "audit-storage", "audit_log_config.exempted_members", ["user:boss@example.com"]),
  },
];
