import type { Environment } from "../../../stacks/environment-record";
import { bucketNameOf } from "../../../stacks/names";
import type { Attributes, SynthesizedPlatform, SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import {
  block,
  blocks,
  type Finding,
  findingAt,
  forEach,
  missing,
  mustBe,
  mustHold,
  type Rule,
  shown,
  texts,
  valueAt,
} from "../rule";

/** Data can't be read by strangers, nor lost by a mistake. */

const SECONDS_PER_DAY = 86_400;
/** Cloud Storage keeps what was deleted for 7 to 90 days, or not at all. */
const SOFT_DELETE_DAYS_MIN = 7;
/** An upload that takes longer than this is none. */
const STALE_UPLOAD_DAYS_MAX = 30;
const ARTIFACTS = "artifacts";
const LAKE = "lake";
const LOGS = "logs";

/** What guards a store against destruction, by type: the attribute, and its value where nothing may be destroyed. */
const PROTECTIONS: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  google_storage_bucket: { "lifecycle.prevent_destroy": true, force_destroy: false },
  google_bigquery_dataset: { "lifecycle.prevent_destroy": true, delete_contents_on_destroy: false },
  google_bigquery_table: { deletion_protection: true },
  google_bigquery_connection: { "lifecycle.prevent_destroy": true },
  google_compute_disk: { "lifecycle.prevent_destroy": true, create_snapshot_before_destroy: true },
  google_compute_address: { "lifecycle.prevent_destroy": true },
  google_secret_manager_secret: { "lifecycle.prevent_destroy": true },
};

function lifecycleRules(bucket: SynthesizedResource, type: string): readonly Attributes[] {
  return blocks(bucket.attributes.lifecycle_rule).filter((rule) => valueAt(rule, "action.type") === type);
}

function isNamed(bucket: SynthesizedResource, environment: Environment, what: string): boolean {
  return bucket.attributes.name === bucketNameOf(environment, what);
}

function protectionFindings(platform: SynthesizedPlatform, guarded: boolean): Finding[] {
  return Object.entries(PROTECTIONS).flatMap(([type, attributes]) =>
    forEach(platform, type, (store) =>
      Object.entries(attributes).map(([path, value]) => mustBe(store, path, guarded ? value : !value)),
    ),
  );
}

/** What a lifecycle rule of the bucket may delete, and what it does. */
function deletionProblems(bucket: SynthesizedResource, environment: Environment): Finding[] {
  const holdsTables = isNamed(bucket, environment, LAKE);
  return lifecycleRules(bucket, "Delete")
    .filter((rule) => holdsTables || !deletesOnlyWhatIsOver(bucket, rule, environment))
    .map((rule) =>
      findingAt(
        bucket,
        `deletes under the condition ${shown(rule.condition)}`,
        holdsTables ? "no deletion: retention is a commit, then a vacuum" : "what was replaced or removed, or old logs",
      ),
    );
}

function deletesOnlyWhatIsOver(bucket: SynthesizedResource, rule: Attributes, environment: Environment): boolean {
  const replaced = valueAt(rule, "condition.with_state") === "ARCHIVED";
  const age = valueAt(rule, "condition.age");
  const oldLogs =
    isNamed(bucket, environment, LOGS) && typeof age === "number" && age >= environment.accessLogsKeptDays;
  return replaced || oldLogs;
}

/** Changes of the storage class: data files of old days only, since the log is read at every start. */
function storageClassProblems(bucket: SynthesizedResource, { coldAfterDays }: Environment): Finding[] {
  return lifecycleRules(bucket, "SetStorageClass")
    .filter(
      (rule) =>
        texts(block(rule.condition)?.matches_suffix).join() !== ".parquet" ||
        Number(valueAt(rule, "condition.age")) < coldAfterDays,
    )
    .map((rule) => findingAt(bucket, shown(rule), `files ending in .parquet, after ${coldAfterDays} days`));
}

