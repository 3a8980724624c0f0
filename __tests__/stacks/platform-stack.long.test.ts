import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { EXAMPLE_PROJECT, selectEnvironment } from "../../stacks/environments";
import { PlatformStack } from "../../stacks/platform-stack";
import { describeWithTool } from "../support/requires";
import { synthesizeOnly } from "./one-stack";

class SomeStack extends PlatformStack {}

/** What the example project's stacks hold besides Google's provider, which nobody has offline. */
function guardOf(project: string): string {
  const [stack] = synthesizeOnly((app) => new SomeStack(app, "some", selectEnvironment({}))).stacks;
  const { locals, resource } = (stack?.json ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  return JSON.stringify({ locals: { ...locals, project }, resource: { terraform_data: resource?.terraform_data } });
}

describeWithTool("terraform", "the deployment of the example project", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "rhythmic-guard-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const terraform = (...args: string[]) => {
    const env = { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" };
    const { status, stdout, stderr } = spawnSync("terraform", args, { cwd: folder, env, encoding: "utf8" });
    // Terraform breaks its lines and draws a frame around them.
    return { status, text: `${stdout}${stderr}`.replaceAll(/[│╷╵\s]+/g, " ") };
  };
  const prepare = (project: string) => {
    writeFileSync(path.join(folder, "cdk.tf.json"), guardOf(project));
    expect(terraform("init", "-input=false", "-no-color")).toMatchObject({ status: 0 });
    expect(terraform("validate", "-no-color")).toMatchObject({ status: 0 });
  };

  test.each(["plan", "apply"])("is refused by terraform %s with what to do", (command) => {
    prepare(EXAMPLE_PROJECT);
    const approve = command === "apply" ? ["-auto-approve"] : [];
    const { status, text } = terraform(command, "-input=false", "-no-color", ...approve);
    expect(status).toBe(1);
    expect(text).toContain("Resource precondition failed");
    expect(text).toContain(
      "Set RHYTHMIC_PROJECT to the id of your Google Cloud project, synthesize again, and deploy that.",
    );
  });

  test("is refused for the project alone: with another one the same condition holds", () => {
    prepare("acme-music");
    expect(terraform("plan", "-input=false", "-no-color")).toMatchObject({ status: 0 });
  });
});
