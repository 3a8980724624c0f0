import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { declarePlatform } from "../../main";
import { summaryOf, synthesize } from "../../scripts/synth";
import { REPOSITORY_ROOT } from "../../stacks/constructs/bundle";
import { selectEnvironment } from "../../stacks/environments";
import { bundlesOfSynth, readPlatform } from "../../stacks/synthesized";

jest.mock("../../main", () => ({ declarePlatform: jest.fn(jest.requireActual("../../main").declarePlatform) }));

let outdir: string;
beforeEach(() => {
  outdir = path.join(mkdtempSync(path.join(tmpdir(), "rhythmic-synth-")), "cdktf.out");
});
afterEach(() => {
  rmSync(path.dirname(outdir), { recursive: true });
});

test("a synth holds the very bundles that a deploy uploads, with the settings of their stacks", () => {
  const platform = synthesize(selectEnvironment({}), outdir);
  const bundles = bundlesOfSynth(outdir);
  expect(Object.keys(bundles)).toEqual(["generator", "processor", "loader"]);
  for (const [program, { file, sha256, environment }] of Object.entries(bundles)) {
    expect(file).toMatch(new RegExp(`^${outdir}/stacks/\\w+/assets/\\w+/${sha256}/${program}\\.cjs$`));
    expect(createHash("sha256").update(readFileSync(file)).digest("hex")).toBe(sha256);
    expect(Object.keys(environment).length).toBeGreaterThan(0);
  }
  expect(bundles.processor.environment).toMatchObject({
    KAFKA_BROKERS: "kafka.rhythmic-dev.internal:9092",
    LAKE_URL: "gs://rhythmic-example-rhythmic-dev-lake",
  });
  expect(summaryOf(platform).split("\n")).toEqual([
    expect.stringMatching(/^foundation +\d+ resources$/),
    expect.stringMatching(/^network +\d+ resources$/),
    expect.stringMatching(/^lake +\d+ resources$/),
    expect.stringMatching(/^warehouse +\d+ resources$/),
    expect.stringMatching(/^kafka +\d+ resources {2}generator [0-9a-f]{12}$/),
    expect.stringMatching(/^stream +\d+ resources {2}processor [0-9a-f]{12}$/),
    expect.stringMatching(/^batch +\d+ resources {2}loader [0-9a-f]{12}$/),
    expect.stringMatching(/^local +\d+ resources$/),
  ]);
});

test("a stack that is gone and an old bundle don't stay behind, what Terraform keeps does", () => {
  synthesize(selectEnvironment({}), outdir);
  const gone = path.join(outdir, "stacks/gone");
  const oldBundle = path.join(outdir, "stacks/batch/assets/old/loader.cjs");
  const kept = path.join(outdir, "stacks/batch/.terraform/lock");
  for (const file of [path.join(gone, "cdk.tf.json"), oldBundle, kept]) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "{}");
  }
  synthesize(selectEnvironment({}), outdir);
  expect([gone, oldBundle, kept].map((file) => existsSync(file))).toEqual([false, false, true]);
});

test("half a synth is never taken for a whole one", () => {
  synthesize(selectEnvironment({}), outdir);
  jest.mocked(declarePlatform).mockImplementationOnce(() => {
    throw new Error("a stack that can't be");
  });
  expect(() => synthesize(selectEnvironment({}), outdir)).toThrow("a stack that can't be");
  expect(() => readPlatform(outdir)).toThrow(
    /manifest.json is not the output of a whole synth .*; run npm run synth\.$/,
  );
  synthesize(selectEnvironment({}), outdir);
  rmSync(bundlesOfSynth(outdir).loader.file);
  expect(() => bundlesOfSynth(outdir)).toThrow(/holds the bundle of loader; run npm run synth\.$/);
});

describe("the command", () => {
  const run = (args: readonly string[], environment: Readonly<Record<string, string>>) =>
    new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const options = { cwd: REPOSITORY_ROOT, env: { ...process.env, ...environment } };
      const argv = ["--require", "tsx/cjs", "scripts/synth.ts", ...args];
      execFile(process.execPath, argv, options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });

  test.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    [
      "an unknown environment",
      [],
      { RHYTHMIC_ENV: "test" },
      /^synth: RHYTHMIC_ENV is "test"; allowed: dev or prod\.\n$/,
    ],
    ["a malformed project", [], { RHYTHMIC_PROJECT: "X" }, /^synth: RHYTHMIC_PROJECT is "X"; allowed: 6 to 30 .*\n$/],
    ["an unknown flag", ["--out", "x"], {}, /^synth has no flag or argument --out; allowed: --help\.\n$/],
  ])("refuses %s in one sentence, exit code 2", async (_, args, environment, stderr) => {
    expect(await run(args, environment)).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(stderr) });
  });

  test("explains itself", async () => {
    const { code, stdout } = await run(["--help"], {});
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("RHYTHMIC_PROJECT") });
  });
});
