import { SECONDS_PER_DAY } from "../durations";
import { addressesOf } from "./cidr";
import { isRegion, zonesOf } from "./regions";

/**
 * What Google Cloud takes, and its provider would find at the earliest when a stack is applied: names, enumerated
 * values, ranges, limits. Attributes go by Terraform's names; a path leads through blocks and lists.
 */

export interface Check {
  /** What is allowed, as the end of a sentence. */
  readonly allowed: string;
  accepts(value: unknown): boolean;
}

const matching = (pattern: RegExp, allowed: string): Check => ({
  allowed,
  accepts: (value) => pattern.test(String(value)),
});

const oneOf = (...values: readonly string[]): Check => ({
  allowed: values.join(", "),
  accepts: (value) => values.includes(String(value)),
});

const between = (least: number, most: number, allowed = `${least} to ${most}`): Check => ({
  allowed,
  accepts: (value) => Number(value) >= least && Number(value) <= most,
});

/** docs.cloud.google.com/storage/docs/buckets#naming */
export const BUCKET_NAME: Check = {
  allowed:
    "3 to 63 lower-case letters, digits, hyphens and underscores, a letter or digit at both ends, " +
    "not beginning with goog and without google",
  accepts: (value) => {
    const name = String(value);
    return /^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/.test(name) && !/^goog|google|g00gle/.test(name);
  },
};

