import { parseArgs } from "node:util";
import { suggestion } from "../../runtime/support/nearest";
import { ENVIRONMENT_NAMES, type EnvironmentName } from "../../stacks/environments";

export const HELP = `policy: judges what a synth declares, by our own rules (scripts/policy/rules) and by Checkov.

  npm run policy -- [--environment dev|prod|all] [--json] [--no-checkov]

  --environment NAME  dev, prod or all; default all
  --json              Prints JSON instead of text.
  --no-checkov        Our own rules alone; needs no Python.
  --help              Prints this text.

Each environment is synthesized into a folder of its own, which is removed at the end. Checkov is installed once,
by pip, into the cache. RHYTHMIC_PROJECT is judged where it is set, else the example project.
Exit codes: 0 no findings, 1 findings or a failure, 2 bad usage.
`;

/** What was asked for on the command line. */
export interface Request {
  readonly environments: readonly EnvironmentName[];
  readonly json: boolean;
  readonly checkov: boolean;
}

/** The command line makes no sense; the message is one sentence. */
export class UsageError extends Error {}

/**
 * @returns `undefined` where the help was asked for
 * @throws UsageError
 */
export function readRequest(argv: readonly string[]): Request | undefined {
  const options = {
    environment: { type: "string" },
    json: { type: "boolean" },
    "no-checkov": { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const known = Object.keys(options).map((name) => `--${name}`);
  for (const token of tokens) {
    if (token.kind !== "option" || token.name in options) continue;
    const hint = suggestion(token.rawName, known);
    throw new UsageError(`policy has no flag ${token.rawName}${hint}; allowed: ${known.join(", ")}.`);
  }
  if (positionals.length > 0) {
    throw new UsageError(`policy takes no argument ${JSON.stringify(positionals[0])}; allowed: ${known.join(", ")}.`);
  }
  if (values.help === true) return undefined;
  const given = values.environment ?? "all";
  const environments = ENVIRONMENT_NAMES.filter((name) => given === "all" || given === name);
  if (environments.length === 0) {
    throw new UsageError(`--environment is ${JSON.stringify(given)}; allowed: ${ENVIRONMENT_NAMES.join(", ")} or all.`);
  }
  return { environments, json: values.json === true, checkov: values["no-checkov"] !== true };
}
