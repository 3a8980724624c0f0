import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { App } from "cdktf";
import { declarePlatform } from "../main";
import { REPOSITORY_ROOT } from "../stacks/constructs/bundle";
import { type Environment, noticeOf, selectEnvironment } from "../stacks/environments";
import { SynthesisError } from "../stacks/synthesis-error";
import { type SynthesizedStack, stacksOfSynth } from "../stacks/synthesized";

/** Where a synth lies, as the cdktf command line has it too. */
export const SYNTH_FOLDER = path.join(REPOSITORY_ROOT, "cdktf.out");

const HELP = `synth: declares the platform as Terraform's JSON in cdktf.out, without the cdktf command line.

  RHYTHMIC_ENV      dev or prod; default dev
  RHYTHMIC_PROJECT  id of a Google Cloud project; default the example project, with local state

  --help
      Prints this text.
`;

/**
 * Synthesizes the platform into a folder. The manifest is removed first and written last, so that half a synth is
 * never taken for a whole one; what Terraform keeps in a stack's folder stays.
 * @returns the stacks in the order of their declaration
 * @throws SynthesisError
 */
export function synthesize(environment: Environment, outdir: string = SYNTH_FOLDER): SynthesizedStack[] {
  rmSync(path.join(outdir, "manifest.json"), { force: true });
  const stacks = path.join(outdir, "stacks");
  const before = existsSync(stacks) ? readdirSync(stacks) : [];
  for (const stack of before) rmSync(path.join(stacks, stack, "assets"), { recursive: true, force: true });
  const app = new App({ outdir, stackTraces: false });
  declarePlatform(app, environment);
  app.synth();
  const declared = app.node.children.map((stack) => stack.node.id);
  // cdktf leaves the folder of a stack that is gone.
  for (const stack of before) if (!declared.includes(stack)) rmSync(path.join(stacks, stack), { recursive: true });
  return stacksOfSynth(outdir).sort((a, b) => declared.indexOf(a.name) - declared.indexOf(b.name));
}

/** A line a stack: how much it declares, and which bundles it carries. */
export function summaryOf(stacks: readonly SynthesizedStack[]): string {
  const width = Math.max(...stacks.map((stack) => stack.name.length));
  return stacks
    .map(({ name, resources, programs }) => {
      const bundles = programs.map(({ program, sha256 }) => `${program} ${sha256.slice(0, 12)}`).join(", ");
      return `${name.padEnd(width)}  ${String(resources).padStart(3)} resources  ${bundles}`.trimEnd();
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
  // cdktf takes a stack trace for every token and throws it away; mapping each to TypeScript costs a third of a second.
  process.setSourceMapsEnabled(false);
  try {
    const environment = selectEnvironment();
    const notice = noticeOf(environment);
    if (notice !== undefined) process.stderr.write(`${notice}\n`);
    const stacks = synthesize(environment);
    const place = path.relative(process.cwd(), SYNTH_FOLDER);
    process.stdout.write(`${summaryOf(stacks)}\nin ${place === "" ? "." : place}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`synth: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof SynthesisError ? 2 : 1;
  }
}

if (require.main === module) process.exitCode = main();
