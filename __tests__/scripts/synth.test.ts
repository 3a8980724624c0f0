import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TerraformStack } from "cdktf";
import { declarePlatform } from "../../main";
import { summaryOf, synthesize } from "../../scripts/synth";
import { REPOSITORY_ROOT } from "../../stacks/constructs/bundle";
import { selectEnvironment } from "../../stacks/environments";
import { bundlesOfSynth, readPlatform } from "../../stacks/synthesis/synthesized";

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
    expect.stringMatching(/^kafka +\d+ resources {2}generator [0-9a-f]{12}, keeper [0-9a-f]{12}$/),
    expect.stringMatching(/^stream +\d+ resources {2}processor [0-9a-f]{12}$/),
    expect.stringMatching(/^batch +\d+ resources {2}loader [0-9a-f]{12}$/),
    expect.stringMatching(/^observability +\d+ resources$/),
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

describe("half a synth is never taken for a whole one", () => {
  const NOT_WHOLE = /manifest.json is not the output of a whole synth .*; run npm run synth\.$/;
  /** What Terraform could deploy without looking at the manifest. */
  const deployable = () =>
    readdirSync(path.join(outdir, "stacks"), { recursive: true, encoding: "utf8" })
      .filter((file) => /cdk\.tf\.json$|assets/.test(file))
      .sort();

  test("when a stack can't be declared", () => {
    synthesize(selectEnvironment({}), outdir);
    expect(deployable().length).toBeGreaterThan(7);
    jest.mocked(declarePlatform).mockImplementationOnce(() => {
      throw new Error("a stack that can't be");
    });
    expect(() => synthesize(selectEnvironment({}), outdir)).toThrow("a stack that can't be");
    expect(() => readPlatform(outdir)).toThrow(NOT_WHOLE);
    expect(deployable()).toEqual([]);
  });

  test("and the error keeps its own stack trace", () => {
    jest.mocked(declarePlatform).mockImplementationOnce(function declareBadly() {
      throw new Error("a stack that can't be");
    });
    let trace = "";
    try {
      synthesize(selectEnvironment({}), outdir);
    } catch (error) {
      trace = String((error as Error).stack);
    }
    expect(trace).toContain("declareBadly");
  });

  test("when a stack is refused while others are written already", () => {
    synthesize(selectEnvironment({}), outdir);
    jest.mocked(declarePlatform).mockImplementationOnce((app, environment) => {
      jest.requireActual("../../main").declarePlatform(app, environment);
      const last = app.node.findChild("batch") as TerraformStack;
      last.toTerraform = () => {
        expect(deployable()).toContain("lake/cdk.tf.json");
        throw new Error("a stack that is refused");
      };
    });
    expect(() => synthesize(selectEnvironment({}), outdir)).toThrow("a stack that is refused");
    expect(() => readPlatform(outdir)).toThrow(NOT_WHOLE);
    expect(deployable()).toEqual([]);
  });

  test("when Ctrl-C comes while stacks are written", () => {
    synthesize(selectEnvironment({}), outdir);
    const interrupted = `
      const { TerraformStack } = require("cdktf");
      const { synthesizeInto } = require("./stacks/synthesis/synthesize.ts");
      synthesizeInto((app) => {
        new TerraformStack(app, "lake");
        const second = new TerraformStack(app, "second");
        second.toTerraform = () => process.kill(process.pid, "SIGINT") && Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
      }, ${JSON.stringify(outdir)});`;
    const { signal } = spawnSync(process.execPath, ["--require", "tsx/cjs", "--eval", interrupted], {
      cwd: REPOSITORY_ROOT,
    });
    expect(signal).toBe("SIGINT");
    expect(deployable()).toEqual(["lake/cdk.tf.json"]);
    expect(() => readPlatform(outdir)).toThrow(NOT_WHOLE);
  });

  test("when the manifest was cut short", () => {
    synthesize(selectEnvironment({}), outdir);
    truncateSync(path.join(outdir, "manifest.json"), 100);
    expect(() => readPlatform(outdir)).toThrow(NOT_WHOLE);
  });

  test("when a bundle is missing", () => {
    synthesize(selectEnvironment({}), outdir);
    rmSync(bundlesOfSynth(outdir).loader.file);
    expect(() => bundlesOfSynth(outdir)).toThrow(/holds the bundle of loader; run npm run synth\.$/);
  });
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

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ["an unknown environment", { RHYTHMIC_ENV: "test" }, /^RHYTHMIC_ENV is "test"; allowed: dev or prod\.\n$/],
    ["a malformed project", { RHYTHMIC_PROJECT: "X" }, /^RHYTHMIC_PROJECT is "X"; allowed: 6 to 30 .*\n$/],
  ])("as the cdktf command line runs it refuses %s in one sentence too", (_, environment, stderr) => {
    const { app } = JSON.parse(readFileSync(path.join(REPOSITORY_ROOT, "cdktf.json"), "utf8")) as { app: string };
    const result = spawnSync("sh", ["-c", app], {
      cwd: REPOSITORY_ROOT,
      env: { ...process.env, ...environment, CDKTF_OUTDIR: outdir },
      encoding: "utf8",
    });
    expect([result.status, result.stdout, result.stderr]).toEqual([2, "", expect.stringMatching(stderr)]);
  });

  test.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    [
      "an unknown environment",
      [],
      { RHYTHMIC_ENV: "test" },
      /^synth: RHYTHMIC_ENV is "test"; allowed: dev or prod\.\n$/,
    ],
    ["a malformed project", [], { RHYTHMIC_PROJECT: "X" }, /^synth: RHYTHMIC_PROJECT is "X"; allowed: 6 to 30 .*\n$/],
    ["an unknown flag", ["--out", "x"], {}, /^synth: There is no flag or argument --out; allowed: --help\.\n$/],
  ])("refuses %s in one sentence, exit code 2", async (_, args, environment, stderr) => {
    expect(await run(args, environment)).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(stderr) });
  });

  test("needs no other program: neither Terraform nor a network", () => {
    const { status, stderr } = spawnSync(process.execPath, ["--require", "tsx/cjs", "main.ts"], {
      cwd: REPOSITORY_ROOT,
      env: { PATH: "/nonexistent", CDKTF_OUTDIR: outdir },
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/^RHYTHMIC_PROJECT is not set: .*\n(Images are not pinned: .*\n)?$/),
    ]);
  });

  test("explains itself", async () => {
    const { code, stdout } = await run(["--help"], {});
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("RHYTHMIC_PROJECT") });
  });
});
