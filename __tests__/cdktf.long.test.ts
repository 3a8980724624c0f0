import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { declarePlatform } from "../main";
import { selectEnvironment } from "../stacks/environments";
import { synthesizeInto } from "../stacks/synthesis/synthesize";
import { ROOT, runNode } from "./support/program";
import { describeWithTool } from "./support/requires";

/** The app under the cdktf command line, as `npx cdktf ...` runs it after a plain `npm install`. */

const folder = mkdtempSync(join(tmpdir(), "rhythmic-cdktf-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OUTPUT = join(folder, "cdktf.out");
/** An empty mirror, so that Terraform finds no provider, with a network or without. */
const CONFIGURATION = join(folder, "terraform.rc");
const mirror = join(folder, "mirror");
mkdirSync(mirror);
writeFileSync(CONFIGURATION, `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`);

/** @param changes to the environment; the example project otherwise */
async function cdktf(args: readonly string[], changes: Readonly<Record<string, string>> = {}) {
  const commandLine = join(ROOT, "node_modules/cdktf-cli/bundle/bin/cdktf");
  const { RHYTHMIC_PROJECT: _, RHYTHMIC_ENV: __, ...environment } = process.env;
  const program = runNode([commandLine, ...args], {
    ...environment,
    CHECKPOINT_DISABLE: "1",
    CI: "1",
    TF_CLI_CONFIG_FILE: CONFIGURATION,
    ...changes,
  });
  const { code } = await program.ended;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

const expected = () => {
  const declared = synthesizeInto((app) => declarePlatform(app, selectEnvironment({})), join(folder, "expected"));
  return declared.stacks.map(({ name }) => name).sort();
};

test("npx cdktf synth declares what npm run synth declares", async () => {
  const { code, stderr } = await cdktf(["synth", "--output", OUTPUT]);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("Error:")]);
  const stacks = expected();
  const manifest = JSON.parse(readFileSync(join(OUTPUT, "manifest.json"), "utf8")) as { stacks: object };
  expect(Object.keys(manifest.stacks).sort()).toEqual(stacks);
  for (const stack of stacks) {
    const file = join("stacks", stack, "cdk.tf.json");
    expect(readFileSync(join(OUTPUT, file), "utf8")).toBe(readFileSync(join(folder, "expected", file), "utf8"));
  }
}, 120_000);

test("npx cdktf list names every stack", async () => {
  const { code, stdout } = await cdktf(["list", "--output", OUTPUT]);
  expect(code).toBe(0);
  for (const stack of expected()) expect(stdout).toMatch(new RegExp(`^${stack} +\\S+/cdktf\\.out/stacks/`, "m"));
}, 120_000);

test("npx cdktf synth hands on a refusal of ours, and leaves no manifest", async () => {
  const output = join(folder, "refused.out");
  const { code, stdout, stderr } = await cdktf(["synth", "--output", output], { RHYTHMIC_ENV: "production" });
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain('RHYTHMIC_ENV is "production"; allowed: dev or prod.');
  expect(() => readFileSync(join(output, "manifest.json"))).toThrow("ENOENT");
}, 120_000);

describeWithTool("terraform", "npx cdktf diff without a cloud", () => {
  test("comes as far as Terraform's own search for its provider", async () => {
    const { code, stdout, stderr } = await cdktf(["diff", "lake", "--output", OUTPUT, "--skip-provider-lock"]);
    expect(code).not.toBe(0);
    expect(stdout).toContain("Successfully configured the backend");
    expect(stdout).toMatch(/Finding hashicorp\/google versions matching "6\.50\.0"/);
    expect(stdout + stderr).toContain("terraform init failed");
  }, 120_000);
});
