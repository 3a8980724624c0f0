import path from "node:path";
import { main } from "../../../scripts/check-setup";
import type { Finding } from "../../../scripts/check-setup/finding";
import { removeFakeBundles } from "../../stacks/fake-bundles";
import { synthesizePlatform } from "../../stacks/synthesize-platform";
import { ROOT, runNode } from "../../support/program";
import { loggedIn, PROJECT, type StandInGoogle, startStandInGoogle, TOKEN } from "./stand-in-google";

jest.mock("../../../stacks/constructs/bundle", () => require("../../stacks/fake-bundles").bundleModule);
afterAll(removeFakeBundles);

let google: StandInGoogle;
beforeAll(async () => {
  const services = synthesizePlatform("dev", PROJECT).ofType("google_project_service");
  google = await startStandInGoogle(services.map(({ attributes }) => String(attributes.service)));
});
afterAll(() => google.stop());

describe("the command", () => {
  async function run(
    args: readonly string[],
    variables: Readonly<Record<string, string>> = { RHYTHMIC_PROJECT: PROJECT },
  ) {
    const stdout: string[] = [];
    const stderr: string[] = [];
    const code = await main(args, {
      variables,
      print: (line) => stdout.push(line),
      say: (line) => stderr.push(line),
      cloud: { credentials: loggedIn, endpoints: google.endpoints },
    });
    return { code, stdout: stdout.join("\n"), stderr: stderr.join("\n") };
  }

  test("prints a table with a remedy under what is missing, and ends with 1", async () => {
    google.answer("/storage/v1/b?", { items: [] });
    const { code, stdout } = await run(["--cloud"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^state bucket +missing +no acme-music-rhythmic-state {2}\(for Terraform's state\)\n +-> npm run bootstrap$/m,
    );
    expect(stdout).toMatch(/\n\nA deploy of dev to acme-music can't run yet: see what is missing above\.$/);
  });

  test("as JSON has every finding, of the environment that is asked about", async () => {
    const { stdout } = await run(["--cloud", "--environment", "prod", "--json"]);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    // prod's processors alone are three, and a fourth while they roll.
    expect(findings.find(({ name }) => name === "quota INSTANCES")?.found).toMatch(/^9 more needed/);
    expect(stdout).not.toContain(TOKEN);
  });

  test("npm run loads what it needs, and somebody without credentials is told what to do", async () => {
    const { PATH } = process.env;
    // No file of credentials, and no machine of Google's around it (google-auth-library's own variable).
    const environment = { PATH, HOME: "/nowhere", RHYTHMIC_PROJECT: PROJECT, METADATA_SERVER_DETECTION: "none" };
    const program = runNode([path.join(ROOT, "scripts/run.mjs"), "check-setup", "--cloud", "--json"], environment);
    expect((await program.ended).code).toBe(1);
    const { findings } = JSON.parse(program.stdout()) as { findings: Finding[] };
    expect(findings.at(-1)).toMatchObject({ name: "credentials", found: "none" });
  });

  test.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ["no project", ["--cloud"], {}, /^check-setup: RHYTHMIC_PROJECT is not set, .*\.$/],
    [
      "an environment without a cloud",
      ["--environment", "dev"],
      {},
      /^check-setup: --environment is for a deploy; allowed: with --cloud\.$/,
    ],
    [
      "an unknown environment",
      ["--cloud", "--environment", "test"],
      { RHYTHMIC_PROJECT: PROJECT },
      /--environment is "test"/,
    ],
  ])("%s is refused, exit code 2", async (_, args, variables, stderr) => {
    expect(await run(args, variables)).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(stderr) });
  });
});
