import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { App } from "cdktf";
import type { Environment, EnvironmentName } from "../../stacks/environment-record";
import { selectEnvironment } from "../../stacks/environments";
import { synthesizeInto } from "../../stacks/synthesis/synthesize";
import type { Attributes, SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";

/** An environment of a project of its own, with some of it changed. */
export function environmentFor(name: EnvironmentName, change: Partial<Environment> = {}): Environment {
  return { ...selectEnvironment({ RHYTHMIC_ENV: name, RHYTHMIC_PROJECT: "acme-music" }), ...change };
}

/** What the declared stacks come to, in a folder that is gone afterwards. */
export function synthesizeOnly(declare: (app: App) => void): SynthesizedPlatform {
  const outdir = mkdtempSync(path.join(tmpdir(), "rhythmic-stack-"));
  try {
    return synthesizeInto(declare, outdir);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The one resource of a type at a construct path. */
export function resourceAt(platform: SynthesizedPlatform, type: string, path: string): SynthesizedResource {
  const found = platform.ofType(type).find((resource) => resource.path === path);
  if (found === undefined) throw new Error(`There is no ${type} at ${path}.`);
  return found;
}

/** The first element of a block that may stand as a list or alone. */
export function blockOf(value: unknown): Attributes {
  return (Array.isArray(value) ? value[0] : value) as Attributes;
}
