import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { messageOf } from "../runtime/support/errors";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import type { Environment, EnvironmentName } from "../stacks/environment-record";
import { selectEnvironment } from "../stacks/environments";
import { refusal, SynthesisError } from "../stacks/synthesis/synthesis-error";
import { MONTHS_KEPT_DEFAULT } from "./cost/assumptions";
import { type CostReport, costOf } from "./cost/cost";
import { formatReport } from "./cost/format";
import { PRICES } from "./cost/prices";
import { environmentNameOf, type Flags, readFlags } from "./flags";
import { synthesize } from "./synth";

const HELP = `cost: what an environment costs a month, line by line, from a synth of it and a dated price list.

  --environment NAME    dev or prod; default: RHYTHMIC_ENV, else dev
  --events-per-day N    Default: what the environment expects (stacks/environments.ts).
  --months-kept N       Months of events that the lake holds in the month that is reckoned; default ${MONTHS_KEPT_DEFAULT}.
  --json
      Prints JSON instead of a table.
  --help
      Prints this text.

The prices are those of ${PRICES.generated} for ${PRICES.region}, in scripts/cost/prices. What the list has no price of is named
and not guessed. Nothing is uploaded, and no cloud is asked.
Exit codes: 0 done, 2 bad usage (also a machine type that the list has no price of), 1 failure.
`;

const FLAGS = {
  environment: { value: "NAME" },
  "events-per-day": { value: "N" },
  "months-kept": { value: "N" },
  json: "alone",
} as const;

interface Request {
  readonly environment: EnvironmentName;
  readonly eventsPerDay: number | undefined;
  readonly monthsKept: number | undefined;
  readonly json: boolean;
}

/** @returns `undefined` where the help was asked for */
function readRequest(args: string[]): Request | undefined {
  const flags = readFlags(args, FLAGS);
  if (flags.has("help")) return undefined;
  return {
    environment: environmentNameOf(flags, process.env),
    eventsPerDay: readNumber(flags, "events-per-day"),
    monthsKept: readNumber(flags, "months-kept"),
    json: flags.has("json"),
  };
}

function readNumber(flags: Flags, name: string): number | undefined {
  const given = flags.value(name);
  if (given === undefined) return undefined;
  const number = given.trim() === "" ? Number.NaN : Number(given);
  if (!(Number.isFinite(number) && number > 0)) throw refusal(`--${name}`, given, "a number above 0");
  return number;
}

/**
 * Synthesizes an environment beside cdktf.out, which stays as it is, and reckons what it costs.
 * @throws SynthesisError
 */
export function costOfEnvironment(
  environment: Environment,
  options: { readonly eventsPerDay?: number; readonly monthsKept?: number } = {},
): CostReport {
  const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-cost-"));
  try {
    const platform = synthesize(environment, folder);
    return costOf(platform, { eventsPerDay: environment.expected.eventsPerDay, ...options });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(): number {
  // cdktf takes a stack trace for every token and throws it away; mapping each to TypeScript costs a third of a second.
  process.setSourceMapsEnabled(false);
  try {
    const request = readRequest(process.argv.slice(2));
    if (request === undefined) {
      process.stdout.write(HELP);
      return EXIT_DONE;
    }
    const { eventsPerDay, monthsKept, json } = request;
    const environment = selectEnvironment({ ...process.env, RHYTHMIC_ENV: request.environment });
    const report = costOfEnvironment(environment, {
      ...(eventsPerDay === undefined ? {} : { eventsPerDay }),
      ...(monthsKept === undefined ? {} : { monthsKept }),
    });
    process.stdout.write(
      json
        ? `${JSON.stringify({ environment: environment.name, ...report })}\n`
        : formatReport(report, environment.name),
    );
    return EXIT_DONE;
  } catch (error) {
    process.stderr.write(`cost: ${messageOf(error)}\n`);
    return error instanceof SynthesisError ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}

if (require.main === module) process.exitCode = main();
