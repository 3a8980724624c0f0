import { COMINGS, GOINGS, GUARDS } from "../../../scripts/review/guard-table";
import { dangersOf } from "../../../scripts/review/guards";
import type { Judged } from "../../../scripts/review/resources";
import type { Attributes } from "../../../stacks/synthesis/synthesized";

function judged(type: string, before: Attributes | undefined, after: Attributes | undefined): Judged {
  return {
    stack: "lake",
    type,
    address: `${type}.it`,
    path: "it",
    why: undefined,
    before,
    after,
    action: before === undefined ? "created" : after === undefined ? "destroyed" : "updated",
    attributes: [],
    forcedBy: [],
    notes: [],
  };
}

/** `{a: {b: value}}` for `a.b`; an attribute that is not there where the value is `undefined`. */
function attributesWith(path: string, value: unknown): Attributes {
  const [last = "", ...parents] = path.split(".").reverse();
  const inner: Attributes = value === undefined ? {} : { [last]: value };
  return parents.reduce<Attributes>((block, name) => (value === undefined ? {} : { [name]: block }), inner);
}

function toldOf(type: string, before: Attributes | undefined, after: Attributes | undefined): string[] {
  return dangersOf([judged(type, before, after)], [], [], false).map(({ kind, text }) => `${kind} ${text}`);
}

const LOGS = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"].map((log_type) => ({ log_type }));
const [ADMIN, READ, WRITE] = LOGS;

/** Type, path, what stands there before, and after. */
const LOWERED: readonly (readonly [string, string, unknown, unknown])[] = [
  ["google_storage_bucket", "lifecycle.prevent_destroy", true, undefined],
  ["google_bigquery_table", "deletion_protection", true, false],
  ["google_bigquery_table", "time_partitioning.expiration_ms", undefined, 86_400_000],
  ["google_bigquery_table", "require_partition_filter", true, false],
  ["google_bigquery_dataset", "delete_contents_on_destroy", false, true],
  ["google_bigquery_dataset", "default_encryption_configuration.kms_key_name", "key", undefined],
  ["google_bigquery_dataset", "default_table_expiration_ms", undefined, 3_600_000],
  ["google_bigquery_dataset", "default_partition_expiration_ms", 7_200_000, 3_600_000],
  ["google_storage_bucket", "force_destroy", false, true],
  ["google_storage_bucket", "public_access_prevention", "enforced", "inherited"],
  ["google_storage_bucket", "uniform_bucket_level_access", true, false],
  ["google_storage_bucket", "versioning.enabled", true, false],
  ["google_storage_bucket", "soft_delete_policy.retention_duration_seconds", 2_592_000, 604_800],
  ["google_storage_bucket", "encryption.default_kms_key_name", "key", undefined],
  ["google_storage_bucket", "logging.log_bucket", "logs", undefined],
  ["google_storage_bucket", "retention_policy.retention_period", 34_560_000, 86_400],
  ["google_storage_bucket", "retention_policy.retention_period", 34_560_000, undefined],
  ["google_storage_bucket_object", "deletion_policy", "ABANDON", undefined],
  ["google_kms_crypto_key", "rotation_period", "7776000s", undefined],
  ["google_kms_crypto_key", "rotation_period", "7776000s", "31536000s"],
  ["google_compute_instance_template", "network_interface.access_config", undefined, [{}]],
  ["google_compute_instance_template", "shielded_instance_config.enable_secure_boot", true, false],
  ["google_compute_instance_template", "metadata.block-project-ssh-keys", "TRUE", "FALSE"],
  ["google_compute_instance_template", "metadata.enable-oslogin", "TRUE", undefined],
  ["google_compute_instance_template", "metadata.serial-port-enable", "FALSE", "TRUE"],
  ["google_compute_instance_template", "disk.disk_encryption_key.kms_key_self_link", "key", undefined],
  ["google_compute_project_metadata_item", "value", "TRUE", "FALSE"],
  ["google_compute_disk", "create_snapshot_before_destroy", true, false],
  ["google_compute_resource_policy", "snapshot_schedule_policy.retention_policy.max_retention_days", 14, 1],
  [
    "google_compute_resource_policy",
    "snapshot_schedule_policy.retention_policy.on_source_disk_delete",
    "KEEP_AUTO_SNAPSHOTS",
    "APPLY_RETENTION_POLICY",
  ],
  ["google_compute_resource_policy", "snapshot_schedule_policy.schedule.daily_schedule", { days: 1 }, undefined],
  ["google_compute_subnetwork", "log_config", { flow_sampling: 0.5 }, undefined],
  ["google_compute_subnetwork", "log_config.flow_sampling", 0.5, 0.01],
  ["google_compute_firewall", "log_config", { metadata: "INCLUDE_ALL_METADATA" }, undefined],
  ["google_dns_policy", "enable_logging", true, false],
  ["google_compute_router_nat", "log_config.enable", true, false],
  ["google_compute_per_instance_config", "preserved_state.disk.delete_rule", "NEVER", "ON_PERMANENT_INSTANCE_DELETION"],
  ["google_project_iam_audit_config", "audit_log_config", LOGS, [ADMIN, WRITE]],
  [
    "google_project_iam_audit_config",
    "audit_log_config",
    LOGS,
    [ADMIN, { ...READ, exempted_members: ["user:a@acme.com"] }, WRITE],
  ],
  ["google_compute_instance_group_manager", "auto_healing_policies", { initial_delay_sec: 600 }, undefined],
  [
    "google_secret_manager_secret",
    "replication.user_managed.replicas.customer_managed_encryption.kms_key_name",
    "key",
    undefined,
  ],
  ["google_secret_manager_secret", "version_destroy_ttl", "604800s", "86400s"],
  ["google_secret_manager_secret", "version_destroy_ttl", "604800s", undefined],
  ["google_monitoring_alert_policy", "enabled", true, false],
  ["google_monitoring_alert_policy", "notification_channels", ["email"], undefined],
];

