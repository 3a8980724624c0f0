import type { SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";

/**
 * A synth as a page that a reviewer reads: a line a resource, and under it what matters about it. Bundles go by the
 * names of their programs, so that a change of a program is no change of the page.
 */

/** Attributes that a reviewer wants to see, by type; the others follow from the constructs. */
const SHOWN: Readonly<Record<string, readonly string[]>> = {
  docker_container: ["name", "image", "user", "read_only", "ports", "env"],
  google_artifact_registry_repository: ["repository_id", "mode", "remote_repository_config"],
  google_artifact_registry_repository_iam_member: ["member", "role", "repository"],
  google_bigquery_connection: ["connection_id", "location", "lifecycle"],
  google_bigquery_connection_iam_member: ["member", "role", "connection_id"],
  google_bigquery_dataset: [
    "dataset_id",
    "location",
    "delete_contents_on_destroy",
    "default_encryption_configuration",
    "lifecycle",
  ],
  google_bigquery_dataset_iam_member: ["member", "role", "dataset_id"],
  google_bigquery_table: [
    "table_id",
    "time_partitioning",
    "clustering",
    "require_partition_filter",
    "encryption_configuration",
    "deletion_protection",
  ],
  google_billing_budget: ["amount", "threshold_rules"],
  google_compute_address: ["address", "address_type", "lifecycle"],
  google_compute_disk: ["name", "size", "type", "disk_encryption_key", "lifecycle"],
  google_compute_firewall: [
    "direction",
    "priority",
    "allow",
    "deny",
    "source_ranges",
    "destination_ranges",
    "source_service_accounts",
    "target_service_accounts",
  ],
  google_compute_health_check: ["name", "http_health_check", "check_interval_sec", "unhealthy_threshold"],
  google_compute_instance_group_manager: [
    "name",
    "zone",
    "target_size",
    "update_policy",
    "auto_healing_policies",
    "instance_lifecycle_policy",
    "timeouts",
  ],
  google_compute_instance_template: ["name_prefix", "machine_type", "disk", "metadata"],
  google_compute_network: ["name", "delete_default_routes_on_create"],
  google_compute_per_instance_config: ["name", "preserved_state"],
  google_compute_resource_policy: ["snapshot_schedule_policy"],
  google_compute_route: ["dest_range", "next_hop_gateway"],
  google_compute_project_metadata_item: ["key", "value"],
  google_compute_subnetwork: ["ip_cidr_range", "private_ip_google_access", "log_config"],
  google_dns_managed_zone: ["dns_name", "visibility"],
  google_dns_policy: ["name", "enable_logging"],
  google_dns_record_set: ["name", "type", "rrdatas"],
  google_logging_metric: ["name", "filter", "value_extractor", "label_extractors"],
  google_monitoring_alert_policy: ["display_name", "severity", "conditions"],
  google_monitoring_dashboard: [],
  google_monitoring_notification_channel: ["type"],
  google_kms_crypto_key: ["name", "rotation_period", "lifecycle"],
  google_kms_crypto_key_iam_member: ["member", "role", "crypto_key_id"],
  google_kms_key_ring: ["name", "location", "lifecycle"],
  google_project_iam_audit_config: ["service", "audit_log_config"],
  google_project_iam_custom_role: ["role_id", "permissions"],
  google_project_iam_member: ["member", "role"],
  google_project_service: ["service"],
  google_secret_manager_secret: ["secret_id", "replication", "version_destroy_ttl", "lifecycle"],
  google_secret_manager_secret_iam_member: ["member", "role", "secret_id"],
  google_service_account: ["account_id"],
  google_storage_bucket: [
    "name",
    "location",
    "public_access_prevention",
    "uniform_bucket_level_access",
    "force_destroy",
    "versioning",
    "soft_delete_policy",
    "lifecycle_rule",
    "retention_policy",
    "logging",
    "encryption",
    "lifecycle",
  ],
  google_storage_bucket_iam_member: ["member", "role", "bucket", "condition"],
  google_storage_bucket_object: ["name", "deletion_policy"],
};

/** Long texts that have a snapshot of their own. */
const FOLDED = new Set(["user-data", "description"]);

/** The page of one stack. */
export function pageOf(platform: SynthesizedPlatform, stack: string): string {
  const bundles = bundleNames(platform);
  const found = platform.stacks.find(({ name }) => name === stack);
  const pages = (found?.resources ?? []).map((resource) =>
    [`${resource.type} ${resource.path}`, ...attributesOf(resource)].join("\n"),
  );
  const header = `after: ${found?.dependencies.join(", ") || "nothing"}`;
  return [header, ...pages].join("\n").replaceAll(/[0-9a-f]{64}/g, (sha256) => bundles.get(sha256) ?? sha256);
}

function bundleNames(platform: SynthesizedPlatform): ReadonlyMap<string, string> {
  return new Map(
    platform.ofType("google_storage_bucket_object").map(({ attributes }) => {
      const [, program, file] = String(attributes.name).split("/");
      return [String(file).replace(".cjs", ""), `<sha256 of ${program}>`];
    }),
  );
}

function attributesOf({ type, attributes }: SynthesizedResource): string[] {
  return (SHOWN[type] ?? ["name"])
    .filter((name) => attributes[name] !== undefined)
    .map((name) => `  ${name}: ${text(attributes[name])}`);
}

function text(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value).replaceAll("\n", " ").trim();
  if (Array.isArray(value)) return value.map(text).join(" | ");
  return Object.entries(value)
    .filter(([name]) => !FOLDED.has(name))
    .map(([name, inner]) => {
      const shown = text(inner);
      return typeof inner === "object" ? `${name} (${shown})` : `${name} ${shown}`;
    })
    .join(", ");
}
