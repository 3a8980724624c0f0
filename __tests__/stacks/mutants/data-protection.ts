import type { Draft } from "./draft";
import type { Mutant } from "./mutant";

const BUCKET = "google_storage_bucket";
const NOT_PUBLIC = "No bucket can be made public, whatever is granted";
const NOT_DESTROYED = "Stores and what they hold can't be destroyed by accident";
const KEPT =
  "No lifecycle rule deletes what is still named: nothing in the lake, only what was replaced or is an old log elsewhere";
const RESTORABLE = "What is deleted from a bucket can be brought back for a while";
const COPIED = "Every data disk is copied each night, and its copies outlive it for as long as the environment says";
const BUNDLES_STAY = "A bundle stays when another takes its place, and the new one is there before";

function addLifecycleRule(draft: Draft, path: string, rule: object): void {
  (draft.one(BUCKET, path).lifecycle_rule as object[]).push(rule);
}

/** Mistakes that show data to strangers, or lose it. */
export const DATA_PROTECTION_MUTANTS: readonly Mutant[] = [
  {
    title: "a lake that may be made public",
    breaks: [NOT_PUBLIC],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "public_access_prevention", "inherited"),
  },
  {
    title: "access lists for single objects",
    breaks: [NOT_PUBLIC],
    seed: (draft) => draft.set(BUCKET, "artifacts/bucket", "uniform_bucket_level_access", undefined),
  },
  {
    title: "an age-based deletion over the tables' data files",
    breaks: [KEPT],
    seed: (draft) =>
      addLifecycleRule(draft, "lake/bucket", {
        action: { type: "Delete" },
        condition: { age: 400, matches_prefix: ["events/"], matches_suffix: [".parquet"] },
      }),
  },
  {
    title: "a deletion by age of bundles that are still named",
    breaks: [KEPT],
    seed: (draft) =>
      addLifecycleRule(draft, "artifacts/bucket", { action: { type: "Delete" }, condition: { age: 90 } }),
  },
  {
    title: "a table's log in cold storage",
    breaks: ["Only old data files move to colder storage"],
    seed: (draft) =>
      addLifecycleRule(draft, "lake/bucket", {
        action: { type: "SetStorageClass", storage_class: "NEARLINE" },
        condition: { age: 90, matches_prefix: ["events/"] },
      }),
  },
  {
    title: "uploads that nobody gives up",
    breaks: ["Uploads that nobody finishes are given up"],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "lifecycle_rule", undefined),
  },
  {
    title: "no soft deletion in the lake",
    breaks: [RESTORABLE],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "soft_delete_policy.retention_duration_seconds", 0),
  },
  {
    title: "a soft deletion in days instead of seconds",
    breaks: [RESTORABLE],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "soft_delete_policy.retention_duration_seconds", 30),
  },
  {
    title: "a lake that Terraform may destroy",
    breaks: [NOT_DESTROYED],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "lifecycle.prevent_destroy", false),
  },
  {
    title: "a lake that is emptied before it is destroyed",
    breaks: [NOT_DESTROYED],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "force_destroy", true),
  },
  {
    title: "a staging table without its deletion protection",
    breaks: [NOT_DESTROYED],
    seed: (draft) => draft.set("google_bigquery_table", "listen_events", "deletion_protection", false),
  },
  {
    title: "a dataset that takes its tables with it",
    breaks: [NOT_DESTROYED],
    seed: (draft) => draft.set("google_bigquery_dataset", "marts", "delete_contents_on_destroy", true),
  },
  {
    title: "a data disk that Terraform may destroy",
    breaks: [NOT_DESTROYED],
    seed: (draft) => draft.set("google_compute_disk", "kafka/data", "lifecycle", undefined),
  },
  {
    title: "a connection that comes back as another account, without its grants",
    breaks: [NOT_DESTROYED],
    seed: (draft) => draft.set("google_bigquery_connection", "connection", "lifecycle", undefined),
  },
  {
    title: "a dev that can't be torn down",
    environment: "dev",
    breaks: ["An environment that may be destroyed can be destroyed in one go"],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "lifecycle.prevent_destroy", true),
  },
  {
    title: "a snapshot policy that no disk has",
    breaks: [COPIED],
    seed: (draft) => draft.remove("google_compute_disk_resource_policy_attachment"),
  },
  {
    title: "snapshots that are kept for a day",
    breaks: [COPIED],
    seed: (draft) =>
      draft.set(
        "google_compute_resource_policy",
        "kafka/nightly",
        "snapshot_schedule_policy.retention_policy.max_retention_days",
        1,
      ),
  },
  {
    title: "snapshots that go with their disk",
    breaks: [COPIED],
    seed: (draft) =>
      draft.set(
        "google_compute_resource_policy",
        "kafka/nightly",
        "snapshot_schedule_policy.retention_policy.on_source_disk_delete",
        "APPLY_RETENTION_POLICY",
      ),
  },
  {
    title: "snapshots on other continents",
    breaks: [COPIED],
    seed: (draft) =>
      draft.set(
        "google_compute_resource_policy",
        "kafka/nightly",
        "snapshot_schedule_policy.snapshot_properties.storage_locations",
        ["eu"],
      ),
  },
  {
    title: "artifacts without earlier versions",
    breaks: ["An artifact that somebody replaces or removes stays as an earlier version"],
    seed: (draft) => draft.set(BUCKET, "artifacts/bucket", "versioning.enabled", false),
  },
  {
    title: "a bundle that is deleted with its declaration",
    breaks: [BUNDLES_STAY],
    seed: (draft) => draft.set("google_storage_bucket_object", "loader/bundle/object", "deletion_policy", undefined),
  },
  {
    title: "a bundle that goes before the new one is there",
    breaks: [BUNDLES_STAY],
    seed: (draft) => draft.set("google_storage_bucket_object", "processor/bundle/object", "lifecycle", undefined),
  },
  {
    title: "a container that can write a folder of this machine",
    environment: "dev",
    breaks: ["Containers see their own bundle and their own volumes, and change nothing of this machine"],
    seed: (draft) => draft.set("docker_container", "generator", "volumes.read_only", false),
  },
];
