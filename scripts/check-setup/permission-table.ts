/**
 * What a person must be allowed to do so that Terraform can make, read, change and remove a resource, by Terraform's
 * type, with the role that brings it (cloud.google.com/iam/docs/permissions-reference; the roles are those of
 * docs/deploy.md). A test holds it against the types of a synth.
 */
export interface PermissionsNeeded {
  readonly role: string;
  readonly permissions: readonly string[];
  /** @default "project" */
  readonly on?: "project" | "billing account";
}

const all = (prefix: string, ...actions: string[]) => actions.map((action) => `${prefix}.${action}`);
const MANAGE = ["create", "get", "update", "delete"];
const POLICY = ["getIamPolicy", "setIamPolicy"];

const one = (role: string, ...permissions: string[]): PermissionsNeeded[] => [{ role: `roles/${role}`, permissions }];
/** To start machines under an account is to be able to do what it may. */
const ACT_AS = one("iam.serviceAccountUser", "iam.serviceAccounts.actAs");

export const PERMISSIONS_BY_TYPE: Readonly<Record<string, readonly PermissionsNeeded[]>> = {
  google_artifact_registry_repository: one(
    "artifactregistry.admin",
    ...all("artifactregistry.repositories", ...MANAGE),
  ),
  google_artifact_registry_repository_iam_member: one(
    "artifactregistry.admin",
    ...all("artifactregistry.repositories", ...POLICY),
  ),
  google_bigquery_connection: one("bigquery.admin", ...all("bigquery.connections", ...MANAGE)),
  google_bigquery_connection_iam_member: one("bigquery.admin", ...all("bigquery.connections", ...POLICY)),
  google_bigquery_dataset: one("bigquery.admin", ...all("bigquery.datasets", ...MANAGE)),
  google_bigquery_dataset_iam_member: one("bigquery.admin", ...all("bigquery.datasets", "get", "update")),
  google_bigquery_table: one("bigquery.admin", ...all("bigquery.tables", ...MANAGE), "bigquery.connections.delegate"),
  google_billing_budget: [
    { role: "roles/billing.costsManager", permissions: all("billing.budgets", ...MANAGE), on: "billing account" },
  ],
  google_compute_address: one(
    "compute.networkAdmin",
    ...all("compute.addresses", "createInternal", "get", "deleteInternal", "setLabels"),
  ),
  google_compute_disk: one(
    "compute.instanceAdmin.v1",
    ...all("compute.disks", "create", "get", "delete", "resize", "setLabels", "createSnapshot"),
  ),
  google_compute_disk_resource_policy_attachment: one(
    "compute.instanceAdmin.v1",
    ...all("compute.disks", "addResourcePolicies", "removeResourcePolicies"),
    "compute.resourcePolicies.use",
  ),
  google_compute_firewall: one(
    "compute.securityAdmin",
    ...all("compute.firewalls", ...MANAGE),
    "compute.networks.updatePolicy",
  ),
  google_compute_health_check: one("compute.networkAdmin", ...all("compute.healthChecks", ...MANAGE, "useReadOnly")),
  google_compute_instance_group_manager: one(
    "compute.instanceAdmin.v1",
    ...all("compute.instanceGroupManagers", ...MANAGE),
    ...all("compute.instances", "create", "delete", "get", "setMetadata", "setServiceAccount"),
  ),
  google_compute_instance_template: [
    ...one(
      "compute.instanceAdmin.v1",
      ...all("compute.instanceTemplates", "create", "get", "delete", "useReadOnly"),
      "compute.subnetworks.use",
    ),
    ...ACT_AS,
  ],
  google_compute_network: one(
    "compute.networkAdmin",
    ...all("compute.networks", "create", "get", "delete", "updatePolicy"),
  ),
  google_compute_per_instance_config: one(
    "compute.instanceAdmin.v1",
    "compute.instanceGroupManagers.update",
    "compute.disks.use",
    "compute.addresses.useInternal",
  ),
  google_compute_project_metadata_item: [
    ...one("compute.instanceAdmin.v1", ...all("compute.projects", "get", "setCommonInstanceMetadata")),
    ...ACT_AS,
  ],
  google_compute_resource_policy: one(
    "compute.instanceAdmin.v1",
    ...all("compute.resourcePolicies", "create", "get", "delete"),
  ),
  google_compute_router: one("compute.networkAdmin", ...all("compute.routers", ...MANAGE)),
  google_compute_router_nat: one("compute.networkAdmin", ...all("compute.routers", "get", "update")),
  google_compute_route: one("compute.networkAdmin", ...all("compute.routes", "create", "get", "delete")),
  google_compute_subnetwork: one(
    "compute.networkAdmin",
    ...all("compute.subnetworks", ...MANAGE, "setPrivateIpGoogleAccess"),
  ),
  google_dns_managed_zone: one("dns.admin", ...all("dns.managedZones", ...MANAGE), "dns.networks.bindPrivateDNSZone"),
  google_dns_policy: one("dns.admin", ...all("dns.policies", ...MANAGE), "dns.networks.bindPrivateDNSPolicy"),
  google_dns_record_set: one(
    "dns.admin",
    ...all("dns.resourceRecordSets", "create", "list", "update", "delete"),
    "dns.changes.create",
  ),
  google_kms_crypto_key: one("cloudkms.admin", ...all("cloudkms.cryptoKeys", "create", "get", "update")),
  google_kms_crypto_key_iam_member: one("cloudkms.admin", ...all("cloudkms.cryptoKeys", ...POLICY)),
  google_kms_key_ring: one("cloudkms.admin", ...all("cloudkms.keyRings", "create", "get")),
  google_logging_metric: one("logging.configWriter", ...all("logging.logMetrics", ...MANAGE)),
  google_monitoring_alert_policy: one("monitoring.editor", ...all("monitoring.alertPolicies", ...MANAGE)),
  google_monitoring_dashboard: one("monitoring.editor", ...all("monitoring.dashboards", ...MANAGE)),
  google_monitoring_notification_channel: one(
    "monitoring.editor",
    ...all("monitoring.notificationChannels", ...MANAGE),
  ),
  google_project_iam_audit_config: one(
    "resourcemanager.projectIamAdmin",
    ...all("resourcemanager.projects", ...POLICY),
  ),
  google_project_iam_custom_role: one("iam.roleAdmin", ...all("iam.roles", ...MANAGE)),
  google_project_iam_member: one("resourcemanager.projectIamAdmin", ...all("resourcemanager.projects", ...POLICY)),
  google_project_service: one(
    "serviceusage.serviceUsageAdmin",
    ...all("serviceusage.services", "enable", "get", "list"),
  ),
  google_secret_manager_secret: one("secretmanager.admin", ...all("secretmanager.secrets", ...MANAGE)),
  google_secret_manager_secret_iam_member: one("secretmanager.admin", ...all("secretmanager.secrets", ...POLICY)),
  google_service_account: one("iam.serviceAccountAdmin", ...all("iam.serviceAccounts", ...MANAGE)),
  google_storage_bucket: one("storage.admin", ...all("storage.buckets", ...MANAGE)),
  google_storage_bucket_iam_member: one("storage.admin", ...all("storage.buckets", ...POLICY)),
  google_storage_bucket_object: one("storage.admin", ...all("storage.objects", "create", "get", "delete")),
};

/** What Terraform does in the bucket of its state (developer.hashicorp.com/terraform/language/backend/gcs). */
export const PERMISSIONS_OF_STATE: PermissionsNeeded = {
  role: "roles/storage.admin",
  permissions: [...all("storage.objects", "list", "get", "create", "delete"), "storage.buckets.list"],
};
