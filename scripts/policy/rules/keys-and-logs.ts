import type { Environment } from "../../../stacks/environment-record";
import { bucketNameOf, KEY_PURPOSES, keyNameOf } from "../../../stacks/names";
import type { SynthesizedPlatform, SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import { blocks, findingAt, forEach, missing, mustBe, mustEqualSet, type Rule } from "../rule";

/** Keys of our own encrypt what holds data, and logs say who read and wrote it. */

const BUCKET = "google_storage_bucket";
const KEY = "google_kms_crypto_key";
const SECONDS_PER_DAY = 86_400;
/** Services with data of ours, whose reads are not written down unless somebody asks for it. */
const AUDITED = ["storage.googleapis.com", "bigquery.googleapis.com", "secretmanager.googleapis.com"];
const AUDITED_READS = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"];

const hasKeys = ({ customerManagedKeys }: Environment) => customerManagedKeys;
const isKept = ({ mayBeDestroyed }: Environment) => !mayBeDestroyed;

function nameOfBucket(what: string, environment: Environment): string {
  return bucketNameOf(environment, what);
}

/** The buckets with data: all but the one with the logs, which must take logs also when a key is withdrawn. */
function isLogs(bucket: SynthesizedResource, environment: Environment): boolean {
  return bucket.attributes.name === nameOfBucket("logs", environment);
}

function keyOfBucket({ attributes }: SynthesizedResource, environment: Environment): string | undefined {
  const what = attributes.name === nameOfBucket("artifacts", environment) ? "artifacts" : "lake";
  return keyNameOf(environment, what);
}

function auditProblems(platform: SynthesizedPlatform, service: string) {
  const found = platform
    .ofType("google_project_iam_audit_config")
    .filter(({ attributes }) => attributes.service === service || attributes.service === "allServices");
  if (found.length === 0) return [missing("foundation", `the audit log of ${service}`, AUDITED_READS.join(", "))];
  return found.flatMap((config) => {
    const logged = blocks(config.attributes.audit_log_config);
    const types = logged.map(({ log_type }) => String(log_type));
    const exempted = logged.some(({ exempted_members }) => exempted_members !== undefined);
    return !exempted && AUDITED_READS.every((type) => types.includes(type))
      ? []
      : [findingAt(config, logged, `${AUDITED_READS.join(", ")}, nobody exempted`)];
  });
}

export const KEYS_AND_LOGS: readonly Rule[] = [
  {
    name: "Each store has a key of its own, renewed by the calendar, that can't be destroyed by accident",
    why: "What was encrypted with a destroyed key is gone; what is encrypted with an old one stays readable to a thief.",
    source: "https://docs.cloud.google.com/kms/docs/key-rotation",
    appliesTo: hasKeys,
    check: (platform, { keyRotationDays }) => [
      ...mustEqualSet(
        platform.ofType(KEY).map((key) => [String(key.attributes.name), key] as const),
        KEY_PURPOSES,
        "a key",
      ),
      ...forEach(platform, KEY, (key) => [
        mustBe(key, "rotation_period", `${keyRotationDays * SECONDS_PER_DAY}s`),
        mustBe(key, "lifecycle.prevent_destroy", true),
      ]),
      ...forEach(platform, "google_kms_key_ring", (ring) => [mustBe(ring, "lifecycle.prevent_destroy", true)]),
    ],
  },
  {
    name: "Stores are encrypted with the key that was made for them",
    why: "Withdrawing a key must close its store, and no other.",
    source: "https://docs.cloud.google.com/storage/docs/encryption/customer-managed-keys",
    appliesTo: hasKeys,
    check: (platform, environment) => {
      const warehouse = keyNameOf(environment, "warehouse");
      return [
        ...forEach(platform, BUCKET, (bucket) =>
          isLogs(bucket, environment)
            ? []
            : [mustBe(bucket, "encryption.default_kms_key_name", keyOfBucket(bucket, environment))],
        ),
        ...forEach(platform, "google_bigquery_dataset", (dataset) => [
          mustBe(dataset, "default_encryption_configuration.kms_key_name", warehouse),
        ]),
        ...forEach(platform, "google_bigquery_table", (table) => [
          mustBe(table, "encryption_configuration.kms_key_name", warehouse),
        ]),
      ];
    },
  },
  {
    name: "Disks of machines are encrypted with the disks' own key",
    why: "Kafka's log and what programs write to their boot disks are data too.",
    source: "https://docs.cloud.google.com/compute/docs/disks/customer-managed-encryption",
    appliesTo: hasKeys,
    check: (platform, environment) => {
      const key = keyNameOf(environment, "disks");
      return [
        ...forEach(platform, "google_compute_disk", (disk) => [
          mustBe(disk, "disk_encryption_key.kms_key_self_link", key),
        ]),
        ...forEach(platform, "google_compute_instance_template", (template) => [
          mustBe(template, "disk.disk_encryption_key.kms_key_self_link", key),
        ]),
      ];
    },
  },
  {
    name: "Access to every bucket is written down in the bucket for logs",
    why: "Without it nobody can tell which objects a leaked token has read.",
    source: "https://docs.cloud.google.com/storage/docs/access-logs",
    check: (platform, environment) =>
      forEach(platform, BUCKET, (bucket) =>
        isLogs(bucket, environment) ? [] : [mustBe(bucket, "logging.log_bucket", nameOfBucket("logs", environment))],
      ),
  },
  {
    name: "Nobody can remove access logs before their time",
    why: "Whoever has read what they should not would remove the trace of it first.",
    source: "https://docs.cloud.google.com/storage/docs/bucket-lock",
    appliesTo: isKept,
    check: (platform, environment) =>
      forEach(platform, BUCKET, (bucket) =>
        isLogs(bucket, environment)
          ? [mustBe(bucket, "retention_policy.retention_period", environment.accessLogsKeptDays * SECONDS_PER_DAY)]
          : [],
      ),
  },
  {
    name: "The audit log says who read and wrote the stores",
    why: "Google Cloud writes down reads of data only where somebody asks for it.",
    source: "https://docs.cloud.google.com/logging/docs/audit/configure-data-access",
    check: (platform, { customerManagedKeys }) =>
      [...AUDITED, ...(customerManagedKeys ? ["cloudkms.googleapis.com"] : [])].flatMap((service) =>
        auditProblems(platform, service),
      ),
  },
];
