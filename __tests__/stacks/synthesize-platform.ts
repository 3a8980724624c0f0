import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { declarePlatform } from "../../main";
import type { EnvironmentName } from "../../stacks/environment-record";
import { selectEnvironment } from "../../stacks/environments";
import { synthesizeInto } from "../../stacks/synthesis/synthesize";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";

/** A synth of the whole platform, with the files that it wrote. */
export interface Synthesis extends SynthesizedPlatform {
  /** The bytes of every file by its path in the output. */
  readonly files: ReadonlyMap<string, string>;
}

export function synthesizePlatform(name: EnvironmentName = "dev", project: string | undefined = undefined): Synthesis {
  const outdir = mkdtempSync(path.join(tmpdir(), "rhythmic-synth-"));
  try {
    const environment = selectEnvironment({ RHYTHMIC_ENV: name, RHYTHMIC_PROJECT: project });
    const platform = synthesizeInto((app) => declarePlatform(app, environment), outdir);
    return { ...platform, files: filesOf(outdir) };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function filesOf(outdir: string): ReadonlyMap<string, string> {
  const names = readdirSync(outdir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(names.sort().map((file) => [path.relative(outdir, file), readFileSync(file, "utf8")]));
}