/** docs.cloud.google.com/compute/docs/naming-resources (RFC 1035) */
const COMPUTE_NAME = matching(
  /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "1 to 63 lower-case letters, digits and hyphens, a letter first, no hyphen last",
);
/** The provider adds 26 characters of its own (resource_compute_instance_template.go). */
const COMPUTE_NAME_PREFIX = matching(
  /^[a-z][a-z0-9-]{0,36}$/,
  "1 to 37 lower-case letters, digits and hyphens, a letter first",
);
/** docs.cloud.google.com/bigquery/docs/datasets#dataset-naming, .../tables#table_naming */
const BIGQUERY_NAME = matching(/^[A-Za-z0-9_]{1,1024}$/, "1 to 1024 letters, digits and underscores");
/** docs.cloud.google.com/iam/docs/service-accounts-create */
const ACCOUNT_ID = matching(
  /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  "6 to 30 lower-case letters, digits and hyphens, a letter first, no hyphen last",
);
/** docs.cloud.google.com/kms/docs/create-key-ring */
const KEY_NAME = matching(/^[A-Za-z0-9_-]{1,63}$/, "1 to 63 letters, digits, underscores and hyphens");
const KEY = matching(
  /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[\w-]+\/cryptoKeys\/[\w-]+$/,
  "the full name of a key: projects/P/locations/R/keyRings/K/cryptoKeys/C",
);
const REGION: Check = { allowed: "a region of Google Cloud", accepts: (value) => isRegion(String(value)) };
const ZONE: Check = {
  allowed: "a zone of Google Cloud",
  accepts: (value) => zonesOf(String(value).slice(0, -2)).includes(String(value)),
};
const SECONDS = (least: number, most: number): Check => ({
  allowed: `seconds with their s, ${least}s to ${most}s`,
  accepts: (value) => /^\d+s$/.test(String(value)) && between(least, most).accepts(Number.parseInt(String(value), 10)),
});
const MINUTES = matching(/^[1-9]\d*m$/, "minutes with their m, such as 15m");
const RANGE: Check = {
  allowed: "an IPv4 range such as 10.20.0.0/24, host bits 0",
  accepts: (value) => addressesOf(String(value), { bitsMin: 0, bitsMax: 32 }) !== undefined,
};
const SUBNET: Check = { ...RANGE, accepts: (value) => addressesOf(String(value)) !== undefined };
const DNS_NAME = matching(/^(\*\.)?([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+$/, "a name of DNS with its final dot");
const PORT = matching(/^\d{1,5}(-\d{1,5})?$/, "a port or a range of ports");

/** docs.cloud.google.com/compute/docs/general-purpose-machines, 2026-11. */
const MACHINE_TYPE = matching(
  new RegExp(
    "^(e2-(micro|small|medium)|e2-(standard|highcpu)-(2|4|8|16|32)|e2-highmem-(2|4|8|16)|" +
      "(n2|n2d)-(standard|highcpu|highmem)-(2|4|8|16|32|48|64|80|96)|" +
      "n4-(standard|highcpu|highmem)-(2|4|8|16|32|48|64|80)|" +
      "c4-(standard|highcpu|highmem)-(2|4|8|16|24|32|48|96|144|192|288))$",
  ),
  "a type of the series E2, N2, N2D, N4 or C4, such as e2-standard-4",
);
/** docs.cloud.google.com/compute/docs/disks */
const DISK_TYPE = oneOf("pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced");
const KEPT_RULE = oneOf("NEVER", "ON_PERMANENT_INSTANCE_DELETION");
const LOG_METADATA = oneOf("INCLUDE_ALL_METADATA", "EXCLUDE_ALL_METADATA");

/** docs.cloud.google.com/resource-manager/docs/labels-overview */
export const LABEL_KEY = matching(
  /^[a-z][a-z0-9_-]{0,62}$/,
  "1 to 63 lower-case letters, digits, underscores and hyphens, a letter first",
);
export const LABEL_VALUE = matching(
  /^[a-z0-9_-]{0,63}$/,
  "at most 63 lower-case letters, digits, underscores and hyphens",
);
export const LABELS_MAX = 64;

/** Of every grant: to one account, group or person, never to everybody (docs.cloud.google.com/iam/docs/principals). */
const GRANT = {
  role: matching(/^(roles|projects\/[^/]+\/roles)\/[\w.]+$/, "roles/NAME or projects/P/roles/NAME"),
  member: matching(/^(serviceAccount|group|user):.+/, "serviceAccount:, group: or user: and an email address"),
};

type Checks = Readonly<Record<string, Check>>;

/** What holds for all types that begin or end so, before what holds for one. */
const FAMILIES: readonly (readonly [RegExp, Checks])[] = [
  [/_iam_member$/, GRANT],
  [
    /^google_compute_(?!project_|disk_resource_policy_attachment)/,
    { name: COMPUTE_NAME, name_prefix: COMPUTE_NAME_PREFIX, region: REGION, zone: ZONE },
  ],
];

const TYPES: Readonly<Record<string, Checks>> = {
  google_billing_budget: {
    display_name: matching(/^.{1,60}$/, "1 to 60 characters"),
    "budget_filter.calendar_period": oneOf("MONTH", "QUARTER", "YEAR"),
    "threshold_rules.spend_basis": oneOf("CURRENT_SPEND", "FORECASTED_SPEND"),
  },
  google_artifact_registry_repository: {
    repository_id: matching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, COMPUTE_NAME.allowed),
    location: REGION,
    format: oneOf("DOCKER", "GENERIC", "NPM", "MAVEN", "PYTHON", "APT", "YUM", "GO"),
    mode: oneOf("STANDARD_REPOSITORY", "VIRTUAL_REPOSITORY", "REMOTE_REPOSITORY"),
    "remote_repository_config.docker_repository.public_repository": oneOf("DOCKER_HUB"),
  },
  google_bigquery_connection: {
    connection_id: matching(/^[A-Za-z0-9_-]{1,1024}$/, "letters, digits, underscores and hyphens"),
    location: REGION,
  },
  google_bigquery_dataset: {
    dataset_id: BIGQUERY_NAME,
    location: REGION,
    "default_encryption_configuration.kms_key_name": KEY,
  },
  google_bigquery_table: {
    table_id: BIGQUERY_NAME,
    "time_partitioning.type": oneOf("HOUR", "DAY", "MONTH", "YEAR"),
    "encryption_configuration.kms_key_name": KEY,
  },
  google_compute_disk: {
    type: DISK_TYPE,
    size: between(10, 65_536),
    "disk_encryption_key.kms_key_self_link": KEY,
  },
  google_compute_firewall: {
    direction: oneOf("INGRESS", "EGRESS"),
    priority: between(0, 65_535),
    source_ranges: RANGE,
    destination_ranges: RANGE,
    "allow.ports": PORT,
    "deny.ports": PORT,
    "log_config.metadata": LOG_METADATA,
  },
  google_compute_health_check: {
    // docs.cloud.google.com/compute/docs/reference/rest/v1/healthChecks
    check_interval_sec: between(1, 300),
    timeout_sec: between(1, 300),
    healthy_threshold: between(1, 10),
    unhealthy_threshold: between(1, 10),
    "http_health_check.port": between(1, 65_535),
    "http_health_check.request_path": matching(/^\/[!-~]{0,2047}$/, "a path of at most 2048 characters, / first"),
  },
  google_compute_instance_group_manager: {
    "update_policy.type": oneOf("PROACTIVE", "OPPORTUNISTIC"),
    "update_policy.minimal_action": oneOf("REPLACE", "RESTART", "REFRESH", "NONE"),
    "update_policy.replacement_method": oneOf("SUBSTITUTE", "RECREATE"),
    wait_for_instances_status: oneOf("STABLE", "UPDATED"),
    target_size: between(0, 1_000),
    // docs.cloud.google.com/compute/docs/reference/rest/v1/instanceGroupManagers
    "auto_healing_policies.initial_delay_sec": between(0, 3_600),
    "instance_lifecycle_policy.default_action_on_failure": oneOf("REPAIR", "DO_NOTHING"),
    "timeouts.create": MINUTES,
    "timeouts.update": MINUTES,
    "timeouts.delete": MINUTES,
  },
  google_compute_instance_template: {
    machine_type: MACHINE_TYPE,
    "disk.disk_type": DISK_TYPE,
    "disk.disk_size_gb": between(10, 65_536),
    "disk.disk_encryption_key.kms_key_self_link": KEY,
    "scheduling.on_host_maintenance": oneOf("MIGRATE", "TERMINATE"),
  },
  google_compute_network: { routing_mode: oneOf("REGIONAL", "GLOBAL") },
  google_compute_per_instance_config: {
    "preserved_state.disk.mode": oneOf("READ_ONLY", "READ_WRITE"),
    "preserved_state.disk.delete_rule": KEPT_RULE,
    "preserved_state.internal_ip.auto_delete": KEPT_RULE,
  },
  google_compute_resource_policy: {
    // docs.cloud.google.com/compute/docs/reference/rest/v1/resourcePolicies: windows of four hours, from midnight UTC.
    "snapshot_schedule_policy.schedule.daily_schedule.start_time": oneOf(
      ...["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"],
    ),
    "snapshot_schedule_policy.schedule.daily_schedule.days_in_cycle": oneOf("1"),
    "snapshot_schedule_policy.retention_policy.max_retention_days": between(1, 65_535),
    "snapshot_schedule_policy.retention_policy.on_source_disk_delete": oneOf(
      "KEEP_AUTO_SNAPSHOTS",
      "APPLY_RETENTION_POLICY",
    ),
  },
  google_compute_route: { dest_range: RANGE },
  google_compute_router_nat: {
    nat_ip_allocate_option: oneOf("AUTO_ONLY", "MANUAL_ONLY"),
    source_subnetwork_ip_ranges_to_nat: oneOf(
      "ALL_SUBNETWORKS_ALL_IP_RANGES",
      "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES",
      "LIST_OF_SUBNETWORKS",
    ),
    "log_config.filter": oneOf("ERRORS_ONLY", "TRANSLATIONS_ONLY", "ALL"),
  },
  google_compute_subnetwork: {
    ip_cidr_range: SUBNET,
    "log_config.aggregation_interval": oneOf(
      ...["5_SEC", "30_SEC", "1_MIN", "5_MIN", "10_MIN", "15_MIN"].map((interval) => `INTERVAL_${interval}`),
    ),
    "log_config.flow_sampling": between(0, 1),
    "log_config.metadata": LOG_METADATA,
  },
  google_dns_managed_zone: { name: COMPUTE_NAME, dns_name: DNS_NAME, visibility: oneOf("private", "public") },
  google_dns_policy: { name: COMPUTE_NAME },
  google_dns_record_set: { name: DNS_NAME, type: oneOf("A", "AAAA", "CNAME", "TXT", "SRV"), ttl: between(0, 86_400) },
  google_kms_crypto_key: {
    name: KEY_NAME,
    rotation_period: {
      allowed: "seconds with their s, a day at least, such as 7776000s",
      accepts: (value) => /^\d+s$/.test(String(value)) && Number.parseInt(String(value), 10) >= SECONDS_PER_DAY,
    },
  },
  google_kms_key_ring: { name: KEY_NAME, location: REGION },
  google_logging_metric: {
    // docs.cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics
    name: matching(/^[\w.,+!*',()%/-]{1,100}$/, "1 to 100 letters, digits and _-.,+!*',()%/"),
    "metric_descriptor.metric_kind": oneOf("DELTA"),
    "metric_descriptor.value_type": oneOf("INT64", "DISTRIBUTION"),
    "metric_descriptor.labels.value_type": oneOf("STRING", "BOOL", "INT64"),
    value_extractor: matching(/^(REGEXP_)?EXTRACT\(.+\)$/, "EXTRACT(field) or REGEXP_EXTRACT(field, pattern)"),
  },
  google_monitoring_alert_policy: {
    severity: oneOf("CRITICAL", "ERROR", "WARNING"),
    combiner: oneOf("OR", "AND", "AND_WITH_MATCHING_RESOURCE"),
    "conditions.condition_prometheus_query_language.duration": matching(/^\d+s$/, "seconds with their s"),
    "conditions.condition_prometheus_query_language.evaluation_interval": {
      allowed: "a multiple of 30 seconds, with its s",
      accepts: (value) => /^\d+s$/.test(String(value)) && Number.parseInt(String(value), 10) % 30 === 0,
    },
    "documentation.mime_type": oneOf("text/markdown"),
    "alert_strategy.auto_close": {
      allowed: "30 minutes to 7 days, which are 1800s to 604800s",
      accepts: (value) =>
        /^\d+s$/.test(String(value)) && between(1_800, 604_800).accepts(Number.parseInt(String(value), 10)),
    },
  },
  google_monitoring_notification_channel: { type: oneOf("email", "pagerduty", "slack", "webhook_tokenauth") },
  google_project_iam_audit_config: { "audit_log_config.log_type": oneOf("ADMIN_READ", "DATA_READ", "DATA_WRITE") },
  google_project_iam_custom_role: {
    role_id: matching(/^[A-Za-z0-9_.]{3,64}$/, "3 to 64 letters, digits, underscores and dots"),
    permissions: matching(/^[a-z]+(\.[A-Za-z]+){2}$/, "permissions such as bigquery.connections.delegate"),
  },
  google_project_service: { service: matching(/^[a-z]+\.googleapis\.com$/, "NAME.googleapis.com") },
  google_secret_manager_secret: {
    // docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets
    secret_id: matching(/^[A-Za-z0-9_-]{1,255}$/, "1 to 255 letters, digits, hyphens and underscores"),
    "replication.user_managed.replicas.location": REGION,
    "replication.user_managed.replicas.customer_managed_encryption.kms_key_name": KEY,
    version_destroy_ttl: SECONDS(SECONDS_PER_DAY, 1_000 * SECONDS_PER_DAY),
  },
  google_service_account: {
    account_id: ACCOUNT_ID,
    display_name: matching(/^.{0,100}$/, "at most 100 characters"),
    description: matching(/^.{0,256}$/, "at most 256 characters"),
  },
  google_storage_bucket: {
    name: BUCKET_NAME,
    location: REGION,
    storage_class: oneOf("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"),
    public_access_prevention: oneOf("enforced", "inherited"),
    "soft_delete_policy.retention_duration_seconds": {
      allowed: "0 (none), or 7 to 90 days, which are 604800 to 7776000 seconds",
      accepts: (value) =>
        value === 0 || (Number(value) >= 7 * SECONDS_PER_DAY && Number(value) <= 90 * SECONDS_PER_DAY),
    },
    "lifecycle_rule.action.type": oneOf("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"),
    "lifecycle_rule.action.storage_class": oneOf("NEARLINE", "COLDLINE", "ARCHIVE"),
    "lifecycle_rule.condition.with_state": oneOf("LIVE", "ARCHIVED", "ANY"),
    "retention_policy.retention_period": between(1, 3_155_760_000),
    "encryption.default_kms_key_name": KEY,
    "logging.log_bucket": BUCKET_NAME,
  },
};

/** The checks of a type of resource, by the paths of its attributes. */
export function checksOf(type: string): Checks {
  const families = FAMILIES.filter(([pattern]) => pattern.test(type)).map(([, checks]) => checks);
  return Object.assign({}, ...families, TYPES[type]);
}
