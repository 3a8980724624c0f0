import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import { checkResources } from "../../../stacks/checks/resource-checks";
import { PlatformStack } from "../../../stacks/platform-stack";
import { environmentFor, synthesizeOnly } from "../one-stack";

/** The refusal of a resource with these attributes; `none` where it passes. */
function problemOf(type: string, attributes: Record<string, unknown>): string {
  const comment = { metadata: { path: "lake/some/resource" } };
  try {
    checkResources("lake", { resource: { [type]: { id: { "//": comment, ...attributes } } } });
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
}

const KEY = "projects/p/locations/us-central1/keyRings/k/cryptoKeys/c";
const DAY = 86_400;

/** Type, attributes that pass, a change that doesn't, and how the refusal goes on after the path. */
const REFUSED: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>, RegExp])[] = [
  [
    "google_storage_bucket",
    { name: "p-lake_1" },
    { name: "x".repeat(64) },
    /^name is "x+"; allowed: 3 to 63 lower-case/,
  ],
  ["google_storage_bucket", {}, { name: "Lake" }, /^name is "Lake"/],
  ["google_storage_bucket", {}, { name: "goog-lake" }, /^name is "goog-lake"; .* not beginning with goog/],
  ["google_storage_bucket", {}, { name: "my-google-lake" }, /^name .* without google/],
  ["google_storage_bucket", { location: "europe-west1" }, { location: "eu-west-1" }, /^location .* a region of Google/],
  [
    "google_storage_bucket",
    { soft_delete_policy: { retention_duration_seconds: 0 } },
    { soft_delete_policy: { retention_duration_seconds: 7 } },
    /^soft_delete_policy.retention_duration_seconds is 7; allowed: 0 \(none\), or 7 to 90 days/,
  ],
  [
    "google_storage_bucket",
    { lifecycle_rule: [{ action: { type: "SetStorageClass", storage_class: "COLDLINE" }, condition: { age: 9 } }] },
    { lifecycle_rule: [{ action: { type: "SetStorageClass", storage_class: "COLD" }, condition: { age: 9 } }] },
    /^lifecycle_rule.action.storage_class is "COLD"; allowed: NEARLINE, COLDLINE, ARCHIVE/,
  ],
  [
    "google_storage_bucket",
    {
      retention_policy: { retention_period: 30 * DAY },
      lifecycle_rule: [{ action: { type: "Delete" }, condition: { age: 30 } }],
    },
    { lifecycle_rule: [{ action: { type: "Delete" }, condition: { age: 29 } }] },
    /^lifecycle_rule.condition.age is 29; allowed: 30 days or more, which the retention policy/,
  ],
  [
    "google_storage_bucket",
    { lifecycle_rule: [{ action: { type: "Delete" }, condition: { days_since_noncurrent_time: 1 } }] },
    { lifecycle_rule: [{ action: { type: "Delete" }, condition: { days_since_noncurrent_time: 0 } }] },
    /^lifecycle_rule.condition is .* allowed: an age, .* without one the rule takes all/,
  ],
  [
    "google_storage_bucket",
    { lifecycle_rule: [{ action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 1 } }] },
    { lifecycle_rule: [{ action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 0 } }] },
    /^lifecycle_rule.condition is .* allowed: an age, .* without one the rule takes all/,
  ],
  [
    "google_storage_bucket",
    { retention_policy: [{ retention_period: DAY }], versioning: { enabled: false } },
    { versioning: [{ enabled: true }] },
    /^versioning.enabled is true/,
  ],
  [
    "google_storage_bucket",
    { encryption: { default_kms_key_name: KEY } },
    { encryption: { default_kms_key_name: "lake" } },
    /^encryption.default_kms_key_name is "lake"; allowed: the full name/,
  ],
  ["google_bigquery_dataset", { dataset_id: "a_b1" }, { dataset_id: "a-b" }, /^dataset_id is "a-b"; .* underscores/],
  [
    "google_bigquery_table",
    { time_partitioning: { type: "HOUR", expiration_ms: 36e9 } },
    { time_partitioning: { type: "HOUR", expiration_ms: 36e9 + 1 } },
    /^time_partitioning.expiration_ms is 36000000001; .* at most 10000 partitions/,
  ],
  [
    "google_bigquery_table",
    { time_partitioning: { type: "HOUR", field: "at" }, schema: '[{"name":"at","type":"TIMESTAMP"}]' },
    { schema: '[{"name":"at","type":"STRING"}]' },
    /^time_partitioning.field is "at"; allowed: a column of type TIMESTAMP/,
  ],
  [
    "google_bigquery_table",
    { schema: '[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"},{"name":"e"}]', clustering: ["a", "b", "c", "d"] },
    { clustering: ["a", "b", "c", "d", "e"] },
    /^clustering is .* at most 4 of a, b, c, d, e/,
  ],
  [
    "google_bigquery_table",
    { schema: '[{"name":"a"}]', clustering: ["a"] },
    { clustering: ["b"] },
    /^clustering is \["b"\]/,
  ],
  [
    "google_service_account",
    { account_id: "abcdef" },
    { account_id: "abcde" },
    /^account_id is "abcde"; allowed: 6 to 30/,
  ],
  ["google_service_account", {}, { account_id: `a${"b".repeat(30)}` }, /^account_id/],
  ["google_compute_network", { name: "a-1" }, { name: "a_1" }, /^name is "a_1"; allowed: 1 to 63 lower-case/],
  ["google_compute_network", {}, { name: "1a" }, /^name is "1a"/],
  [
    "google_compute_instance_template",
    { name_prefix: "a-" },
    { name_prefix: "a".repeat(38) },
    /^name_prefix .* 1 to 37/,
  ],
  [
    "google_compute_instance_template",
    { machine_type: "e2-standard-4" },
    { machine_type: "e2-standard-3" },
    /^machine_type is "e2-standard-3"; allowed: a type of the series/,
  ],
  [
    "google_compute_instance_template",
    { machine_type: "n2-standard-4", disk: [{ disk_type: "pd-balanced" }] },
    { machine_type: "n4-standard-4" },
    /^disk.disk_type is "pd-balanced"; allowed: hyperdisk-balanced/,
  ],
  ["google_compute_disk", { type: "pd-ssd" }, { type: "ssd" }, /^type is "ssd"; allowed: pd-standard, pd-balanced/],
  ["google_compute_disk", { zone: "us-east1-b" }, { zone: "us-east1-a" }, /^zone is "us-east1-a"/],
  ["google_compute_subnetwork", { ip_cidr_range: "10.0.0.0/24" }, { ip_cidr_range: "10.0.0.1/24" }, /^ip_cidr_range/],
  [
    "google_compute_firewall",
    { direction: "INGRESS", source_ranges: ["0.0.0.0/0"], allow: [{ protocol: "tcp", ports: ["22"] }] },
    { source_ranges: ["10.0.0.0"] },
    /^source_ranges is "10.0.0.0"; allowed: an IPv4 range/,
  ],
  [
    "google_compute_firewall",
    { direction: "INGRESS", source_service_accounts: ["a@b"], allow: [{ protocol: "tcp", ports: ["22"] }] },
    { source_service_accounts: [] },
    /^source_ranges is \[\]; .* nobody named means everybody/,
  ],
  [
    "google_compute_firewall",
    { direction: "EGRESS", destination_ranges: ["10.0.0.0/8"], allow: [{ protocol: "tcp", ports: ["22"] }] },
    { allow: [{ protocol: "tcp" }] },
    /^allow.ports is null; allowed: the ports; none named means all/,
  ],
  [
    "google_compute_health_check",
    {
      check_interval_sec: 15,
      timeout_sec: 5,
      unhealthy_threshold: 10,
      http_health_check: { request_path: "/healthz" },
    },
    { timeout_sec: 20 },
    /^timeout_sec is 20; allowed: at most 15, the seconds between two probes/,
  ],
  [
    "google_compute_health_check",
    { unhealthy_threshold: 10 },
    { unhealthy_threshold: 11 },
    /^unhealthy_threshold is 11; allowed: 1 to 10/,
  ],
  [
    "google_compute_health_check",
    { http_health_check: { request_path: "/healthz" } },
    { http_health_check: { request_path: "healthz" } },
    /^http_health_check.request_path is "healthz"; allowed: a path/,
  ],
  [
    "google_compute_instance_group_manager",
    { auto_healing_policies: { initial_delay_sec: 600 }, timeouts: { update: "15m" } },
    { auto_healing_policies: { initial_delay_sec: 3_601 } },
    /^auto_healing_policies.initial_delay_sec is 3601; allowed: 0 to 3600/,
  ],
  [
    "google_compute_instance_group_manager",
    { timeouts: { update: "15m" } },
    { timeouts: { update: "15 minutes" } },
    /^timeouts.update is "15 minutes"; allowed: minutes with their m/,
  ],
  [
    "google_secret_manager_secret",
    { secret_id: "rhythmic-dev-kafka-generator", version_destroy_ttl: "604800s" },
    { secret_id: "rhythmic/generator" },
    /^secret_id is "rhythmic\/generator"; allowed: 1 to 255 letters/,
  ],
  [
    "google_secret_manager_secret",
    { version_destroy_ttl: "604800s" },
    { version_destroy_ttl: "3600s" },
    /^version_destroy_ttl is "3600s"; allowed: seconds with their s, 86400s to/,
  ],
  [
    "google_compute_instance_group_manager",
    { update_policy: { type: "PROACTIVE", replacement_method: "RECREATE", max_surge_fixed: 0 } },
    { update_policy: { type: "PROACTIVE", replacement_method: "RECREATE", max_surge_fixed: 1 } },
    /^update_policy.max_surge_fixed is 1; allowed: 0/,
  ],
  [
    "google_compute_instance_group_manager",
    { update_policy: { max_surge_fixed: 1, max_unavailable_fixed: 0 } },
    { update_policy: { max_surge_fixed: 0, max_unavailable_fixed: 0 } },
    /^update_policy.max_unavailable_fixed is 0; allowed: 1 or more/,
  ],
  [
    "google_compute_region_instance_group_manager",
    { update_policy: { max_surge_fixed: 3 } },
    { update_policy: { max_surge_fixed: 1 } },
    /^update_policy.max_surge_fixed is 1; allowed: 0, or 3 and more/,
  ],
  [
    "google_compute_resource_policy",
    { snapshot_schedule_policy: { schedule: { daily_schedule: { start_time: "04:00", days_in_cycle: 1 } } } },
    { snapshot_schedule_policy: { schedule: { daily_schedule: { start_time: "03:00", days_in_cycle: 1 } } } },
    /^snapshot_schedule_policy.schedule.daily_schedule.start_time is "03:00"; allowed: 00:00, 04:00/,
  ],
  [
    "google_compute_resource_policy",
    { snapshot_schedule_policy: { retention_policy: { max_retention_days: 14 } } },
    { snapshot_schedule_policy: { retention_policy: { max_retention_days: 0 } } },
    /^snapshot_schedule_policy.retention_policy.max_retention_days is 0; allowed: 1 to 65535/,
  ],
  [
    "google_compute_per_instance_config",
    { preserved_state: { disk: [{ delete_rule: "NEVER" }] } },
    { preserved_state: { disk: [{ delete_rule: "KEEP" }] } },
    /^preserved_state.disk.delete_rule is "KEEP"; allowed: NEVER, ON_PERMANENT_INSTANCE_DELETION/,
  ],
  ["google_dns_managed_zone", { dns_name: "pkg.dev." }, { dns_name: "pkg.dev" }, /^dns_name .* final dot/],
  ["google_kms_crypto_key", { rotation_period: "86400s" }, { rotation_period: "90" }, /^rotation_period is "90"/],
  ["google_project_iam_custom_role", { role_id: "a_b.c" }, { role_id: "a-b-c" }, /^role_id is "a-b-c"/],
  ["google_project_iam_audit_config", {}, { audit_log_config: [{ log_type: "READ" }] }, /^audit_log_config.log_type/],
  ["google_storage_bucket_iam_member", { member: "group:a@b.c" }, { member: "allUsers" }, /^member is "allUsers"/],
  ["google_project_iam_member", { role: "projects/p/roles/r" }, { role: "storage.admin" }, /^role is "storage.admin"/],
  ["google_compute_address", { labels: { a: "b" } }, { labels: { A: "b" } }, /^the key of a label in labels is "A"/],
  [
    "google_compute_address",
    { labels: { a: "" } },
    { labels: { a: "b c" } },
    /^labels.a is "b c"; allowed: at most 63/,
  ],
];