test.each(LOWERED)("%s %s, lowered, is told once, and not when it is raised again", (type, path, before, after) => {
  const [strong, weak] = [attributesWith(path, before), attributesWith(path, after)];
  const guard = GUARDS.find((each) => each.type.test(type) && each.path === path);
  expect(toldOf(type, strong, weak)).toEqual([
    `${guard?.kind} ${type.split("_").at(-1)} \`it\`: ${guard?.says} (\`${path}\`).`,
  ]);
  expect(toldOf(type, weak, strong)).toEqual([]);
  expect(toldOf(type, strong, strong)).toEqual([]);
});

test("every guard of the table has been lowered above", () => {
  const untested = GUARDS.filter(
    (guard) => !LOWERED.some(([type, path]) => guard.type.test(type) && guard.path === path),
  );
  expect(untested.map(({ type, path }) => `${type} ${path}`)).toEqual([]);
});

test.each([...Object.keys(COMINGS)])("%s that comes is told", (type) => {
  expect(toldOf(type, undefined, {})).toHaveLength(1);
});

test.each([...Object.keys(GOINGS)])("%s that goes is told", (type) => {
  expect(toldOf(type, {}, undefined)).toHaveLength(1);
});

describe("lifecycle rules that delete", () => {
  const bucket = (...conditions: readonly Attributes[]): Attributes => ({
    lifecycle_rule: conditions.map((condition) => ({ action: { type: "Delete" }, condition })),
  });
  const told = (before: Attributes, after: Attributes) => toldOf("google_storage_bucket", before, after);
  const AGED = { age: 30, matches_prefix: ["old/"] };

  test("one that comes, or deletes sooner or more, is told", () => {
    expect(told(bucket(), bucket({ age: 30 }))).toHaveLength(1);
    expect(told(bucket(AGED), bucket({ ...AGED, age: 29 }))).toHaveLength(1);
    expect(told(bucket(AGED), bucket({ age: 30 }))).toHaveLength(1);
    expect(told(bucket(AGED), bucket({ ...AGED, matches_prefix: ["old/", "new/"] }))).toHaveLength(1);
  });

  test("one that goes, or deletes later, is not", () => {
    expect(told(bucket({ age: 30 }), bucket())).toEqual([]);
    expect(told(bucket(AGED), bucket({ ...AGED, age: 31 }))).toEqual([]);
  });
});

test("what is destroyed goes by the name that it has now", () => {
  const renamed = { ...judged("google_storage_bucket", { name: "old" }, { name: "new" }), action: "replaced" as const };
  expect(dangersOf([renamed], [], [], false).map(({ text }) => text)).toEqual([
    expect.stringMatching(/^bucket `old` is destroyed and made anew/),
  ]);
});

describe("what is open from its first day on", () => {
  test("an external address of a new machine is told, an ordinary machine is not", () => {
    const inside = { name: "vm", network_interface: [{ subnetwork: "ours" }] };
    const outside = { name: "vm", network_interface: [{ subnetwork: "ours", access_config: [{}] }] };
    expect(toldOf("google_compute_instance", undefined, inside)).toEqual([]);
    expect(toldOf("google_compute_instance", undefined, outside)).toEqual([
      "access instance `vm`: the machine gets an external address (`network_interface.access_config`).",
    ]);
  });

  test.each([
    "google_storage_bucket_iam_policy",
    "google_storage_bucket_acl",
    "google_bigquery_dataset_access",
    "google_service_account_key",
    "google_compute_network_peering",
    "google_compute_global_forwarding_rule",
    "google_compute_ha_vpn_gateway",
    "google_compute_network_firewall_policy_rule",
  ])("%s is told when it comes and when it changes, not when it goes", (type) => {
    expect(toldOf(type, undefined, { name: "it" })).toHaveLength(1);
    expect(toldOf(type, { name: "it" }, { name: "it", members: "others" })).toHaveLength(1);
    expect(toldOf(type, { name: "it" }, undefined)).toEqual([]);
  });

  test.each(["google_storage_bucket_iam_member", "google_storage_bucket", "google_compute_firewall"])(
    "%s is told by what it says",
    (type) => {
      expect(toldOf(type, undefined, { name: "it" })).toEqual([]);
    },
  );
});
