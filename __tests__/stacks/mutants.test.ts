import { judge, rulesFor } from "../../scripts/policy/judge";
import { RULES } from "../../scripts/policy/rules";
import { ENVIRONMENT_NAMES, type EnvironmentName, selectEnvironment } from "../../stacks/environments";
import { MUTANTS } from "./mutants";
import { Draft } from "./mutants/draft";
import type { Mutant } from "./mutants/mutant";
import { type Synthesis, synthesizePlatform } from "./synthesis";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

/**
 * Do our rules notice? Each mutant is a mistake that somebody could make, seeded in what is synthesized; it must turn
 * the rules red that it names. A mutant that changes nothing, and a rule that no mutant turns red, fail too.
 */

const synthesized = new Map<EnvironmentName, Synthesis>();
const environmentOf = (name: EnvironmentName) => selectEnvironment({ RHYTHMIC_ENV: name });

beforeAll(() => {
  for (const name of ENVIRONMENT_NAMES) synthesized.set(name, synthesizePlatform(name));
});
afterAll(() => jest.requireActual("./fake-bundles").removeFakeBundles());

function draftOf(name: EnvironmentName): Draft {
  const synthesis = synthesized.get(name);
  if (synthesis === undefined) throw new Error(`${name} is not synthesized.`);
  return new Draft(synthesis);
}

/**
 * Seeds a mistake and answers with the names of the rules that turn red.
 * @throws Error where the mistake changes nothing
 */
function rulesTurnedRed({ title, environment = "prod", seed }: Mutant): string[] {
  const draft = draftOf(environment);
  const before = draft.text();
  seed(draft);
  if (draft.text() === before) throw new Error(`The mutant "${title}" changes nothing.`);
  const findings = judge(draft.platform(), environmentOf(environment));
  return [...new Set(findings.map(({ rule }) => rule))];
}

test.each(ENVIRONMENT_NAMES)("without a mistake nothing is red in %s, also after the way through a draft", (name) => {
  expect(judge(draftOf(name).platform(), environmentOf(name))).toEqual([]);
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
