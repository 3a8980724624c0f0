import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { App } from "cdktf";
import { declarePlatform } from "../../main";
import { type EnvironmentName, selectEnvironment } from "../../stacks/environments";

/** What a synth of the whole platform wrote, read from its files as Terraform would read them. */

/** The attributes of one resource. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly stack: string;
  readonly type: string;
  /** Construct path without the stack, such as `processor/template`. */
  readonly path: string;
  readonly attributes: Attributes;
}

export interface Synthesis {
  /** The bytes of every file by its path in the output. */
  readonly files: ReadonlyMap<string, string>;
  readonly stacks: readonly string[];
  readonly resources: readonly Resource[];
  /** The stacks that a stack waits for. */
  dependenciesOf(stack: string): readonly string[];
  ofType(type: string): readonly Resource[];
}

interface Manifest {
  readonly stacks: Readonly<Record<string, { readonly dependencies: readonly string[] }>>;
}

export function synthesizePlatform(name: EnvironmentName = "dev", project: string | undefined = undefined): Synthesis {
  const outdir = mkdtempSync(path.join(tmpdir(), "rhythmic-synth-"));
  try {
    const app = new App({ outdir, stackTraces: false });
    declarePlatform(app, selectEnvironment({ RHYTHMIC_ENV: name, RHYTHMIC_PROJECT: project }));
    app.synth();
    return read(outdir);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function read(outdir: string): Synthesis {
  const names = readdirSync(outdir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const files = new Map(names.sort().map((file) => [path.relative(outdir, file), readFileSync(file, "utf8")]));
  const manifest = JSON.parse(files.get("manifest.json") ?? "") as Manifest;
  const stacks = Object.keys(manifest.stacks);
  const resources = stacks.flatMap((stack) => resourcesOf(stack, files.get(`stacks/${stack}/cdk.tf.json`) ?? ""));
  return {
    files,
    stacks,
    resources,
    dependenciesOf: (stack) => manifest.stacks[stack]?.dependencies ?? [],
    ofType: (type) => resources.filter((resource) => resource.type === type),
  };
}

function resourcesOf(stack: string, text: string): Resource[] {
  const json = JSON.parse(text) as { resource?: Record<string, Record<string, Attributes>> };
  return Object.entries(json.resource ?? {}).flatMap(([type, byId]) =>
    Object.values(byId).map((attributes) => {
      const { metadata } = attributes["//"] as { metadata: { path: string } };
      return { stack, type, path: metadata.path.slice(stack.length + 1), attributes };
    }),
  );
}
