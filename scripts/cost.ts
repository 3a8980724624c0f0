import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../runtime/support/errors";
import { suggestion } from "../runtime/support/nearest";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import { type Environment, selectEnvironment } from "../stacks/environments";
import { refusal, SynthesisError } from "../stacks/synthesis/synthesis-error";
import { MONTHS_KEPT_DEFAULT } from "./cost/assumptions";
import { type CostReport, costOf } from "./cost/cost";
import { formatReport } from "./cost/format";
import { PRICES } from "./cost/prices";
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

const OPTIONS = {
  environment: { type: "string" },
  "events-per-day": { type: "string" },
  "months-kept": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;
const FLAGS = Object.keys(OPTIONS).map((name) => `--${name}`);

interface Request {
  readonly environment: string | undefined;
  readonly eventsPerDay: number | undefined;
  readonly monthsKept: number | undefined;
  readonly json: boolean;
}

/** @returns `undefined` where the help was asked for */
function readRequest(args: string[]): Request | undefined {
  const { values, tokens } = parseArgs({ args, options: OPTIONS, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") throw new SynthesisError(`cost takes no argument ${token.value}; allowed: flags.`);
    if (token.kind !== "option" || token.name in OPTIONS) continue;
    const near = suggestion(token.rawName, FLAGS);
    throw new SynthesisError(`There is no flag ${token.rawName}${near}; allowed: ${FLAGS.join(", ")}.`);
  }
  if (values.help === true) return undefined;
  if (values.environment === true) throw refusal("--environment", "", "dev or prod");
  return {
    environment: typeof values.environment === "string" ? values.environment : undefined,
    eventsPerDay: readNumber("--events-per-day", values["events-per-day"]),
    monthsKept: readNumber("--months-kept", values["months-kept"]),
    json: values.json === true,
  };
}

function readNumber(flag: string, given: string | boolean | undefined): number | undefined {
  if (given === undefined) return undefined;
  const number = typeof given === "string" && given.trim() !== "" ? Number(given) : Number.NaN;
  if (!(Number.isFinite(number) && number > 0)) throw refusal(flag, given, "a number above 0");
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
    const chosen = request.environment === undefined ? {} : { RHYTHMIC_ENV: request.environment };
    const environment = selectEnvironment({ ...process.env, ...chosen });
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
