import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { AssetType, Fn, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import { REPOSITORY_ROOT } from "./bundle";

/** Where rendered texts wait until cdktf copies them into its output, a folder a set of texts. */
const CACHE = path.join(REPOSITORY_ROOT, "node_modules/.cache/rhythmic/text-files");

/**
 * Texts as a folder of the stack's output, for containers to mount. The folder's name is the sha256 of what it holds:
 * other texts are another folder, and whoever mounts it is made anew.
 */
export class TextFiles extends Construct {
  /** Absolute path of the folder as Terraform will know it; no path of this machine stands in the output. */
  readonly hostPath: string;
  readonly sha256: string;

  /**
   * @param texts by path within the folder, such as kafka/topics
   */
  constructor(scope: Construct, id: string, texts: Readonly<Record<string, string>>) {
    super(scope, id);
    const entries = Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
    this.sha256 = createHash("sha256").update(JSON.stringify(entries)).digest("hex");
    const asset = new TerraformAsset(this, "folder", {
      path: writeOnce(path.join(CACHE, this.sha256), entries),
      type: AssetType.DIRECTORY,
      assetHash: this.sha256,
    });
    // Terraform runs in the stack's folder. Without the last slash, which Docker's engine drops from what it reports.
    this.hostPath = Fn.abspath(asset.path.replace(/\/$/, ""));
  }
}

function writeOnce(folder: string, entries: readonly (readonly [string, string])[]): string {
  if (existsSync(folder)) return folder;
  // Whole or not at all, whoever else synthesizes at this moment.
  const temporary = `${folder}.${process.pid}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  for (const [name, text] of entries) {
    const file = path.join(temporary, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  try {
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
