import type { SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { DAYS_PER_MONTH } from "./assumptions";
import { blocksOf } from "./attributes";
import { lineOf } from "./lines";
import { addressLines, diskLines, groupLines, natLines, snapshotLines } from "./machines";
import type { CostContext, CostLine } from "./report";
import { bucketLines, tableLines } from "./stores";

/** What a resource costs; none for one that costs nothing. */
type Reckoning = (resource: SynthesizedResource, context: CostContext) => readonly CostLine[];

const SECONDS_PER_DAY = 86_400;

/** Something that costs and of which the price list has nothing: one of it, or an amount that only use shows. */
function unpriced(what: string, unit: string, quantity?: number): Reckoning {
  return (resource) => [lineOf(resource, { what, unit, quantity })];
}

/** Logs that a resource writes where it is told to. */
const logged =
  (what: string): Reckoning =>
  (resource) =>
    blocksOf(resource.attributes, "log_config").length === 0
      ? []
      : [lineOf(resource, { what, unit: "GB", quantity: undefined })];

/** A key's old versions stay, since they still open what they have encrypted. */
const keyVersions: Reckoning = (key, { volumes }) => {
  const rotationS = Number(/^(\d+)(?:\.\d+)?s$/.exec(String(key.attributes.rotation_period))?.[1] ?? "Infinity");
  const months = volumes.monthsKept;
  const rotations = Math.floor((months * DAYS_PER_MONTH * SECONDS_PER_DAY) / rotationS);
  const assumption = `one, and one for each rotation of ${months} months; using them costs too`;
  return [lineOf(key, { what: "key versions", unit: "versions", quantity: 1 + rotations, assumption })];
};

/** How each type of resource is reckoned. A type that stands in neither list is reported as unknown. */
const RECKONINGS: Readonly<Record<string, Reckoning>> = {
  google_artifact_registry_repository: unpriced("images kept by the repository", "GB"),
  google_bigquery_dataset: unpriced("tables that the loader makes, and what queries read", "GB"),
  google_bigquery_table: tableLines,
  google_compute_address: addressLines,
  google_compute_disk: diskLines,
  google_compute_disk_resource_policy_attachment: snapshotLines,
  google_compute_firewall: logged("firewall logs"),
  google_compute_health_check: logged("logs of changed health"),
  google_compute_instance_group_manager: groupLines,
  google_compute_region_instance_group_manager: groupLines,
  google_compute_router_nat: natLines,
  google_dns_policy: unpriced("logs of DNS queries", "GB"),
  google_compute_subnetwork: logged("flow logs"),
  google_dns_managed_zone: unpriced("DNS zone, and its queries", "zones", 1),
  google_kms_crypto_key: keyVersions,
  google_logging_project_bucket_config: unpriced("logs", "GB"),
  google_monitoring_alert_policy: unpriced("alert policy", "policies", 1),
  google_monitoring_uptime_check_config: unpriced("uptime check", "checks", 1),
  google_logging_metric: unpriced("log-based metric", "metrics", 1),
  google_project_iam_audit_config: unpriced("audit logs of data access", "GB"),
  google_secret_manager_secret: unpriced("versions of a secret, and reading them", "versions"),
  google_storage_bucket: bucketLines,
};

/** Types that cost nothing themselves; what they describe may. */
const FREE: ReadonlySet<string> = new Set([
  "google_artifact_registry_repository_iam_member",
  "google_bigquery_connection",
  "google_bigquery_connection_iam_member",
  "google_bigquery_dataset_access",
  "google_bigquery_dataset_iam_member",
  "google_bigquery_table_iam_member",
  "google_billing_budget",
  "google_compute_instance_template",
  "google_compute_network",
  "google_compute_per_instance_config",
  "google_compute_project_metadata_item",
  "google_compute_resource_policy",
  "google_compute_route",
  "google_compute_router",
  "google_dns_record_set",
  "google_kms_crypto_key_iam_member",
  "google_kms_key_ring",
  "google_kms_key_ring_iam_member",
  "google_monitoring_dashboard",
  "google_monitoring_notification_channel",
  "google_project_iam_custom_role",
  "google_project_iam_member",
  "google_project_service",
  "google_project_service_identity",
  "google_secret_manager_secret_iam_member",
  "google_service_account",
  "google_service_account_iam_member",
  "google_storage_bucket_iam_member",
  "google_storage_bucket_object",
]);

/** Is it known what resources of the type cost, or that they cost nothing? */
export function isKnown(type: string): boolean {
  return FREE.has(type) || type in RECKONINGS;
}

/** The lines of one resource. */
export function reckon(resource: SynthesizedResource, context: CostContext): readonly CostLine[] {
  if (FREE.has(resource.type)) return [];
  const reckoning = RECKONINGS[resource.type];
  if (reckoning !== undefined) return reckoning(resource, context);
  return [
    lineOf(resource, { what: `${resource.type}, which npm run cost does not know`, quantity: 1, unit: "pieces" }),
  ];
}
