import path from "node:path";
import { declarePlatform } from "../main";
import { REPOSITORY_ROOT } from "../stacks/constructs/bundle";
import type { Environment } from "../stacks/environment-record";
import { selectEnvironment } from "../stacks/environments";
import { noticesOf } from "../stacks/notices";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";
import { synthesizeInto } from "../stacks/synthesis/synthesize";
import type { SynthesizedPlatform } from "../stacks/synthesis/synthesized";
import { readFlags } from "./flags";

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

Exit codes: 0 done, 2 bad usage (also what Google Cloud would refuse), 1 failure.
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
  try {
    if (readFlags(process.argv.slice(2), {}).has("help")) {
      process.stdout.write(HELP);
      return 0;
    }
    const environment = selectEnvironment();
    process.stderr.write(noticesOf(environment));
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
