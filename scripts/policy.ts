import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { suggestion } from "../runtime/support/nearest";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import { ENVIRONMENT_NAMES, type EnvironmentName, selectEnvironment } from "../stacks/environments";
import { SynthesisError } from "../stacks/synthesis-error";
import { CHECKOV, CheckovError, explain, runCheckov } from "./policy/checkov";
import { CHECKOV_SKIPS } from "./policy/checkov-skips";
import { judge, rulesFor } from "./policy/judge";
import { type Judgement, pageOf } from "./policy/report";
import { synthesize } from "./synth";

const HELP = `policy: judges what a synth declares, by our own rules (scripts/policy/rules) and by Checkov.

  npm run policy -- [--environment dev|prod|all] [--json] [--no-checkov]

  --environment NAME  dev, prod or all; default all
  --json              Prints JSON instead of text.
  --no-checkov        Our own rules alone; needs no Python.
  --help              Prints this text.

Each environment is synthesized into a folder of its own, which is removed at the end. ${CHECKOV} is installed once,
by pip, into the cache. RHYTHMIC_PROJECT is judged where it is set, else the example project.
Exit codes: 0 no findings, 1 findings or a failure, 2 bad usage.
`;

interface Request {
  readonly environments: readonly EnvironmentName[];
  readonly json: boolean;
  readonly checkov: boolean;
}

class UsageError extends Error {}

/** @returns `undefined` where the help was asked for */
function readRequest(argv: readonly string[]): Request | undefined {
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

/** Synthesizes one environment into a folder that is gone afterwards, and judges it. */
function judgeEnvironment(name: EnvironmentName, withCheckov: boolean): Judgement {
  const environment = selectEnvironment({ ...process.env, RHYTHMIC_ENV: name });
  const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-policy-"));
  try {
    process.stderr.write(`${name}: synthesizing ...\n`);
    const platform = synthesize(environment, folder);
    const own = judge(platform, environment);
    const judgement = { environment: name, rules: rulesFor(environment).length, resources: platform.resources.length };
    if (!withCheckov) return { ...judgement, findings: own };
    process.stderr.write(`${name}: asking Checkov ...\n`);
    const { version, passed, failed } = runCheckov(folder, platform);
    const { findings, skipped } = explain(failed, CHECKOV_SKIPS, name);
    return { ...judgement, findings: [...own, ...findings], checkov: { version, passed: passed.length, skipped } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(argv: readonly string[]): number {
  try {
    const request = readRequest(argv);
    if (request === undefined) {
      process.stdout.write(HELP);
      return EXIT_DONE;
    }
    // cdktf takes a stack trace for every token and throws it away; mapping each to TypeScript costs time.
    process.setSourceMapsEnabled(false);
    const judgements = request.environments.map((name) => judgeEnvironment(name, request.checkov));
    const page = request.json ? JSON.stringify(judgements, null, 2) : judgements.map(pageOf).join("\n\n");
    process.stdout.write(`${page}\n`);
    return judgements.some(({ findings }) => findings.length > 0) ? EXIT_FAILED : EXIT_DONE;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof SynthesisError || error instanceof CheckovError)) throw error;
    process.stderr.write(`policy: ${error.message}\n`);
    return error instanceof CheckovError ? EXIT_FAILED : EXIT_BAD_USAGE;
  }
}

if (require.main === module) process.exitCode = main(process.argv.slice(2));
