import { StorageBucketObject } from "@cdktf/provider-google/lib/storage-bucket-object";
import { AssetType, type ITerraformDependable, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "../environment-record";
import { bucketNameOf } from "../names";
import { SynthesisError } from "../synthesis/synthesis-error";
import { type Bundle, buildBundle, type Program } from "./bundle";

/** Last part of the name of the bucket with the bundles. */
export const ARTIFACTS = "artifacts";

/** The objects of one program's bundles. */
export function bundlePrefixOf(program: Program): string {
  return `bundles/${program}/`;
}

/**
 * A program's bundle in the artifact bucket, under its hash: another bundle is another object, made before the old
 * one is forgotten. Forgotten, not deleted: rolling back is deploying the older commit, which names it again.
 */
export class RuntimeBundle extends Construct {
  readonly bundle: Bundle;
  readonly bucketName: string;
  readonly objectName: string;
  /** What fetches the bundle depends on it. */
  readonly resource: ITerraformDependable;

  constructor(
    scope: Construct,
    id: string,
    environment: Environment,
    readonly program: Program,
  ) {
    super(scope, id);
    this.bundle = this.build(program);
    this.bucketName = bucketNameOf(environment, ARTIFACTS);
    this.objectName = `${bundlePrefixOf(program)}${this.bundle.sha256}.cjs`;
    const asset = new TerraformAsset(this, "file", {
      path: this.bundle.file,
      type: AssetType.FILE,
      // cdktf's own hash ignores names, moves and modes.
      assetHash: this.bundle.sha256,
    });
    this.resource = new StorageBucketObject(this, "object", {
      bucket: this.bucketName,
      name: this.objectName,
      source: asset.path,
      contentType: "text/javascript",
      deletionPolicy: "ABANDON",
      lifecycle: { createBeforeDestroy: true },
    });
  }

  private build(program: Program): Bundle {
    try {
      return buildBundle(program);
    } catch (error) {
      if (!(error instanceof SynthesisError)) throw error;
      throw new SynthesisError(`${this.node.path}: ${error.message}`, { cause: error });
    }
  }
}
