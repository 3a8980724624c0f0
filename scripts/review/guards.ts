import type { Attributes } from "../../stacks/synthesized";
import { isPublic, shortMember } from "./grants";
import type { Danger, GrantChange, PassageChange } from "./model";
import { blocksAt, cloudNameOf, type Judged, textsOf, valueAt } from "./resources";
import { forcedText } from "./text";

/** What nobody may overlook: data that would be lost, guards that are lowered, ways that are opened. */

/** Types that hold what nobody can make again, and what stops a deploy that would take it. */
const STORES: Readonly<Record<string, (before: Attributes) => string | undefined>> = {
  docker_volume: () => undefined,
  google_bigquery_dataset: ({ delete_contents_on_destroy }) =>
    delete_contents_on_destroy === true ? undefined : "BigQuery refuses it while the dataset holds tables",
  // The provider's own default is true (resource_bigquery_table.go).
  google_bigquery_table: ({ deletion_protection }) =>
    deletion_protection === false ? undefined : "deletion_protection refuses it",
  google_compute_disk: ({ create_snapshot_before_destroy }) =>
    create_snapshot_before_destroy === true ? "a snapshot is taken first, and nothing else saves the data" : undefined,
  google_kms_crypto_key: () => undefined,
  google_kms_key_ring: () => "Google Cloud never deletes a key ring; Terraform only forgets it",
  google_storage_bucket: ({ force_destroy }) =>
    force_destroy === true ? undefined : "Cloud Storage refuses it while the bucket holds objects",
};

export function holdsData(type: string): boolean {
  return type in STORES;
}

/** What stops a deploy that would destroy the store or make it anew; no sentence where nothing does. */
export function stopsOf({ type, action, before, after }: Judged): string[] {
  if (before === undefined || !holdsData(type) || (action !== "destroyed" && action !== "replaced")) return [];
  const prevented = valueAt(before, "lifecycle.prevent_destroy") === true;
  const provider = STORES[type]?.(before);
  const stops = provider === undefined ? [] : [provider];
  if (action === "replaced" && valueAt(after, "lifecycle.prevent_destroy") === true) {
    return ["prevent_destroy would refuse it: the deploy stops before anything happens", ...stops];
  }
  // Terraform reads the guard from the declaration, which is gone.
  if (action === "destroyed" && prevented)
    return ["prevent_destroy goes with the declaration and protects nothing", ...stops];
  return stops.length > 0 ? stops : ["nothing refuses it: the data is gone after the deploy"];
}

/** A setting that protects data, and what it means when it goes. */
interface Guard {
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

const GUARDS: readonly Guard[] = [
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
    lowered: (before, after) => getsLess(before ?? Number.POSITIVE_INFINITY, after),
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
    lowered: (before, after) => before === "enforced" && after !== "enforced",
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
    lowered: goes,
    kind: "guard",
    says: "the key is no longer rotated",
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
    lowered: (before, after) => before === "TRUE" && after !== "TRUE",
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
    lowered: (before, after) => before === "NEVER" && after !== "NEVER",
    kind: "data",
    says: "the data disk goes with its machine",
  },
];

/** Resources whose coming or going opens or lowers something by itself. */
const COMINGS: Readonly<Record<string, readonly [Danger["kind"], string]>> = {
  google_compute_router_nat: ["access", "machines get a way out to the internet"],
  google_compute_route: ["access", "the network gets another route"],
};
const GOINGS: Readonly<Record<string, readonly [Danger["kind"], string]>> = {
  google_project_iam_audit_config: ["guard", "who reads and writes is no longer logged"],
  google_compute_disk_resource_policy_attachment: ["guard", "no snapshots are taken any more"],
};

/** @param newStack everything in it is new, so that nothing of it lowers a guard */
export function dangersOf(
  judged: readonly Judged[],
  grants: readonly GrantChange[],
  passages: readonly PassageChange[],
  newStack: boolean,
): Danger[] {
  return [
    ...judged.flatMap(storeDangers),
    ...judged.flatMap(guardDangers),
    ...(newStack ? [] : judged.flatMap(comingsAndGoings)),
    ...grants.flatMap(grantDanger),
    ...passages.flatMap(passageDanger),
  ];
}

