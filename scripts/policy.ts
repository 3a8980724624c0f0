import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED } from "../runtime/support/program";
import type { EnvironmentName } from "../stacks/environment-record";
import { selectEnvironment } from "../stacks/environments";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";
import { explain, runCheckov } from "./policy/checkov";
import { CHECKOV_SKIPS } from "./policy/checkov-skips";
import { judge, rulesFor } from "./policy/judge";
import { type Judgement, pageOf } from "./policy/report";
import { HELP, readRequest } from "./policy/request";
import { synthesize } from "./synth";

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
    process.stderr.write(`policy: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof SynthesisError ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}

if (require.main === module) process.exitCode = main(process.argv.slice(2));
