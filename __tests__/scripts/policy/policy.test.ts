import { type CheckovRecord, explain } from "../../../scripts/policy/checkov";
import { CHECKOV_SKIPS, type CheckovSkip } from "../../../scripts/policy/checkov-skips";
import { pageOf } from "../../../scripts/policy/report";
import { HELP, readRequest } from "../../../scripts/policy/request";
import { RULES } from "../../../scripts/policy/rules";
import { runNode } from "../../support/program";

async function policy(...args: readonly string[]) {
  const run = runNode(["scripts/run.mjs", "policy", ...args], { ...process.env, RHYTHMIC_PROJECT: "" });
  const { code } = await run.ended;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

const record = (check: string, where: string): CheckovRecord => ({ check, sentence: "Ensure", stack: "lake", where });
const skip: CheckovSkip = {
  check: "CKV_GCP_78",
  where: /^lake google_storage_bucket lake\/bucket$/,
  reason: "Written once.",
};

test("npm run policy judges an environment by our own rules without Python, and says how much it looked at", async () => {
  const { code, stdout, stderr } = await policy("--environment", "dev", "--no-checkov");
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^dev: \d{2,} resources, \d{2} rules of our own; Checkov not asked; 0 findings\n$/),
  });
  expect(stderr).toContain("dev: synthesizing ...\n");
});

test("npm run policy prints JSON, an element an environment", async () => {
  const { code, stdout } = await policy("--no-checkov", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { environment: "dev", findings: [], rules: expect.any(Number) },
    { environment: "prod", findings: [], rules: expect.any(Number) },
  ]);
});

test("an environment that isn't one is refused in one sentence, with exit code 2", async () => {
  const { code, stdout, stderr } = await policy("--environment", "staging");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toBe('policy: --environment is "staging"; allowed: dev, prod or all.\n');
});

test.each([
  [
    ["--enviroment", "dev"],
    "There is no flag or argument --enviroment (did you mean --environment?); allowed: --environment NAME, ",
  ],
  [["prod"], "There is no flag or argument prod; allowed: --environment NAME, "],
  [["--environment"], "--environment needs a value; allowed: --environment NAME, "],
])("%j is refused in one sentence", (args, sentence) => {
  expect(() => readRequest(args)).toThrow(sentence);
});

test("--help says what is judged and what the exit codes mean, and changes nothing else", () => {
  expect(readRequest(["--help"])).toBeUndefined();
  expect(HELP).toMatch(/^policy: judges .*Exit codes: 0 no findings, 1 findings or a failure, 2 bad usage\.\n$/s);
  expect(readRequest([])).toEqual({ environments: ["dev", "prod"], json: false, checkov: true });
  expect(readRequest(["--no-checkov", "--json", "--environment", "prod"])).toEqual({
    environments: ["prod"],
    json: true,
    checkov: false,
  });
});

test("a failed check that no skip explains is a finding with the check's id", () => {
  const failed = [
    record("CKV_GCP_78", "google_storage_bucket lake/bucket"),
    record("CKV_GCP_62", "google_storage_bucket x"),
  ];
  const { findings, skipped } = explain(failed, [skip], "prod");
  expect(findings).toMatchObject([{ rule: "CKV_GCP_62: Ensure", stack: "lake", where: "google_storage_bucket x" }]);
  expect(skipped).toMatchObject([{ check: "CKV_GCP_78", reason: "Written once." }]);
});

test("a skip is about one check at one place in one environment", () => {
  const elsewhere = record("CKV_GCP_78", "google_storage_bucket other/bucket");
  const here = record("CKV_GCP_78", "google_storage_bucket lake/bucket");
  const rulesOf = (...args: Parameters<typeof explain>) => explain(...args).findings.map(({ rule }) => rule);
  const unused = "Every skip of a check explains something";
  expect(rulesOf([elsewhere], [skip], "prod")).toEqual(["CKV_GCP_78: Ensure", unused]);
  expect(rulesOf([here], [{ ...skip, environment: "dev" }], "prod")).toEqual(["CKV_GCP_78: Ensure"]);
  expect(rulesOf([here], [{ ...skip, environment: "prod" }], "prod")).toEqual([]);
});

test("a skip that matches nothing any more is a finding", () => {
  const { findings } = explain([], [skip], "prod");
  expect(findings).toMatchObject([
    { rule: "Every skip of a check explains something", where: expect.stringContaining("CKV_GCP_78") },
  ]);
});

test("a finding reads as the promise, the place, what is given and what is allowed", () => {
  const page = pageOf({
    environment: "prod",
    rules: 2,
    resources: 1,
    findings: [
      { rule: "Nothing is public", stack: "lake", where: "google_storage_bucket lake", given: "a", allowed: "b" },
    ],
    checkov: { version: "3", passed: 1, skipped: [] },
  });
  expect(page).toBe(
    [
      "prod, lake",
      "  Nothing is public",
      "    google_storage_bucket lake",
      "      given    a",
      "      allowed  b",
      "prod: 1 resource, 2 rules of our own; Checkov 3: 1 check passed, 0 skipped with a reason; 1 finding",
    ].join("\n"),
  );
});

test("rules and skips speak in sentences", () => {
  for (const { name, why, source } of RULES) {
    expect(name).toMatch(/^[A-Z][^\n]{15,150}[^.]$/);
    expect(why).toMatch(/^[A-Za-z][^\n]{25,}\.$/);
    expect(source ?? "https://").toMatch(/^https:\/\//);
  }
  for (const { reason } of CHECKOV_SKIPS) expect(reason).toMatch(/^\w.{40,}\.$/);
});
