import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Program } from "../constructs/bundle";
import { METADATA, parseEnvironmentBlock } from "../constructs/machine-metadata";
import { SynthesisError } from "./synthesis-error";

/**
 * What a synth has written, read back: for the demo, which runs the very files that a deploy would upload, and for
 * everything that judges a synth (policy, review, cost, the tests).
 *
 *   cdktf.out/manifest.json                                     the stacks (folders that it does not name are old)
 *   cdktf.out/stacks/<stack>/cdk.tf.json                        Terraform's JSON
 *   cdktf.out/stacks/<stack>/assets/<id>/<sha256>/<program>.cjs the bundle
 */

/** The programs that run on machines of their own: the audit is run by hand, the keeper on Kafka's machine. */
export type DeployedProgram = Exclude<Program, "audit" | "keeper">;
export const DEPLOYED_PROGRAMS: readonly DeployedProgram[] = ["generator", "processor", "loader"];
/** The programs whose lines arrive in Cloud Logging. */
export type LoggingProgram = DeployedProgram | "keeper";
export const LOGGING_PROGRAMS: readonly LoggingProgram[] = [...DEPLOYED_PROGRAMS, "keeper"];

/** The attributes of a resource or of a block in it, by Terraform's names. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface SynthesizedResource {
  readonly stack: string;
  /** Terraform's type, such as google_storage_bucket. */
  readonly type: string;
  /** Terraform's name: the address within the stack is `<type>.<id>`. */
  readonly id: string;
  /** Construct path below the stack, such as `processor/template`. */
  readonly path: string;
  /** The sentence that says why, where the construct has given one. */
  readonly why: string | undefined;
  /** As Terraform will read them, without cdktf's own comment. */
  readonly attributes: Attributes;
}

export interface SynthesizedStack {
  readonly name: string;
  /** Names of the stacks that must be deployed before. */
  readonly dependencies: readonly string[];
  readonly resources: readonly SynthesizedResource[];
  /** Its data sources. */
  readonly data: readonly SynthesizedResource[];
  /** By the name that `terraform output` shows. */
  readonly outputs: Readonly<Record<string, Attributes>>;
  readonly programs: readonly SynthesizedProgram[];
  /** The whole of cdk.tf.json. */
  readonly json: StackJson;
}

export interface SynthesizedProgram {
  readonly program: string;
  /** Absolute path of the bundle. */
  readonly file: string;
  readonly sha256: string;
  /** The settings that the stack gives the program. */
  readonly environment: Record<string, string>;
}

export interface SynthesizedPlatform {
  /** Each after those that it depends on. */
  readonly stacks: readonly SynthesizedStack[];
  /** Of all stacks. */
  readonly resources: readonly SynthesizedResource[];
  ofType(type: string): readonly SynthesizedResource[];
}

type ByTypeAndId = Readonly<Record<string, Readonly<Record<string, Attributes>>>>;

/** The parts of cdk.tf.json that are read. */
export interface StackJson {
  readonly resource?: ByTypeAndId;
  readonly data?: ByTypeAndId;
  readonly output?: Readonly<Record<string, Attributes>>;
  readonly provider?: Readonly<Record<string, readonly Attributes[]>>;
  readonly terraform?: Attributes;
}

/** The parts of manifest.json that are read. */
interface Manifest {
  readonly stacks: Readonly<
    Record<
      string,
      {
        readonly workingDirectory: string;
        readonly synthesizedStackPath: string;
        readonly dependencies: readonly string[];
      }
    >
  >;
}

/**
 * The platform that a folder holds.
 * @throws SynthesisError where the folder holds no whole synth
 */
export function readPlatform(outdir: string): SynthesizedPlatform {
  const manifest = readJson(path.join(outdir, "manifest.json")) as Manifest;
  const stacks = Object.entries(manifest.stacks).map(([name, { dependencies, workingDirectory, ...entry }]) => {
    const json = readJson(path.join(outdir, entry.synthesizedStackPath)) as StackJson;
    return stackOf(name, dependencies, path.resolve(outdir, workingDirectory), json);
  });
  return platformOf(inOrder(stacks));
}

/** A stack from its JSON. */
export function stackOf(
  name: string,
  dependencies: readonly string[],
  folder: string,
  json: StackJson,
): SynthesizedStack {
  const resources = resourcesOf(name, json.resource);
  return {
    name,
    dependencies,
    resources,
    data: resourcesOf(name, json.data),
    outputs: json.output ?? {},
    programs: programsOf(folder, resources),
    json,
  };
}

export function platformOf(stacks: readonly SynthesizedStack[]): SynthesizedPlatform {
  const resources = stacks.flatMap((stack) => stack.resources);
  return { stacks, resources, ofType: (type) => resources.filter((resource) => resource.type === type) };
}

/** Each stack after those that it depends on; otherwise by name, since the manifest has no order of its own. */
function inOrder(stacks: readonly SynthesizedStack[]): SynthesizedStack[] {
  const waiting = [...stacks].sort((a, b) => a.name.localeCompare(b.name));
  const ordered: SynthesizedStack[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex(({ dependencies }) =>
      dependencies.every((dependency) => ordered.some(({ name }) => name === dependency)),
    );
    ordered.push(...waiting.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}

/**
 * The bundles that a synth put into its output, with the settings that the stacks give them.
 * @throws SynthesisError where one is missing
 */
export function bundlesOfSynth(outdir: string): Record<DeployedProgram, Omit<SynthesizedProgram, "program">> {
  const found = readPlatform(outdir).stacks.flatMap((stack) => stack.programs);
  const entries = DEPLOYED_PROGRAMS.map((program) => {
    const synthesized = found.find((candidate) => candidate.program === program);
    if (synthesized === undefined || !existsSync(synthesized.file)) {
      throw new SynthesisError(`No stack in ${outdir} holds the bundle of ${program}; run npm run synth.`);
    }
    const { file, sha256, environment } = synthesized;
    return [program, { file, sha256, environment }] as const;
  });
  return Object.fromEntries(entries) as Record<DeployedProgram, Omit<SynthesizedProgram, "program">>;
}

function resourcesOf(stack: string, byType: ByTypeAndId = {}): SynthesizedResource[] {
  return Object.entries(byType).flatMap(([type, byId]) =>
    Object.entries(byId).map(([id, { "//": comment, ...attributes }]) => {
      const { metadata, why } = (comment ?? {}) as { metadata?: { path?: string }; why?: string };
      const constructPath = metadata?.path?.slice(stack.length + 1) ?? id;
      return { stack, type, id, path: constructPath, why, attributes };
    }),
  );
}

function programsOf(folder: string, resources: readonly SynthesizedResource[]): SynthesizedProgram[] {
  const objects = resources.filter(({ type }) => type === "google_storage_bucket_object");
  const templates = resources.filter(({ type }) => type === "google_compute_instance_template");
  return templates.flatMap(({ attributes }) => {
    const values = (attributes.metadata ?? {}) as Readonly<Record<string, string | undefined>>;
    const program = values[METADATA.program];
    const sha256 = values[METADATA.bundleSha256];
    if (program === undefined || sha256 === undefined) return [];
    const object = objects.find((candidate) => String(candidate.attributes.name).endsWith(`/${sha256}.cjs`));
    return {
      program,
      file: path.join(folder, String(object?.attributes.source)),
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
