import { SECONDS_PER_DAY } from "../durations";
import type { Attributes } from "../synthesis/synthesized";

/**
 * What Google Cloud takes one by one, but not together: retention against lifecycle, partitions against their limit,
 * a surge against the zones of a group.
 */

export interface Conflict {
  readonly attribute: string;
  readonly given: unknown;
  /** What is allowed, as the end of a sentence. */
  readonly allowed: string;
}

const MS_PER_HOUR = 3_600_000;
/** docs.cloud.google.com/bigquery/quotas#partitioned_tables */
const PARTITIONS_MAX = 10_000;
/** docs.cloud.google.com/bigquery/docs/clustered-tables */
const CLUSTERING_COLUMNS_MAX = 4;
/** Zones that a regional group spreads its machines over, where it names none. */
const ZONES_OF_A_REGION = 3;

/** A block of Terraform's JSON, which may stand alone, in a list, or nowhere. */
function block(value: unknown): Attributes {
  return ((Array.isArray(value) ? value[0] : value) ?? {}) as Attributes;
}

function list(value: unknown): readonly Attributes[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]) as readonly Attributes[];
}

/**
 * Does a condition spare what is young? A number that is 0 is not sent, so that the rest of the condition stands alone
 * (github.com/hashicorp/terraform-provider-google/issues/17990).
 */
function isAged({ age, days_since_noncurrent_time: sinceReplacedDays }: Attributes): boolean {
  return Number(age ?? 0) > 0 || Number(sinceReplacedDays ?? 0) > 0;
}

function ofBucket(attributes: Attributes): Conflict | undefined {
  const retainedDays = Number(block(attributes.retention_policy).retention_period ?? 0) / SECONDS_PER_DAY;
  for (const rule of list(attributes.lifecycle_rule)) {
    const { age } = block(rule.condition);
    const { type } = block(rule.action);
    const isDelete = type === "Delete";
    if ((isDelete || type === "AbortIncompleteMultipartUpload") && !isAged(block(rule.condition))) {
      const allowed =
        "an age, or a time since an object was replaced, of a day at least; without one the rule takes all";
      return { attribute: "lifecycle_rule.condition", given: rule.condition ?? null, allowed };
    }
    if (isDelete && age !== undefined && Number(age) < retainedDays) {
      const allowed = `${retainedDays} days or more, which the retention policy keeps every object`;
      return { attribute: "lifecycle_rule.condition.age", given: age, allowed };
    }
  }
  if (block(attributes.versioning).enabled === true && retainedDays > 0) {
    return { attribute: "versioning.enabled", given: true, allowed: "false in a bucket with a retention policy" };
  }
  return undefined;
}

function ofTable(attributes: Attributes): Conflict | undefined {
  const { type, field, expiration_ms: expirationMs } = block(attributes.time_partitioning);
  if (type === "HOUR" && Number(expirationMs ?? 0) > PARTITIONS_MAX * MS_PER_HOUR) {
    const allowed = `at most ${PARTITIONS_MAX * MS_PER_HOUR}, since a table has at most ${PARTITIONS_MAX} partitions`;
    return { attribute: "time_partitioning.expiration_ms", given: expirationMs, allowed };
  }
  const columns = JSON.parse(String(attributes.schema ?? "[]")) as readonly { readonly name: string; type: string }[];
  const named = columns.map(({ name }) => name);
  if (field !== undefined && columns.find(({ name }) => name === field)?.type !== "TIMESTAMP") {
    return { attribute: "time_partitioning.field", given: field, allowed: "a column of type TIMESTAMP" };
  }
  const clustering = (attributes.clustering ?? []) as readonly string[];
  if (clustering.length > CLUSTERING_COLUMNS_MAX || clustering.some((column) => !named.includes(column))) {
    const allowed = `at most ${CLUSTERING_COLUMNS_MAX} of ${named.join(", ")}`;
    return { attribute: "clustering", given: clustering, allowed };
  }
  return undefined;
}

function ofFirewall(attributes: Attributes): Conflict | undefined {
  const ingress = attributes.direction === "INGRESS";
  const from = ingress
    ? (attributes.source_ranges ?? attributes.source_service_accounts)
    : attributes.destination_ranges;
  // Google Cloud reads a rule without an end as a rule for every address.
  if (!Array.isArray(from) || from.length === 0) {
    const attribute = ingress ? "source_ranges" : "destination_ranges";
    return { attribute, given: from ?? null, allowed: "who is at the other end; nobody named means everybody" };
  }
  for (const { protocol, ports } of list(attributes.allow)) {
    if (
      protocol === "all" ||
      (["tcp", "udp"].includes(String(protocol)) && !(Array.isArray(ports) && ports.length > 0))
    ) {
      return { attribute: "allow.ports", given: ports ?? null, allowed: "the ports; none named means all" };
    }
  }
  return undefined;
}

function ofHealthCheck(attributes: Attributes): Conflict | undefined {
  const { timeout_sec: given = 5, check_interval_sec: every = 5 } = attributes;
  if (Number(given) <= Number(every)) return undefined;
  return { attribute: "timeout_sec", given, allowed: `at most ${every}, the seconds between two probes` };
}

function ofTemplate(attributes: Attributes): Conflict | undefined {
  const series = String(attributes.machine_type).split("-")[0] ?? "";
  const wrong = list(attributes.disk).find(({ disk_type: type }) => String(type).startsWith("pd-"));
  // docs.cloud.google.com/compute/docs/general-purpose-machines: the fourth generation takes no persistent disk.
  if (["n4", "c4"].includes(series) && wrong !== undefined) {
    const allowed = `hyperdisk-balanced, which is what a machine of the series ${series.toUpperCase()} takes`;
    return { attribute: "disk.disk_type", given: wrong.disk_type, allowed };
  }
  return undefined;
}

function ofZonalGroup(attributes: Attributes): Conflict | undefined {
  const policy = block(attributes.update_policy);
  const surge = Number(policy.max_surge_fixed ?? 1);
  if (policy.replacement_method === "RECREATE" && surge !== 0) {
    const allowed = "0, since a machine that is made again in place can't stand beside its successor";
    return { attribute: "update_policy.max_surge_fixed", given: surge, allowed };
  }
  if (surge === 0 && Number(policy.max_unavailable_fixed ?? 1) === 0) {
    const allowed = "1 or more where there is no surge, or no machine could ever be replaced";
    return { attribute: "update_policy.max_unavailable_fixed", given: 0, allowed };
  }
  return undefined;
}

function ofRegionalGroup(attributes: Attributes): Conflict | undefined {
  const surge = Number(block(attributes.update_policy).max_surge_fixed ?? ZONES_OF_A_REGION);
  if (surge !== 0 && surge < ZONES_OF_A_REGION) {
    const allowed = `0, or ${ZONES_OF_A_REGION} and more: a machine in each zone of the region; or a zonal group`;
    return { attribute: "update_policy.max_surge_fixed", given: surge, allowed };
  }
  return undefined;
}

const CONFLICTS: Readonly<Record<string, (attributes: Attributes) => Conflict | undefined>> = {
  google_bigquery_table: ofTable,
  google_compute_firewall: ofFirewall,
  google_compute_health_check: ofHealthCheck,
  google_compute_instance_group_manager: ofZonalGroup,
  google_compute_instance_template: ofTemplate,
  google_compute_region_instance_group_manager: ofRegionalGroup,
  google_storage_bucket: ofBucket,
};

/** The first conflict in a resource's attributes. */
export function conflictIn(type: string, attributes: Attributes): Conflict | undefined {
  return CONFLICTS[type]?.(attributes);
}
