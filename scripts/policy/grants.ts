import type { SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesized";
import { valueAt } from "./rule";

/** A grant as a person says it: who has which role on what, and under which condition. */
export interface ReadGrant {
  readonly resource: SynthesizedResource;
  /** The program of the account, or the member as it stands. */
  readonly who: string;
  readonly role: string;
  /** Such as `bucket lake`, `dataset staging`, `project`. */
  readonly on: string;
  /** The prefix of the objects that the grant is for; empty for all of them. */
  readonly under: string;
  /** A condition that is not such a prefix, as it stands; empty where there is none. */
  readonly condition: string;
}

/** The attribute that names what is granted on, and what it is, by type. */
const TARGETS: Readonly<Record<string, readonly [attribute: string, what: string]>> = {
  google_storage_bucket_iam_member: ["bucket", "bucket"],
  google_bigquery_dataset_iam_member: ["dataset_id", "dataset"],
  google_bigquery_connection_iam_member: ["connection_id", "connection"],
  google_artifact_registry_repository_iam_member: ["repository", "repository"],
  google_kms_crypto_key_iam_member: ["crypto_key_id", "key"],
  google_kms_key_ring_iam_member: ["key_ring_id", "key ring"],
};

export function isGrant({ type }: SynthesizedResource): boolean {
  return type.endsWith("_iam_member");
}

export function grantsOf(platform: SynthesizedPlatform): readonly ReadGrant[] {
  return platform.resources.filter(isGrant).map(readGrant);
}

/** `loader roles/storage.objectCreator on bucket lake under loads/` */
export function textOf({ who, role, on, under, condition }: ReadGrant): string {
  return `${who} ${role} on ${on}${under === "" ? "" : ` under ${under}`}${condition === "" ? "" : ` if ${condition}`}`;
}

function readGrant(resource: SynthesizedResource): ReadGrant {
  const { attributes, type } = resource;
  const expression = String(valueAt(attributes, "condition.expression") ?? "");
  const [attribute, what] = TARGETS[type] ?? ["", type];
  const target = String(attributes[attribute] ?? "");
  const [, bucket, under = ""] =
    /^resource\.name\.startsWith\("projects\/_\/buckets\/([^/]+)\/objects\/(.+)"\)$/.exec(expression) ?? [];
  const isPrefix = bucket !== undefined && bucket === attributes.bucket;
  return {
    resource,
    who: whoOf(String(attributes.member)),
    role: String(attributes.role),
    on: type === "google_project_iam_member" ? "project" : `${what} ${shortOf(target)}`,
    under: isPrefix ? under : "",
    condition: isPrefix ? "" : expression,
  };
}

/** `serviceAccount:rhythmic-prod-loader@...` is the loader. */
function whoOf(member: string): string {
  return (
    /^serviceAccount:rhythmic-(?:dev|prod)-([a-z-]+)@[a-z0-9-]+\.iam\.gserviceaccount\.com$/.exec(member)?.[1] ?? member
  );
}

/** The last part of a name: `lake` of `project-rhythmic-prod-lake`, `staging` of `rhythmic_prod_staging`. */
function shortOf(name: string): string {
  return /rhythmic[-_](?:dev|prod)[-_]([\w-]+)$/.exec(name)?.[1] ?? name.split("/").at(-1) ?? name;
}
