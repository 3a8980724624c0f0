import type { Danger } from "./model";
import { blocksAt, textsOf } from "./resources";

/** A setting that protects data, keeps somebody out, or tells somebody, and what it means when it goes. */
export interface Guard {
  readonly type: RegExp;
  readonly path: string;
  readonly lowered: (before: unknown, after: unknown) => boolean;
  readonly says: string;
  readonly kind: Danger["kind"];
}

const wasTrue = (before: unknown, after: unknown) => before === true && after !== true;
const becomesTrue = (before: unknown, after: unknown) => before !== true && after === true;
const getsLess = (before: unknown, after: unknown) => Number(after) < Number(before);
const goes = (before: unknown, after: unknown) => before !== undefined && after === undefined;
const comes = (before: unknown, after: unknown) => before === undefined && after !== undefined;
const wasText = (text: string) => (before: unknown, after: unknown) => before === text && after !== text;
const comesOrGetsLess = (before: unknown, after: unknown) => getsLess(before ?? Number.POSITIVE_INFINITY, after);
const goesOrGetsLess = (before: unknown, after: unknown) => goes(before, after) || getsLess(before, after);

/** `7776000s` grows, or goes. */
function takesLonger(before: unknown, after: unknown): boolean {
  return goes(before, after) || Number.parseFloat(String(after)) > Number.parseFloat(String(before));
}

/** `604800s` shrinks, or goes. */
function takesShorter(before: unknown, after: unknown): boolean {
  return goes(before, after) || Number.parseFloat(String(after)) < Number.parseFloat(String(before));
}

/** A kind of access that is no longer written down, or somebody who is left out. */
function auditsLess(before: unknown, after: unknown): boolean {
  const [old, next] = [before, after].map((value) => blocksAt({ value }, "value"));
  return (old ?? []).some((kind) => {
    const same = next?.find(({ log_type }) => log_type === kind.log_type);
    const exempted = textsOf(kind.exempted_members);
    return same === undefined || textsOf(same.exempted_members).some((member) => !exempted.includes(member));
  });
}

