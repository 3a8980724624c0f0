import { readFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY_ROOT } from "../../stacks/constructs/bundle";
import type { Finding } from "./finding";
import { versionOf } from "./tool";

/** The cdktf command line runs on these only: its terminal is a native package (docs/deploy.md). */
const CDKTF_NODE_MAJORS = [20, 22];
/** developer.hashicorp.com/terraform/language/settings: what the stacks were tried with is 1.11. */
const TERRAFORM_MINOR_MIN = 5;

/** The tools of a deploy, on this machine. */
export async function checkDeployTools(): Promise<Finding[]> {
  const [terraform, gcloud] = await Promise.all([versionOf("terraform", "-version"), versionOf("gcloud", "--version")]);
  const cdktf = installedCdktf();
  const minor = /v1\.(\d+)\./.exec(terraform ?? "")?.[1];
  const isTerraformGood = minor !== undefined && Number(minor) >= TERRAFORM_MINOR_MIN;
  const node = process.versions.node;
  const isNodeGood = CDKTF_NODE_MAJORS.includes(Number(node.split(".")[0]));
  return [
    {
      name: "terraform",
      state: isTerraformGood ? "ok" : "missing",
      found: terraform ?? "none",
      neededFor: "cdktf, which calls it",
      ...(isTerraformGood
        ? {}
        : {
            remedy: `install Terraform 1.${TERRAFORM_MINOR_MIN} or newer (developer.hashicorp.com/terraform/install)`,
          }),
    },
    {
      name: "gcloud",
      state: gcloud === undefined ? "missing" : "ok",
      found: gcloud ?? "none",
      neededFor: "credentials, and npm run vm",
      ...(gcloud === undefined ? { remedy: "install the Google Cloud CLI (cloud.google.com/sdk/docs/install)" } : {}),
    },
    {
      name: "cdktf",
      state: cdktf === undefined || !isNodeGood ? "missing" : "ok",
      found: cdktf === undefined ? "none" : `${cdktf} on Node.js ${node}`,
      neededFor: "deploying",
      ...(cdktf === undefined ? { remedy: "npm install" } : isNodeGood ? {} : { remedy: "run it on Node.js 20 or 22" }),
    },
  ];
}

/** The version of the command line that `npm install` has brought; to start it takes seconds. */
function installedCdktf(): string | undefined {
  try {
    const text = readFileSync(path.join(REPOSITORY_ROOT, "node_modules/cdktf-cli/package.json"), "utf8");
    return (JSON.parse(text) as { version?: string }).version;
  } catch {
    return undefined;
  }
}
