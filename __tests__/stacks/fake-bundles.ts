import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Bundle, Program } from "../../stacks/constructs/bundle";

/**
 * Stands in for stacks/constructs/bundle.ts, so that tests of stacks neither build the programs nor change with
 * them: jest.mock("../../stacks/constructs/bundle", () => require("./fake-bundles").bundleModule).
 */

const contents = new Map<Program, string>();
let folder: string | undefined;

/** What the program's bundle holds from now on. */
export function setBundle(program: Program, text: string): void {
  contents.set(program, text);
}

export function removeFakeBundles(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
  contents.clear();
}

function buildBundle(program: Program): Bundle {
  folder ??= mkdtempSync(path.join(tmpdir(), "rhythmic-bundles-"));
  const text = contents.get(program) ?? `// ${program}\n`;
  const sha256 = createHash("sha256").update(text).digest("hex");
  const file = path.join(folder, sha256, `${program}.cjs`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return { program, file, sha256, bytes: text.length };
}

export const bundleModule = {
  buildBundle,
  PROGRAMS: ["generator", "processor", "loader", "audit", "keeper"],
  REPOSITORY_ROOT: path.join(__dirname, "../.."),
};
