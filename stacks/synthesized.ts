import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Program } from "./constructs/bundle";
import { METADATA, parseEnvironmentBlock } from "./constructs/machine-metadata";
import { SynthesisError } from "./synthesis-error";

/**
 * What a synth has written, read back: for the demo, which runs the very files that a deploy would upload, and for
 * the summary of a synth.
 *
 *   cdktf.out/manifest.json                                     the stacks (folders that it does not name are old)
 *   cdktf.out/stacks/<stack>/cdk.tf.json                        Terraform's JSON
 *   cdktf.out/stacks/<stack>/assets/<id>/<sha256>/<program>.cjs the bundle
 */

/** The programs that run on machines of their own. */
export type DeployedProgram = Exclude<Program, "audit">;
const DEPLOYED: readonly DeployedProgram[] = ["generator", "processor", "loader"];

export interface SynthesizedStack {
  readonly name: string;
  /** How many resources it declares. */
  readonly resources: number;
  readonly programs: readonly SynthesizedProgram[];
}

export interface SynthesizedProgram {
  readonly program: string;
  /** Absolute path of the bundle. */
  readonly file: string;
  readonly sha256: string;
  /** The settings that the stack gives the program. */
  readonly environment: Record<string, string>;
}

/** The part of cdk.tf.json that is read here. */
interface TerraformJson {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

/**
 * The stacks of a synth, in the order of their names.
 * @throws SynthesisError where the folder holds no whole synth
 */
export function stacksOfSynth(outdir: string): SynthesizedStack[] {
  const manifest = readJson(path.join(outdir, "manifest.json")) as {
    readonly stacks: Readonly<Record<string, { workingDirectory: string; synthesizedStackPath: string }>>;
  };
  return Object.entries(manifest.stacks).map(([name, entry]) => {
    const folder = path.resolve(outdir, entry.workingDirectory);
    const { resource = {} } = readJson(path.join(outdir, entry.synthesizedStackPath)) as TerraformJson;
    return {
      name,
      resources: Object.values(resource).reduce((sum, ofType) => sum + Object.keys(ofType).length, 0),
      programs: programsOf(folder, resource),
    };
  });
}

/**
 * The bundles that a synth put into its output, with the settings that the stacks give them.
 * @throws SynthesisError where one is missing
 */
export function bundlesOfSynth(outdir: string): Record<DeployedProgram, Omit<SynthesizedProgram, "program">> {
  const found = stacksOfSynth(outdir).flatMap((stack) => stack.programs);
  const entries = DEPLOYED.map((program) => {
    const synthesized = found.find((candidate) => candidate.program === program);
    if (synthesized === undefined || !existsSync(synthesized.file)) {
      throw new SynthesisError(`No stack in ${outdir} holds the bundle of ${program}; run npm run synth.`);
    }
    const { file, sha256, environment } = synthesized;
    return [program, { file, sha256, environment }] as const;
  });
  return Object.fromEntries(entries) as Record<DeployedProgram, Omit<SynthesizedProgram, "program">>;
}

function programsOf(folder: string, resource: NonNullable<TerraformJson["resource"]>): SynthesizedProgram[] {
  const objects = Object.values(resource.google_storage_bucket_object ?? {});
  const templates = Object.values(resource.google_compute_instance_template ?? {});
  return templates.flatMap(({ metadata }) => {
    const values = metadata as Readonly<Record<string, string | undefined>>;
    const program = values[METADATA.program];
    const sha256 = values[METADATA.bundleSha256];
    if (program === undefined || sha256 === undefined) return [];
    const object = objects.find(({ name }) => String(name).endsWith(`/${sha256}.cjs`));
    return {
      program,
      file: path.join(folder, String(object?.source)),
      sha256,
      environment: parseEnvironmentBlock(values[METADATA.environment] ?? ""),
    };
  });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SynthesisError(`${file} is not the output of a whole synth (${reason}); run npm run synth.`);
  }
}