export const DATA_PROTECTION: readonly Rule[] = [
  {
    name: "No bucket can be made public, whatever is granted",
    why: "One wrong grant, or one access list of a single object, would publish what listeners did.",
    source: "https://docs.cloud.google.com/storage/docs/public-access-prevention",
    check: (platform) =>
      forEach(platform, "google_storage_bucket", (bucket) => [
        mustBe(bucket, "public_access_prevention", "enforced"),
        mustBe(bucket, "uniform_bucket_level_access", true),
      ]),
  },
  {
    name: "What is deleted from a bucket can be brought back for a while",
    why: "A mistake is noticed days later.",
    source: "https://docs.cloud.google.com/storage/docs/soft-delete",
    check: (platform, environment) =>
      forEach(platform, "google_storage_bucket", (bucket) => {
        const days = isNamed(bucket, environment, LAKE) ? environment.softDeleteDays : SOFT_DELETE_DAYS_MIN;
        return [
          mustHold(
            bucket,
            "soft_delete_policy.retention_duration_seconds",
            (seconds) => typeof seconds === "number" && seconds >= days * SECONDS_PER_DAY,
            `at least ${days} days, in seconds`,
          ),
        ];
      }),
  },
  {
    name: "Stores and what they hold can't be destroyed by accident",
    why: "A renamed construct or a hasty destroy would take the data with it.",
    appliesTo: ({ mayBeDestroyed }) => !mayBeDestroyed,
    check: (platform) => protectionFindings(platform, true),
  },
  {
    name: "An environment that may be destroyed can be destroyed in one go",
    why: "An environment for trying out that can't be removed goes on costing money.",
    appliesTo: ({ mayBeDestroyed }) => mayBeDestroyed,
    check: (platform) => protectionFindings(platform, false),
  },
  {
    name: "No lifecycle rule deletes what is still named: nothing in the lake, only what was replaced or is an old log elsewhere",
    why: "A table's log goes on naming a data file that a rule has deleted, and every reader fails.",
    check: (platform, environment) =>
      forEach(platform, "google_storage_bucket", (bucket) => deletionProblems(bucket, environment)),
  },
  {
    name: "Only old data files move to colder storage",
    why: "A table's log is read at every start, and reading cold objects is billed.",
    check: (platform, environment) =>
      forEach(platform, "google_storage_bucket", (bucket) => storageClassProblems(bucket, environment)),
  },
  {
    name: "Uploads that nobody finishes are given up",
    why: "Their parts are stored and billed, and no listing shows them.",
    check: (platform) =>
      forEach(platform, "google_storage_bucket", (bucket) => [
        lifecycleRules(bucket, "AbortIncompleteMultipartUpload").some(
          (rule) => Number(valueAt(rule, "condition.age")) <= STALE_UPLOAD_DAYS_MAX,
        )
          ? undefined
          : findingAt(
              bucket,
              bucket.attributes.lifecycle_rule,
              `AbortIncompleteMultipartUpload after at most ${STALE_UPLOAD_DAYS_MAX} days`,
            ),
      ]),
  },
  {
    name: "An artifact that somebody replaces or removes stays as an earlier version",
    why: "Rolling back is deploying an older commit, whose bundle must still be there.",
    check: (platform, environment) => {
      const artifacts = platform
        .ofType("google_storage_bucket")
        .filter((bucket) => isNamed(bucket, environment, ARTIFACTS));
      if (artifacts.length !== 1) return [missing("foundation", "a bucket", bucketNameOf(environment, ARTIFACTS))];
      return artifacts
        .map((bucket) => mustBe(bucket, "versioning.enabled", true))
        .filter((finding) => finding !== undefined);
    },
  },
  {
    name: "A bundle stays when another takes its place, and the new one is there before",
    why: "Machines of the older template would fetch an object that is gone.",
    check: (platform) =>
      forEach(platform, "google_storage_bucket_object", (object) => [
        mustBe(object, "deletion_policy", "ABANDON"),
        mustBe(object, "lifecycle.create_before_destroy", true),
      ]),
  },
  {
    name: "Every data disk is copied each night, and its copies outlive it for as long as the environment says",
    why: "A disk is one copy of the events that are not in the lake yet.",
    check: (platform, { snapshotRetentionDays, region, mayBeDestroyed }) => [
      ...forEach(platform, "google_compute_disk", (disk) => [
        platform
          .ofType("google_compute_disk_resource_policy_attachment")
          .some(({ attributes }) => String(attributes.disk).includes(`google_compute_disk.${disk.id}.`))
          ? undefined
          : findingAt(disk, "no snapshots", "an attached snapshot policy"),
      ]),
      ...forEach(platform, "google_compute_resource_policy", (policy) => [
        mustBe(policy, "snapshot_schedule_policy.schedule.daily_schedule.days_in_cycle", 1),
        mustBe(policy, "snapshot_schedule_policy.retention_policy.max_retention_days", snapshotRetentionDays),
        mustHold(
          policy,
          "snapshot_schedule_policy.snapshot_properties.storage_locations",
          (places) => texts(places).join() === region,
          `in ${region} alone`,
        ),
        mustBe(
          policy,
          "snapshot_schedule_policy.retention_policy.on_source_disk_delete",
          mayBeDestroyed ? "APPLY_RETENTION_POLICY" : "KEEP_AUTO_SNAPSHOTS",
        ),
      ]),
    ],
  },
];