export const GUARDS: readonly Guard[] = [
  {
    type: /./,
    path: "lifecycle.prevent_destroy",
    lowered: wasTrue,
    kind: "guard",
    says: "prevent_destroy is taken away",
  },
  {
    type: /^google_bigquery_table$/,
    path: "deletion_protection",
    lowered: (_, after) => after === false,
    kind: "guard",
    says: "deletion_protection is taken away",
  },
  {
    type: /^google_bigquery_table$/,
    path: "time_partitioning.expiration_ms",
    lowered: comesOrGetsLess,
    kind: "data",
    says: "partitions expire sooner, and those that are older already are dropped",
  },
  {
    type: /^google_bigquery_table$/,
    path: "require_partition_filter",
    lowered: wasTrue,
    kind: "guard",
    says: "queries may read every partition, and are billed for it",
  },
  {
    type: /^google_bigquery_dataset$/,
    path: "delete_contents_on_destroy",
    lowered: becomesTrue,
    kind: "guard",
    says: "destroying the dataset takes its tables along",
  },
  {
    type: /^google_storage_bucket$/,
    path: "force_destroy",
    lowered: becomesTrue,
    kind: "guard",
    says: "destroying the bucket takes its objects along",
  },
  {
    type: /^google_storage_bucket$/,
    path: "public_access_prevention",
    lowered: wasText("enforced"),
    kind: "access",
    says: "public access is no longer refused",
  },
  {
    type: /^google_storage_bucket$/,
    path: "uniform_bucket_level_access",
    lowered: wasTrue,
    kind: "access",
    says: "single objects can be opened by access lists of their own",
  },
  {
    type: /^google_storage_bucket$/,
    path: "versioning.enabled",
    lowered: wasTrue,
    kind: "guard",
    says: "what is overwritten is no longer kept",
  },
  {
    type: /^google_storage_bucket$/,
    path: "soft_delete_policy.retention_duration_seconds",
    lowered: getsLess,
    kind: "guard",
    says: "deleted objects can be brought back for a shorter time",
  },
  {
    type: /^google_storage_bucket$/,
    path: "encryption.default_kms_key_name",
    lowered: goes,
    kind: "guard",
    says: "new objects are no longer encrypted with our own key",
  },
  {
    type: /^google_storage_bucket$/,
    path: "logging.log_bucket",
    lowered: goes,
    kind: "guard",
    says: "who reads and writes is no longer logged",
  },
  {
    type: /^google_kms_crypto_key$/,
    path: "rotation_period",
    lowered: takesLonger,
    kind: "guard",
    says: "the key is rotated less often, or not at all",
  },
  {
    type: /^google_compute_(instance_template|instance)$/,
    path: "network_interface.access_config",
    lowered: comes,
    kind: "access",
    says: "the machine gets an external address",
  },
  {
    type: /^google_compute_(instance_template|instance)$/,
    path: "shielded_instance_config.enable_secure_boot",
    lowered: wasTrue,
    kind: "guard",
    says: "the machine boots unverified code",
  },
  {
    type: /^google_compute_instance_template$/,
    path: "metadata.block-project-ssh-keys",
    lowered: wasText("TRUE"),
    kind: "access",
    says: "the project's SSH keys open the machine",
  },
  {
    type: /^google_compute_subnetwork$/,
    path: "log_config",
    lowered: goes,
    kind: "guard",
    says: "traffic is no longer logged",
  },
  {
    type: /^google_compute_per_instance_config$/,
    path: "preserved_state.disk.delete_rule",
    lowered: wasText("NEVER"),
    kind: "data",
    says: "the data disk goes with its machine",
  },
  {
    type: /^google_storage_bucket$/,
    path: "retention_policy.retention_period",
    lowered: goesOrGetsLess,
    kind: "guard",
    says: "objects may be deleted sooner",
  },
  {
    type: /^google_storage_bucket_object$/,
    path: "deletion_policy",
    lowered: wasText("ABANDON"),
    kind: "guard",
    says: "a bundle goes with its declaration, and nothing is left to go back to",
  },
  {
    type: /^google_bigquery_dataset$/,
    path: "default_encryption_configuration.kms_key_name",
    lowered: goes,
    kind: "guard",
    says: "new tables are no longer encrypted with our own key",
  },
  {
    type: /^google_bigquery_dataset$/,
    path: "default_table_expiration_ms",
    lowered: comesOrGetsLess,
    kind: "data",
    says: "new tables are dropped when they are that old",
  },
  {
    type: /^google_bigquery_dataset$/,
    path: "default_partition_expiration_ms",
    lowered: comesOrGetsLess,
    kind: "data",
    says: "partitions of new tables are dropped when they are that old",
  },
  {
    type: /^google_compute_instance_template$/,
    path: "disk.disk_encryption_key.kms_key_self_link",
    lowered: goes,
    kind: "guard",
    says: "the machine's disk is no longer encrypted with our own key",
  },
  {
    type: /^google_compute_instance_template$/,
    path: "metadata.enable-oslogin",
    lowered: wasText("TRUE"),
    kind: "access",
    says: "keys in metadata open the machine, whoever put them there",
  },
  {
    type: /^google_compute_instance_template$/,
    path: "metadata.serial-port-enable",
    lowered: wasText("FALSE"),
    kind: "access",
    says: "the machine's serial port may be logged in by",
  },
  {
    type: /^google_compute_project_metadata_item$/,
    path: "value",
    lowered: wasText("TRUE"),
    kind: "access",
    says: "a setting that guards every machine of the project is switched off",
  },
  {
    type: /^google_compute_disk$/,
    path: "create_snapshot_before_destroy",
    lowered: wasTrue,
    kind: "guard",
    says: "no snapshot is taken any more before the disk is destroyed",
  },
  {
    type: /^google_compute_resource_policy$/,
    path: "snapshot_schedule_policy.retention_policy.max_retention_days",
    lowered: getsLess,
    kind: "guard",
    says: "snapshots are kept for a shorter time",
  },
  {
    type: /^google_compute_resource_policy$/,
    path: "snapshot_schedule_policy.retention_policy.on_source_disk_delete",
    lowered: wasText("KEEP_AUTO_SNAPSHOTS"),
    kind: "guard",
    says: "snapshots no longer stay when their disk goes",
  },
  {
    type: /^google_compute_resource_policy$/,
    path: "snapshot_schedule_policy.schedule.daily_schedule",
    lowered: goes,
    kind: "guard",
    says: "snapshots are no longer taken by the day",
  },
  {
    type: /^google_compute_subnetwork$/,
    path: "log_config.flow_sampling",
    lowered: getsLess,
    kind: "guard",
    says: "less of the traffic is logged",
  },
  {
    type: /^google_compute_firewall$/,
    path: "log_config",
    lowered: goes,
    kind: "guard",
    says: "what the rule lets through or refuses is no longer logged",
  },
  {
    type: /^google_dns_policy$/,
    path: "enable_logging",
    lowered: wasTrue,
    kind: "guard",
    says: "which names the machines ask for is no longer logged",
  },
  {
    type: /^google_compute_router_nat$/,
    path: "log_config.enable",
    lowered: wasTrue,
    kind: "guard",
    says: "what goes out is no longer logged",
  },
  {
    type: /^google_project_iam_audit_config$/,
    path: "audit_log_config",
    lowered: auditsLess,
    kind: "guard",
    says: "some of what is read or written, or somebody who does, is no longer logged",
  },
  {
    type: /^google_monitoring_alert_policy$/,
    path: "enabled",
    lowered: (_, after) => after === false,
    kind: "guard",
    says: "the alert is switched off",
  },
  {
    type: /^google_monitoring_alert_policy$/,
    path: "notification_channels",
    lowered: goes,
    kind: "guard",
    says: "nobody is written to when the alert fires",
  },
  {
    type: /^google_compute_(region_)?instance_group_manager$/,
    path: "auto_healing_policies",
    lowered: goes,
    kind: "guard",
    says: "a roll no longer waits until the new code works, and nobody repairs a machine",
  },
  {
    type: /^google_secret_manager_secret$/,
    path: "replication.user_managed.replicas.customer_managed_encryption.kms_key_name",
    lowered: goes,
    kind: "guard",
    says: "new versions are no longer encrypted with our own key",
  },
  {
    type: /^google_secret_manager_secret$/,
    path: "version_destroy_ttl",
    lowered: takesShorter,
    kind: "guard",
    says: "destroyed versions can be brought back for a shorter time, or not at all",
  },
];

