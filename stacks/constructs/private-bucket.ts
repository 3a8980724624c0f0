import { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "../environments";
import { bucketNameOf } from "../names";

const SECONDS_PER_DAY = 86_400;
/** An upload that nobody finished within this time never will be, days. */
const STALE_UPLOAD_DAYS = 7;

/** What lies in the bucket decides what its lifecycle may do. */
export type BucketContents =
  /**
   * Delta tables: no rule may delete anything, data files included, because the log would still name it. Retention
   * is a commit and then a vacuum, by our own commands.
   */
  | { readonly kind: "tables" /** Prefix of the tables. */; readonly prefix: string; readonly coldAfterDays: number }
  /** Files that are written once under their hash: versions that somebody removed are kept for a while. */
  | { readonly kind: "artifacts"; readonly removedKeptDays: number };

export interface PrivateBucketProps {
  readonly environment: Environment;
  /** Last part of the bucket's name. */
  readonly what: string;
  readonly contents: BucketContents;
  /** What must be there first. @default nothing */
  readonly dependsOn?: ITerraformDependable[];
}

/** A bucket that nobody outside can read, whatever its grants say, and that prod can't lose by accident. */
export class PrivateBucket extends Construct {
  readonly bucketName: string;

  constructor(scope: Construct, id: string, { environment, what, contents, dependsOn }: PrivateBucketProps) {
    super(scope, id);
    this.bucketName = bucketNameOf(environment, what);
    new StorageBucket(this, "bucket", {
      name: this.bucketName,
      location: environment.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      softDeletePolicy: { retentionDurationSeconds: environment.softDeleteDays * SECONDS_PER_DAY },
      versioning: { enabled: contents.kind === "artifacts" },
      lifecycleRule: [
        { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: STALE_UPLOAD_DAYS } },
        contents.kind === "tables"
          ? {
              action: { type: "SetStorageClass", storageClass: "NEARLINE" },
              condition: {
                age: contents.coldAfterDays,
                matchesPrefix: [contents.prefix],
                // The log beside the data files is read at every start.
                matchesSuffix: [".parquet"],
                matchesStorageClass: ["STANDARD"],
              },
            }
          : {
              action: { type: "Delete" },
              condition: { withState: "ARCHIVED", daysSinceNoncurrentTime: contents.removedKeptDays },
            },
      ],
      forceDestroy: environment.mayBeDestroyed,
      lifecycle: { preventDestroy: !environment.mayBeDestroyed },
      dependsOn,
    });
  }
}
