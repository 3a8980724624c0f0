import { ENVIRONMENT_NAMES, type EnvironmentName } from "../../stacks/environment-record";
import { refusal } from "../../stacks/synthesis/synthesis-error";
import { readFlags } from "../flags";

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

/**
 * @returns `undefined` where the help was asked for
 * @throws SynthesisError in one sentence
 */
export function readRequest(argv: readonly string[]): Request | undefined {
  const flags = readFlags(argv, { environment: { value: "NAME" }, json: "alone", "no-checkov": "alone" });
  if (flags.has("help")) return undefined;
  const given = flags.value("environment") ?? "all";
  const environments = ENVIRONMENT_NAMES.filter((name) => given === "all" || given === name);
  if (environments.length === 0) throw refusal("--environment", given, `${ENVIRONMENT_NAMES.join(", ")} or all`);
  return { environments, json: flags.has("json"), checkov: !flags.has("no-checkov") };
}
