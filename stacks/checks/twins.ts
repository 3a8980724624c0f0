import { refusal } from "../synthesis/synthesis-error";
import type { Attributes, SynthesizedResource } from "../synthesis/synthesized";

/**
 * By what Google Cloud tells resources of a type apart, within a project; attributes by Terraform's names. Those of
 * Compute Engine go by name and place.
 */
const TOLD_APART_BY: Readonly<Record<string, readonly string[]>> = {
  google_artifact_registry_repository: ["repository_id", "location"],
  google_bigquery_connection: ["connection_id", "location"],
  google_bigquery_dataset: ["dataset_id"],
  google_bigquery_table: ["dataset_id", "table_id"],
  google_dns_managed_zone: ["name"],
  google_dns_policy: ["name"],
  google_dns_record_set: ["managed_zone", "name", "type"],
  google_kms_crypto_key: ["key_ring", "name"],
  google_kms_key_ring: ["name", "location"],
  google_logging_metric: ["name"],
  google_project_iam_audit_config: ["service"],
  google_project_iam_custom_role: ["role_id"],
  google_project_service: ["service"],
  google_service_account: ["account_id"],
  google_storage_bucket: ["name"],
  google_storage_bucket_object: ["bucket", "name"],
};
/** What Terraform alone reads. */
const META_ARGUMENTS: readonly string[] = ["depends_on", "lifecycle", "provider"];

/**
 * Refuses two resources that are one at Google Cloud, in whatever stacks. The second would be refused when it is
 * applied; a grant would not, and taking back one of the two would take it from both.
 * @throws SynthesisError with the path of the second, what both have, and the path of the first
 */
export function refuseTwins(resources: readonly SynthesizedResource[]): void {
  const first = new Map<string, SynthesizedResource>();
  for (const resource of resources) {
    const identity = identityOf(resource.type, resource.attributes);
    if (identity === undefined) continue;
    const key = JSON.stringify([resource.type, identity]);
    const twin = first.get(key);
    if (twin !== undefined) {
      const what = `${resource.stack}/${resource.path}: ${Object.keys(identity).join(" and ")}`;
      const allowed = `what no other ${resource.type} has; ${twin.stack}/${twin.path} has it`;
      throw refusal(what, Object.values(identity).join(" "), allowed);
    }
    first.set(key, resource);
  }
}

/** `undefined` for what Google Cloud gives a name itself. */
function identityOf(type: string, attributes: Attributes): Attributes | undefined {
  const pick = (names: readonly string[]) =>
    Object.fromEntries(names.flatMap((name) => (attributes[name] === undefined ? [] : [[name, attributes[name]]])));
  if (type.endsWith("_iam_member")) {
    return pick(Object.keys(attributes).filter((name) => !META_ARGUMENTS.includes(name)));
  }
  if (type.startsWith("google_compute_")) {
    return attributes.name === undefined
      ? undefined
      : pick(["name", "zone", "region", "disk", "instance_group_manager"]);
  }
  const names = TOLD_APART_BY[type];
  return names === undefined ? undefined : pick(names);
}