/** Resources whose coming or going opens or lowers something by itself. */
export const COMINGS: Readonly<Record<string, readonly [Danger["kind"], string]>> = {
  google_compute_router_nat: ["access", "machines get a way out to the internet"],
  google_compute_route: ["access", "the network gets another route"],
  google_secret_manager_secret_version: ["access", "what the secret holds stands in Terraform's state"],
};
/** Types that let somebody in whom neither a grant nor a firewall rule names, or that join networks. */
export const OPENING_TYPES =
  /_forwarding_rule$|_target_(instance|pool)$|_network_peering$|_vpn_(gateway|tunnel)$|_interconnect_attachment$|_firewall_policy|_shared_vpc|_iam_policy$|_acl$|_access_control$|_dataset_access$|_account_key$|_hmac_key$/;
export const GOINGS: Readonly<Record<string, readonly [Danger["kind"], string]>> = {
  google_project_iam_audit_config: ["guard", "who reads and writes is no longer logged"],
  google_compute_disk_resource_policy_attachment: ["guard", "no snapshots are taken any more"],
  google_compute_project_metadata_item: ["access", "a setting that guards every machine of the project goes"],
  google_monitoring_alert_policy: ["guard", "nobody is told any more"],
  google_billing_budget: ["guard", "nobody is warned about the cost any more"],
  google_secret_manager_secret: ["data", "its versions go with it, and the program can't come into Kafka again"],
  google_compute_health_check: ["guard", "nobody asks the machines any more whether they work"],
};
