import { ArtifactRegistryRepositoryIamMember } from "@cdktf/provider-google/lib/artifact-registry-repository-iam-member";
import { BigqueryDatasetIamMember } from "@cdktf/provider-google/lib/bigquery-dataset-iam-member";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member";
import { StorageBucketIamMember } from "@cdktf/provider-google/lib/storage-bucket-iam-member";
import type { TerraformResource } from "cdktf";
import type { ProgramAccount } from "./program-account";

/**
 * Grants: each one on the resource that is granted, to one program's account, with a sentence that says why. They
 * stand beside the account, so that a program's rights go with the program. The sentence is kept in the synthesized
 * JSON, in the comment that Terraform ignores.
 */
export interface Grant {
  /** Construct id, unique for the account. */
  readonly id: string;
  readonly role: string;
  /** Why the program needs it: one sentence. */
  readonly why: string;
}

function withReason(resource: TerraformResource, why: string): void {
  resource.addOverride("//.why", why);
}

/**
 * @param objectPrefix only the objects whose names begin so @default every object of the bucket
 */
export function grantOnBucket(account: ProgramAccount, bucket: string, grant: Grant, objectPrefix?: string): void {
  const resource = new StorageBucketIamMember(account, grant.id, {
    bucket,
    role: grant.role,
    member: account.member,
    dependsOn: [account.resource],
    ...(objectPrefix === undefined
      ? {}
      : {
          condition: {
            title: `only ${objectPrefix}`,
            description: grant.why,
            expression: `resource.name.startsWith("projects/_/buckets/${bucket}/objects/${objectPrefix}")`,
          },
        }),
  });
  withReason(resource, grant.why);
}

export function grantOnDataset(account: ProgramAccount, datasetId: string, grant: Grant): void {
  const resource = new BigqueryDatasetIamMember(account, grant.id, {
    datasetId,
    role: grant.role,
    member: account.member,
    dependsOn: [account.resource],
  });
  withReason(resource, grant.why);
}

export function grantOnRepository(account: ProgramAccount, repository: string, location: string, grant: Grant): void {
  const resource = new ArtifactRegistryRepositoryIamMember(account, grant.id, {
    repository,
    location,
    role: grant.role,
    member: account.member,
    dependsOn: [account.resource],
  });
  withReason(resource, grant.why);
}

/** For the few permissions that Google Cloud knows on a project only. */
export function grantOnProject(account: ProgramAccount, grant: Grant): void {
  const resource = new ProjectIamMember(account, grant.id, {
    project: account.environment.project,
    role: grant.role,
    member: account.member,
    dependsOn: [account.resource],
  });
  withReason(resource, grant.why);
}
