import type { StorageBucketConfig, StorageBucketLifecycleRule } from "@cdktf/provider-google/lib/storage-bucket";
import { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { SECONDS_PER_DAY } from "../durations";
import type { Environment } from "../environment-record";
import { bucketNameOf, keyNameOf } from "../names";

/** An upload that nobody finished within this time never will be, days. */
const STALE_UPLOAD_DAYS = 7;

/** What lies in the bucket names it, and its key, and decides what its lifecycle may do. */
export type BucketContents =
  /**
   * Delta tables: no rule may delete anything, data files included, because the log would still name it. Retention
   * is a commit and then a vacuum, by our own commands.
   */
  | {
      readonly what: "lake";
      /** Where the tables lie. */
      readonly prefixes: readonly string[];
      /** When data files move to cheaper storage, days. */
      readonly coldAfterDays: number;
    }
  /** Files that are written once under their hash: versions that somebody removed are kept for a while. */
  | { readonly what: "artifacts"; readonly removedKeptDays: number }
  /** Logs of who read and wrote the other buckets: kept for a time, and in prod nobody can delete them before. */
  | { readonly what: "logs"; readonly keptDays: number };

export interface PrivateBucketProps {
  readonly environment: Environment;
  readonly contents: BucketContents;
  /** What must be there first. @default nothing */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** A bucket that nobody outside can read, whatever its grants say, and that prod can't lose by accident. */
export class PrivateBucket extends Construct {
  readonly bucketName: string;
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, { environment, contents, dependsOn }: PrivateBucketProps) {
    super(scope, id);
    this.bucketName = bucketNameOf(environment, contents.what);
    this.resource = new StorageBucket(this, "bucket", {
      name: this.bucketName,
      location: environment.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      softDeletePolicy: { retentionDurationSeconds: environment.softDeleteDays * SECONDS_PER_DAY },
      versioning: { enabled: contents.what === "artifacts" },
      lifecycleRule: [
        { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: STALE_UPLOAD_DAYS } },
        lifecycleOf(contents),
      ],
      ...protectionOf(environment, contents),
      forceDestroy: environment.mayBeDestroyed,
      lifecycle: { preventDestroy: !environment.mayBeDestroyed },
      ...(dependsOn === undefined ? {} : { dependsOn: [...dependsOn] }),
    });
  }
}

function lifecycleOf(contents: BucketContents): StorageBucketLifecycleRule {
  switch (contents.what) {
    case "lake":
      return {
        action: { type: "SetStorageClass", storageClass: "NEARLINE" },
        condition: {
          age: contents.coldAfterDays,
          matchesPrefix: [...contents.prefixes],
          // The log beside the data files is read at every start.
          matchesSuffix: [".parquet"],
          matchesStorageClass: ["STANDARD"],
        },
      };
    case "artifacts":
      return {
        action: { type: "Delete" },
        condition: { withState: "ARCHIVED", daysSinceNoncurrentTime: contents.removedKeptDays },
      };
    case "logs":
      return { action: { type: "Delete" }, condition: { age: contents.keptDays } };
  }
}

/**
 * The key, and where accesses are written down. The bucket with the logs has neither: it must take logs also when a
 * key is withdrawn and holds names and addresses, no data; and who reads it stands in the audit log of Cloud Storage
 * (foundation-stack.ts), since logging into itself, or into a bucket that logs back, would never end.
 */
function protectionOf(
  environment: Environment,
  contents: BucketContents,
): Pick<StorageBucketConfig, "encryption" | "logging" | "retentionPolicy"> {
  if (contents.what === "logs") {
    if (environment.mayBeDestroyed) return {};
    return { retentionPolicy: { retentionPeriod: contents.keptDays * SECONDS_PER_DAY } };
  }
  const key = keyNameOf(environment, contents.what);
  return {
    logging: { logBucket: bucketNameOf(environment, "logs"), logObjectPrefix: contents.what },
    ...(key === undefined ? {} : { encryption: { defaultKmsKeyName: key } }),
  };
}
