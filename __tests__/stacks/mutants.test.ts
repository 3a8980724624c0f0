import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { declarePlatform } from "../../main";
import { judge, rulesFor } from "../../scripts/policy/judge";
import { RULES } from "../../scripts/policy/rules";
import { ENVIRONMENT_NAMES, type Environment, type EnvironmentName } from "../../stacks/environment-record";
import { selectEnvironment } from "../../stacks/environments";
import { synthesizeInto } from "../../stacks/synthesis/synthesize";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import { MUTANTS } from "./mutants";
import { Draft } from "./mutants/draft";
import type { Mutant } from "./mutants/mutant";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

/**
 * Do our rules notice? Each mutant is a mistake that somebody could make, seeded in what is synthesized; it must turn
 * the rules red that it names. A mutant that changes nothing, and a rule that no mutant turns red, fail too.
 */

const synthesized = new Map<string, SynthesizedPlatform>();

function environmentOf(name: EnvironmentName, alertEmail?: string): Environment {
  return selectEnvironment({ RHYTHMIC_ENV: name, RHYTHMIC_ALERT_EMAIL: alertEmail });
}

afterAll(() => jest.requireActual("./fake-bundles").removeFakeBundles());

/** A draft of an environment, which is synthesized once. */
function draftOf(environment: Environment): Draft {
  const key = JSON.stringify(environment);
  let platform = synthesized.get(key);
  if (platform === undefined) {
    const outdir = mkdtempSync(path.join(tmpdir(), "rhythmic-mutants-"));
    platform = synthesizeInto((app) => declarePlatform(app, environment), outdir);
    rmSync(outdir, { recursive: true });
    synthesized.set(key, platform);
  }
  return new Draft(platform);
}

/**
 * Seeds a mistake and answers with the names of the rules that turn red.
 * @throws Error where the mistake changes nothing
 */
function rulesTurnedRed({ title, environment: name = "prod", alertEmail, seed }: Mutant): string[] {
  const environment = environmentOf(name, alertEmail);
  const draft = draftOf(environment);
  const before = draft.text();
  seed(draft);
  if (draft.text() === before) throw new Error(`The mutant "${title}" changes nothing.`);
  const findings = judge(draft.platform(), environment);
  return [...new Set(findings.map(({ rule }) => rule))];
}

test.each(ENVIRONMENT_NAMES)("without a mistake nothing is red in %s, also after the way through a draft", (name) => {
  expect(judge(draftOf(environmentOf(name)).platform(), environmentOf(name))).toEqual([]);
});

test("without a mistake nothing is red where somebody is told of alerts", () => {
  const told = environmentOf("prod", "oncall@example.com");
  expect(judge(draftOf(told).platform(), told)).toEqual([]);
});

test("an environment that turns its way out on keeps every promise, and the same way is red where it is off", () => {
  const withNat = { ...environmentOf("prod"), nat: true };
  const platform = draftOf(withNat).platform();
  expect(judge(platform, withNat)).toEqual([]);
  const red = new Set(judge(platform, environmentOf("prod")).map(({ where }) => where));
  expect([...red]).toEqual([
    "google_compute_firewall internet-out",
    "google_compute_route to-internet",
    "google_compute_router_nat nat",
  ]);
});

test.each(MUTANTS.map((mutant) => [mutant.title, mutant] as const))("%s turns red what it should", (_, mutant) => {
  expect(rulesTurnedRed(mutant)).toEqual(expect.arrayContaining([...mutant.breaks]));
});

test("mutants name rules that exist, and are told apart by their titles", () => {
  const names = RULES.map(({ name }) => name);
  expect(MUTANTS.flatMap(({ breaks }) => breaks).filter((name) => !names.includes(name))).toEqual([]);
  expect(MUTANTS.filter(({ breaks }) => breaks.length === 0)).toEqual([]);
  expect(new Set(MUTANTS.map(({ title }) => title)).size).toBe(MUTANTS.length);
});

test("every rule is turned red by some mutant: a rule that can't be broken promises nothing", () => {
  const broken = new Set(MUTANTS.flatMap(({ breaks }) => breaks));
  expect(RULES.map(({ name }) => name).filter((name) => !broken.has(name))).toEqual([]);
});

test("every environment has rules, and their names are told apart", () => {
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
  for (const name of ENVIRONMENT_NAMES) expect(rulesFor(environmentOf(name)).length).toBeGreaterThan(50);
});

test("a mutant that changes nothing fails, and so does one that misses its target", () => {
  const idle: Mutant = { title: "nothing", breaks: [], seed: () => undefined };
  expect(() => rulesTurnedRed(idle)).toThrow('The mutant "nothing" changes nothing.');
  const missing: Mutant = {
    title: "nowhere",
    breaks: [],
    seed: (draft) => draft.set("google_storage_bucket", "sea/bucket", "name", "sea"),
  };
  expect(() => rulesTurnedRed(missing)).toThrow("There is no google_storage_bucket sea/bucket to change.");
});
