import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { declarePlatform } from "../../../main";
import { type CheckovRun, explain, runCheckov } from "../../../scripts/policy/checkov";
import { CHECKOV_SKIPS } from "../../../scripts/policy/checkov-skips";
import { ENVIRONMENT_NAMES, type EnvironmentName } from "../../../stacks/environment-record";
import { selectEnvironment } from "../../../stacks/environments";
import { synthesizeInto } from "../../../stacks/synthesis/synthesize";
import { readPlatform, type StackJson } from "../../../stacks/synthesis/synthesized";
import { describeWithTool } from "../../support/requires";

jest.mock("../../../stacks/constructs/bundle", () => jest.requireActual("../../stacks/fake-bundles").bundleModule);
// The first run installs Checkov.
jest.setTimeout(600_000);

/** Fewer judgements mean that Checkov has stopped to look at something. */
const PASSED_MIN = 140;

describeWithTool("python3", "Checkov over what is synthesized", () => {
  const root = mkdtempSync(path.join(tmpdir(), "rhythmic-policy-test-"));
  const folderOf = (name: EnvironmentName) => path.join(root, name);

  beforeAll(() => {
    for (const name of ENVIRONMENT_NAMES) {
      const environment = selectEnvironment({ RHYTHMIC_ENV: name });
      synthesizeInto((app) => declarePlatform(app, environment), folderOf(name));
    }
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
    jest.requireActual("../../stacks/fake-bundles").removeFakeBundles();
  });

  /** Runs Checkov over a copy of prod in which one stack is changed. */
  function runOver(stack: string, change: (json: string) => string): CheckovRun {
    const folder = mkdtempSync(path.join(root, "changed-"));
    cpSync(folderOf("prod"), folder, { recursive: true });
    const platform = readPlatform(folder);
    const file = path.join(folder, "stacks", stack, "cdk.tf.json");
    const before = readFileSync(file, "utf8");
    const after = change(before);
    expect(after).not.toBe(before);
    writeFileSync(file, after);
    return runCheckov(folder, platform);
  }

  /** A change of the attributes of one bucket. */
  const changeBucket = (change: (bucket: Record<string, unknown>) => void) => (text: string) => {
    const json = JSON.parse(text) as StackJson;
    const [bucket] = Object.values(json.resource?.google_storage_bucket ?? {});
    change(bucket as Record<string, unknown>);
    return JSON.stringify(json, null, 2);
  };

  test.each(ENVIRONMENT_NAMES)("finds nothing in %s that no skip explains, and looks at enough", (name) => {
    const run = runCheckov(folderOf(name), readPlatform(folderOf(name)));
    expect(explain(run.failed, CHECKOV_SKIPS, name).findings).toEqual([]);
    expect(run.version).toBe("3.3.30");
    expect(run.passed.length).toBeGreaterThan(PASSED_MIN);
    expect(new Set(run.passed.map(({ where }) => where)).size).toBeGreaterThan(40);
    // Every place is a resource's, so that a skip can name it.
    for (const { where } of run.passed) expect(where).toMatch(/^google_\w+ \S+$/);
  });

  test("finds a seeded mistake, by its id, at its resource", () => {
    const run = runOver(
      "lake",
      changeBucket((bucket) => {
        bucket.public_access_prevention = "inherited";
      }),
    );
    expect(explain(run.failed, CHECKOV_SKIPS, "prod").findings).toMatchObject([
      { rule: expect.stringContaining("CKV_GCP_114"), stack: "lake", where: "google_storage_bucket lake/bucket" },
    ]);
  });

  test("a check that crashes fails the run, although Checkov ends well", () => {
    const seed = changeBucket((bucket) => {
      // Checkov reads a number of blocks as a list of them, and stumbles in every check of the bucket.
      bucket.dynamic = { logging: { for_each: 3, content: {} } };
    });
    expect(() => runOver("lake", seed)).toThrow(
      /^Checkov crashed and hides .*: Failed to run check CKV_GCP_\d+ on .*lake/,
    );
  });

  test("a stack that can't be read fails the run, although Checkov ends well", () => {
    expect(() => runOver("warehouse", () => "{")).toThrow("Checkov could not read stacks/warehouse/cdk.tf.json.");
  });

  test("a resource that was not looked at fails the run", () => {
    expect(() =>
      runOver("warehouse", (text) => text.replaceAll("google_bigquery_table", "google_bigquery_tbl")),
    ).toThrow(/^Checkov judged nothing about warehouse google_bigquery_table auth_events, /);
  });
});
