import { readFileSync } from "node:fs";
import type { Catalog } from "../../runtime/generator/catalog/catalog";
import { openCatalog } from "../../runtime/generator/catalog/open-catalog";
import { syntheticCatalog } from "../../runtime/generator/catalog/synthetic";
import { type Configuration, parseBuiltIn, parseConfiguration } from "../../runtime/generator/config/configuration";
import builtIn from "../../runtime/generator/config/music-service.json";
import { parseTimeS } from "../../runtime/generator/time";
import { messageOf, RhythmicError } from "../../runtime/support/errors";
import { SILENT } from "../../runtime/support/logging";
import { compareSides } from "./eventsim-stats/compare";
import { observeOurs } from "./eventsim-stats/ours";
import { pageMixText, reportText } from "./eventsim-stats/report";
import { intersect, observeFolder, registrationOf, type Windows, windowsOf } from "./eventsim-stats/sample";

/**
 * `npm run bench -- eventsim-stats -- --sample DIR`: compares the statistics of a sample of eventsim's output, or of
 * ours, with another folder (`--against`) or with what our generator makes of the same configuration.
 */
export const FLAGS = ["--no-compat"];
export const VALUE_FLAGS = ["--sample", "--against", "--config", "--users", "--start", "--catalog", "--seed"];

/**
 * As many users as the run had that the samples are cut out of: their ids go evenly up to 29,998. The 28,945 of
 * event-model.md are those who were seen in its six weeks.
 */
const USERS_DEFAULT = 30_000;
const USERS_MAX = 1_000_000;
const SEED_MAX = Number.MAX_SAFE_INTEGER;

export async function run({ json, flags }: { json: boolean; flags: readonly string[] }): Promise<void> {
  const given = (name: string) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined);
  const sample = given("--sample");
  if (sample === undefined) {
    throw new RhythmicError(
      "bad_usage",
      "Nothing says what is compared; give --sample DIR, a folder with eventsim's or our own <topic>.ndjson.",
    );
  }
  const against = given("--against");
  const ofSample = await windowsOf(sample);
  const windows = against === undefined ? ofSample : intersect(ofSample, await windowsOf(against));
  if (windows.size === 0) {
    throw new RhythmicError("bad_usage", `${sample} and ${against} have no time of any topic in common.`);
  }
  const first = await observeFolder(sample, windows);
  let comparison: ReturnType<typeof compareSides>;
  let second: typeof first;
  let name: string;
  if (against === undefined) {
    const ours = await oursOf(given, flags.includes("--no-compat"), sample, windows);
    second = observeOurs(ours, windows);
    comparison = compareSides(first, second, { sameCatalogue: given("--catalog") !== undefined });
    name = `our generator, ${ours.eventsimCompat ? "compat mode" : "own rules"}, ${ours.configuration.file}, ${ours.catalog.source}, ${ours.users} users, seed ${ours.seed}`;
  } else {
    second = await observeFolder(against, windows);
    comparison = compareSides(first, second);
    name = against;
  }
  if (json) {
    const spans = Object.fromEntries(windows);
    process.stdout.write(`${JSON.stringify({ benchmark: "eventsim-stats", windows: spans, ...comparison })}\n`);
    return;
  }
  process.stdout.write(pageMixText(first, second));
  process.stdout.write(reportText(comparison, [sample, name], windows));
}

async function oursOf(
  given: (name: string) => string | undefined,
  ownRules: boolean,
  sample: string,
  windows: Windows,
) {
  const configuration = configurationOf(given("--config"));
  const seed = wholeNumber("--seed", given("--seed"), 0, SEED_MAX) ?? configuration.seed;
  const users = wholeNumber("--users", given("--users"), 1, USERS_MAX) ?? configuration.users ?? USERS_DEFAULT;
  const startS = startOf(given("--start")) ?? (await registrationOf(sample, windows));
  if (startS === undefined) {
    throw new RhythmicError(
      "bad_usage",
      `No line of ${sample} has a registration, which would tell when its run began; give --start TIME, such as 2024-03-01T00:00:00Z.`,
    );
  }
  const folder = given("--catalog");
  const catalog: Catalog = folder === undefined ? syntheticCatalog(seed) : await openCatalog(folder, SILENT);
  return { configuration, catalog, users, startS, seed, eventsimCompat: !ownRules };
}

function configurationOf(file: string | undefined): Configuration {
  if (file === undefined) return parseBuiltIn(builtIn);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new RhythmicError(
      "bad_usage",
      `--config is ${file}, which can't be read (${messageOf(error)}); give a configuration file.`,
      { cause: error },
    );
  }
  return parseConfiguration(file, text);
}

function startOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const timeS = parseTimeS(given);
  if (timeS !== undefined) return timeS;
  throw new RhythmicError("bad_usage", `--start is ${given}, which is no time; give one such as 2024-03-01T00:00:00Z.`);
}

function wholeNumber(name: string, given: string | undefined, minimum: number, maximum: number): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new RhythmicError("bad_usage", `${name} is ${given}; it must be a whole number from ${minimum} to ${maximum}.`);
}
