import { ArtifactRegistryRepositoryIamMember } from "@cdktf/provider-google/lib/artifact-registry-repository-iam-member";
import { BigqueryConnectionIamMember } from "@cdktf/provider-google/lib/bigquery-connection-iam-member";
import { BigqueryDatasetIamMember } from "@cdktf/provider-google/lib/bigquery-dataset-iam-member";
import { KmsCryptoKeyIamMember } from "@cdktf/provider-google/lib/kms-crypto-key-iam-member";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member";
import { SecretManagerSecretIamMember } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member";
import { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import type { Grantee } from "./google-agent";
import type { ProgramAccount } from "./program-account";

/**
 * Grants: each one on the resource that is granted, to one account, with a sentence that says why. They stand beneath
 * the account, so that a program's rights go with the program. The sentence is kept in the synthesized JSON, in the
 * comment that Terraform ignores.
 */
export interface Grant {
  /** Construct id, unique for the account. */
  readonly id: string;
  readonly role: string;
  /** Why the account needs it: one sentence. */
  readonly why: string;
  /** What is granted, where this stack makes it. @default it is of a stack that is deployed before */
  readonly on?: ITerraformDependable;
}

/** Which part of a bucket a grant is about. */
export interface ObjectScope {
  /** Only the objects whose names begin with one of these. */
  readonly prefixes: readonly string[];
  /**
   * May the account list the bucket too? Cloud Storage checks storage.objects.list on the bucket, never on an object
   * (docs.cloud.google.com/storage/docs/access-control/iam-permissions), so a condition on names alone takes it away;
   * and it can't be limited to a prefix: whoever lists sees all names.
   */
  readonly list: boolean;
}

/** What must be there first; `undefined` where nothing must, which leaves no trace in the JSON. */
function dependenciesOf(grantee: Grantee, { on }: Grant): ITerraformDependable[] | undefined {
  const dependencies = [grantee.resource, on].filter((dependency) => dependency !== undefined);
  return dependencies.length === 0 ? undefined : dependencies;
}

/** @returns the grant, for what may be made only once it holds */
function withReason(resource: TerraformResource, why: string): ITerraformDependable {
  resource.addOverride("//.why", why);
  return resource;
}

/**
 * @param part which objects @default the whole bucket
 */
export function grantOnBucket(
  grantee: Grantee,
  bucket: string,
  grant: Grant,
  part?: ObjectScope,
): ITerraformDependable {
  const resource = new StorageBucketIamMember(grantee, grant.id, {
    bucket,
    role: grant.role,
    member: grantee.member,
    dependsOn: dependenciesOf(grantee, grant),
    ...(part === undefined ? {} : { condition: conditionOf(bucket, grant, part) }),
  });
  return withReason(resource, grant.why);
}

function conditionOf(bucket: string, { why }: Grant, { prefixes, list }: ObjectScope) {
  const name = `projects/_/buckets/${bucket}`;
  const terms = prefixes.map((prefix) => `resource.name.startsWith("${name}/objects/${prefix}")`);
  if (list) terms.push(`resource.name == "${name}"`);
  return { title: `only ${prefixes.join(" and ")}`, description: why, expression: terms.join(" || ") };
}

export function grantOnDataset(grantee: Grantee, datasetId: string, grant: Grant): ITerraformDependable {
  const resource = new BigqueryDatasetIamMember(grantee, grant.id, {
    datasetId,
    role: grant.role,
    member: grantee.member,
    dependsOn: dependenciesOf(grantee, grant),
  });
  return withReason(resource, grant.why);
}

export function grantOnRepository(
  grantee: Grantee,
  repository: string,
  location: string,
  grant: Grant,
): ITerraformDependable {
  const resource = new ArtifactRegistryRepositoryIamMember(grantee, grant.id, {
    repository,
    location,
    role: grant.role,
    member: grantee.member,
    dependsOn: dependenciesOf(grantee, grant),
  });
  return withReason(resource, grant.why);
}

/** On a connection of BigQuery, through which it reads a bucket as the connection's own account. */
export function grantOnConnection(
  grantee: Grantee,
  connectionId: string,
  location: string,
  grant: Grant,
): ITerraformDependable {
  const resource = new BigqueryConnectionIamMember(grantee, grant.id, {
    connectionId,
    location,
    role: grant.role,
    member: grantee.member,
    dependsOn: dependenciesOf(grantee, grant),
  });
  return withReason(resource, grant.why);
}

export function grantOnSecret(grantee: Grantee, secretId: string, grant: Grant): ITerraformDependable {
  const resource = new SecretManagerSecretIamMember(grantee, grant.id, {
    secretId,
    role: grant.role,
    member: grantee.member,
    dependsOn: dependenciesOf(grantee, grant),
  });
  return withReason(resource, grant.why);
}

/** @param keyId projects/P/locations/R/keyRings/K/cryptoKeys/C */
export function grantOnKey(grantee: Grantee, keyId: string, grant: Grant): ITerraformDependable {
  const resource = new KmsCryptoKeyIamMember(grantee, grant.id, {
    cryptoKeyId: keyId,
    role: grant.role,
    member: grantee.member,
    dependsOn: dependenciesOf(grantee, grant),
  });
  return withReason(resource, grant.why);
}

/** For the few permissions that Google Cloud knows on a project only. */
export function grantOnProject(account: ProgramAccount, grant: Grant): ITerraformDependable {
  const resource = new ProjectIamMember(account, grant.id, {
    project: account.environment.project,
    role: grant.role,
    member: account.member,
    dependsOn: dependenciesOf(account, grant),
  });
  return withReason(resource, grant.why);
}