test.each(REFUSED.map(([type, right, wrong, problem]) => ({ type, right, wrong, problem })))(
  "$type is refused with $wrong",
  ({ type, right, wrong, problem }) => {
    expect(problemOf(type, right)).toBe("none");
    const [path, ...rest] = problemOf(type, { ...right, ...wrong }).split(": ");
    expect(path).toBe("lake/some/resource");
    expect(rest.join(": ")).toMatch(problem);
  },
);

test("what is known at deployment only is left to Terraform", () => {
  expect(problemOf("google_compute_disk", { name: `\${google_compute_network.n.name}`, zone: `\${var.zone}` })).toBe(
    "none",
  );
});

test("every stack is checked when it is written", () => {
  class Wrong extends PlatformStack {}
  const declare = (accountId: string) => () =>
    synthesizeOnly((app) => {
      new ServiceAccount(new Wrong(app, "wrong", environmentFor("dev")), "account", { accountId });
    });
  expect(declare("rhythmic-dev-loader")).not.toThrow();
  expect(declare("loader_of_dev")).toThrow('wrong/account: account_id is "loader_of_dev"; allowed: 6 to 30 lower-case');
});

test("labels that every resource of a stack gets are checked too", () => {
  const json = { provider: { google: [{ default_labels: { environment: "Prod" } }] } };
  expect(() => checkResources("lake", json)).toThrow('lake: default_labels.environment is "Prod"; allowed: at most 63');
});
