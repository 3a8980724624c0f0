import type { Environment } from "../../stacks/environment-record";
import { accountEmailOf, nameOf } from "../../stacks/names";
import type { SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { valueAt } from "./rule";

/** A grant as a person says it: who has which role on what, and for which part of it. */
export interface ReadGrant {
  readonly resource: SynthesizedResource;
  /** The program of the account, a name of ours for Google's own accounts, or the member as it stands. */
  readonly who: string;
  readonly role: string;
  /** Such as `bucket lake`, `dataset staging`, `project`. */
  readonly on: string;
  /** The prefixes of the objects that the grant is for, ` and listing` where it is for lists too; empty for all. */
  readonly under: string;
  /** A condition that is no list of prefixes, as it stands; empty where there is none. */
  readonly condition: string;
}

/** The attribute that names what is granted on, and what it is, by type. */
const TARGETS: Readonly<Record<string, readonly [attribute: string, what: string]>> = {
  google_storage_bucket_iam_member: ["bucket", "bucket"],
  google_bigquery_dataset_iam_member: ["dataset_id", "dataset"],
  google_bigquery_connection_iam_member: ["connection_id", "connection"],
  google_artifact_registry_repository_iam_member: ["repository", "repository"],
  google_kms_crypto_key_iam_member: ["crypto_key_id", "key"],
  google_secret_manager_secret_iam_member: ["secret_id", "secret"],
};

/** The programs with accounts of their own. */
const ACCOUNTS = ["kafka", "generator", "processor", "loader"];

/** Accounts that Google makes, some of them known at deployment only. */
const AGENTS = [
  ["storage-logs", /^group:cloud-storage-analytics@google\.com$/],
  ["storage-agent", /^\$\{data\.google_storage_project_service_account\.[\w-]+\.member\}$/],
  ["bigquery-agent", /^\$\{data\.google_bigquery_default_service_account\.[\w-]+\.member\}$/],
  [
    "compute-agent",
    /^serviceAccount:service-\$\{data\.google_project\.[\w-]+\.number\}@compute-system\.iam\.gserviceaccount\.com$/,
  ],
  [
    "secrets-agent",
    /^serviceAccount:service-\$\{data\.google_project\.[\w-]+\.number\}@gcp-sa-secretmanager\.iam\.gserviceaccount\.com$/,
  ],
  [
    "lake-connection",
    /^serviceAccount:\$\{google_bigquery_connection\.[\w-]+\.cloud_resource\[0\]\.service_account_id\}$/,
  ],
] as const satisfies readonly (readonly [name: string, member: RegExp])[];
export type AgentName = (typeof AGENTS)[number][0];

export function isGrant({ type }: SynthesizedResource): boolean {
  return type.endsWith("_iam_member");
}

export function grantsOf(platform: SynthesizedPlatform, environment: Environment): readonly ReadGrant[] {
  return platform.resources.filter(isGrant).map((resource) => readGrant(resource, platform, environment));
}

/** `loader roles/storage.objectCreator on bucket lake under loads/` */
export function textOf({ who, role, on, under, condition }: ReadGrant): string {
  return `${who} ${role} on ${on}${under === "" ? "" : ` under ${under}`}${condition === "" ? "" : ` if ${condition}`}`;
}

/** Is it an account of the platform's own, or one of Google's that we know? */
export function isKnown({ who, resource }: ReadGrant): boolean {
  return who !== resource.attributes.member;
}

function readGrant(resource: SynthesizedResource, platform: SynthesizedPlatform, environment: Environment): ReadGrant {
  const { attributes } = resource;
  const expression = String(valueAt(attributes, "condition.expression") ?? "");
  const under = underOf(expression, String(attributes.bucket));
  return {
    resource,
    who: whoOf(String(attributes.member), environment),
    role: roleOf(String(attributes.role), environment),
    on: targetOf(resource, platform, environment),
    under: under ?? "",
    condition: under === undefined ? expression : "",
  };
}

/** The program or the agent whose account it is, else the member as it stands. */
export function whoOf(member: string, environment: Environment): string {
  const program = ACCOUNTS.find((account) => member === `serviceAccount:${accountEmailOf(environment, account)}`);
  return program ?? AGENTS.find(([, pattern]) => pattern.test(member))?.[0] ?? member;
}

/** A role of our own goes by the last part of its id. */
function roleOf(role: string, { project, name }: Environment): string {
  return role.replace(`projects/${project}/roles/rhythmic_${name}_`, "our ");
}

function targetOf(resource: SynthesizedResource, platform: SynthesizedPlatform, environment: Environment): string {
  const { type, stack, attributes } = resource;
  if (type === "google_project_iam_member") return "project";
  const [attribute, what] = TARGETS[type] ?? ["", type];
  const text = String(attributes[attribute] ?? "");
  // What the same stack declares may stand as a reference; it goes by its own name.
  const [, ofType, id] = /^\$\{(\w+)\.([\w-]+)\.\w+\}$/.exec(text) ?? [];
  const declared = platform.resources.find((one) => one.stack === stack && one.type === ofType && one.id === id);
  const name = String(declared?.attributes.name ?? text);
  return `${what} ${shortOf(name, environment)}`;
}

/** The last part of a name of ours: `lake` of `project-rhythmic-prod-lake`, `staging` of `rhythmic_prod_staging`. */
function shortOf(name: string, environment: Environment): string {
  const prefix = nameOf(environment, "");
  for (const start of [`${environment.project}-${prefix}`, prefix, prefix.replaceAll("-", "_")]) {
    if (name.startsWith(start)) return name.slice(start.length);
  }
  return name;
}

/**
 * The prefixes that a condition allows.
 * @returns `undefined` where it is another kind of condition, or about another bucket
 */
function underOf(expression: string, bucket: string): string | undefined {
  if (expression === "") return undefined;
  const name = `projects/_/buckets/${bucket}`;
  const terms = expression.split(" || ");
  const prefixes = terms.map((term) => {
    const start = `resource.name.startsWith("${name}/objects/`;
    return term.startsWith(start) && term.endsWith('")') ? term.slice(start.length, -2) : undefined;
  });
  const lists = terms.map((term) => term === `resource.name == "${name}"`);
  if (terms.some((_, index) => !prefixes[index] && !lists[index])) return undefined;
  return `${prefixes.filter((prefix) => prefix !== undefined).join(" and ")}${lists.includes(true) ? " and listing" : ""}`;
}