function storeDangers(judged: Judged): Danger[] {
  const stops = stopsOf(judged);
  if (stops.length === 0) return [];
  const { stack, action, forcedBy } = judged;
  const because = action === "replaced" ? `, because of ${forcedText(forcedBy)}` : "";
  const what = action === "replaced" ? "is destroyed and made anew, empty" : "is destroyed";
  const notes = judged.notes.length > 0 ? ` ${judged.notes.join(" ")}` : "";
  return [{ kind: "data", stack, text: `${nameOf(judged)} ${what}${because}; ${stops.join("; ")}.${notes}` }];
}

function guardDangers(judged: Judged): Danger[] {
  const { stack, type, before, after } = judged;
  if (before === undefined || after === undefined || judged.action === "none") return [];
  const lowered = GUARDS.filter(
    (guard) =>
      guard.type.test(type) &&
      guard.lowered(valueAt(before, guard.path), valueAt(after, guard.path)) &&
      !sameAt(judged, guard.path),
  ).map(({ kind, says, path }) => ({ kind, stack, text: `${nameOf(judged)}: ${says} (\`${path}\`).` }));
  const [old, next] = [before, after].map((side) => deleteRules(type, side));
  const more = (next ?? []).filter((rule) => !old?.includes(rule));
  const gained = gainedPermissions(judged);
  return [
    ...lowered,
    ...(gained.length > 0
      ? [{ kind: "access" as const, stack, text: `${nameOf(judged)} allows more: ${gained.join(", ")}.` }]
      : []),
    ...more.map((rule) => ({
      kind: "data" as const,
      stack,
      text: `${nameOf(judged)}: a lifecycle rule deletes objects (${rule}).`,
    })),
  ];
}

/** What a role of our own allows beyond what it allowed before. */
function gainedPermissions({ type, before, after }: Judged): string[] {
  if (!type.endsWith("_iam_custom_role")) return [];
  const old = textsOf(before?.permissions);
  return textsOf(after?.permissions).filter((permission) => !old.includes(permission));
}

function sameAt({ before, after }: Judged, path: string): boolean {
  return JSON.stringify(valueAt(before, path)) === JSON.stringify(valueAt(after, path));
}

function deleteRules(type: string, attributes: Attributes | undefined): string[] {
  if (type !== "google_storage_bucket") return [];
  return blocksAt(attributes, "lifecycle_rule")
    .filter((rule) => valueAt(rule, "action.type") === "Delete")
    .map((rule) => JSON.stringify(blocksAt(rule, "condition")[0] ?? {}).replaceAll('"', ""));
}

function comingsAndGoings(judged: Judged): Danger[] {
  const { stack, type, action } = judged;
  const told = action === "created" ? COMINGS[type] : action === "destroyed" ? GOINGS[type] : undefined;
  return told === undefined ? [] : [{ kind: told[0], stack, text: `${nameOf(judged)}: ${told[1]}.` }];
}

function grantDanger({ stack, change, who, role, on, condition }: GrantChange): Danger[] {
  if (change !== "opened") return [];
  const whom = isPublic(who) ? `EVERYBODY (${who})` : shortMember(who);
  const when = condition === undefined ? "" : ", under a condition";
  return [{ kind: "access", stack, text: `${whom} gets ${role} on ${on}${when}.` }];
}

function passageDanger({ stack, change, from, to, traffic, rule }: PassageChange): Danger[] {
  if (change !== "opened") return [];
  return [{ kind: "access", stack, text: `Traffic from ${from} to ${to} passes (${traffic}; ${rule}).` }];
}

/** `bucket acme-lake`: the type's last word, and the name that the cloud knows. */
export function nameOf({ type, path, before, after }: Judged): string {
  const kind =
    type
      .replace(/^(data\.)?(google|docker)_/, "")
      .split("_")
      .at(-1) ?? type;
  return `${kind} \`${cloudNameOf(after) ?? cloudNameOf(before) ?? path}\``;
}
