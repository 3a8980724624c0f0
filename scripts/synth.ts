import path from "node:path";
import { parseArgs } from "node:util";
import { declarePlatform } from "../main";
import { REPOSITORY_ROOT } from "../stacks/constructs/bundle";
import { type Environment, noticeOf, selectEnvironment } from "../stacks/environments";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";
import { synthesizeInto } from "../stacks/synthesis/synthesize";
import type { SynthesizedPlatform } from "../stacks/synthesis/synthesized";

/** Where a synth lies, as the cdktf command line has it too. */
export const SYNTH_FOLDER = path.join(REPOSITORY_ROOT, "cdktf.out");

const HELP = `synth: declares the platform as Terraform's JSON in cdktf.out, without the cdktf command line.

  RHYTHMIC_ENV          dev or prod; default dev
  RHYTHMIC_PROJECT      id of a Google Cloud project; default the example project, which nobody can deploy to
  RHYTHMIC_STATE        cloud (the bucket that npm run bootstrap makes) or local (files here, to try things out);
                        default cloud where a project is given
  RHYTHMIC_ALERT_EMAIL  who is written to when an alert fires; without it alerts show in the console only

  --help
      Prints this text.
`;

/**
 * Synthesizes the platform of an environment into a folder.
 * @throws SynthesisError
 */
export function synthesize(environment: Environment, outdir: string = SYNTH_FOLDER): SynthesizedPlatform {
  return synthesizeInto((app) => declarePlatform(app, environment), outdir);
}

/** A line a stack: how much it declares, and which bundles it carries. */
export function summaryOf({ stacks }: SynthesizedPlatform): string {
  const width = Math.max(...stacks.map((stack) => stack.name.length));
  return stacks
    .map(({ name, resources, programs }) => {
      const bundles = programs.map(({ program, sha256 }) => `${program} ${sha256.slice(0, 12)}`).join(", ");
      return `${name.padEnd(width)}  ${String(resources.length).padStart(3)} resources  ${bundles}`.trimEnd();
    })
    .join("\n");
}

function main(): number {
  const { tokens } = parseArgs({ strict: false, tokens: true, options: { help: { type: "boolean" } } });
  const wrong = tokens.find((token) => token.kind !== "option" || token.name !== "help");
  if (wrong !== undefined) {
    const given = wrong.kind === "option" ? wrong.rawName : wrong.kind === "positional" ? wrong.value : "--";
    process.stderr.write(`synth has no flag or argument ${given}; allowed: --help.\n`);
    return 2;
  }
  if (tokens.length > 0) {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const environment = selectEnvironment();
    const notice = noticeOf(environment);
    if (notice !== undefined) process.stderr.write(`${notice}\n`);
    const platform = synthesize(environment);
    const place = path.relative(process.cwd(), SYNTH_FOLDER);
    process.stdout.write(`${summaryOf(platform)}\nin ${place === "" ? "." : place}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`synth: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof SynthesisError ? 2 : 1;
  }
}

if (require.main === module) process.exitCode = main();
