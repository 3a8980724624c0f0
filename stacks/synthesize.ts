import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { App } from "cdktf";
import { platformOf, readPlatform, type SynthesizedPlatform, type SynthesizedStack } from "./synthesized";

/**
 * Synthesizes an app into a folder. The manifest is removed first and written last, so that half a synth is never
 * taken for a whole one; what Terraform keeps in a stack's folder stays.
 * @param declare declares the stacks
 * @param outdir absolute path @default where the cdktf command line says, else cdktf.out in the working directory
 * @returns the stacks in the order of their declaration
 * @throws SynthesisError
 */
export function synthesizeInto(declare: (app: App) => void, outdir?: string): SynthesizedPlatform {
  const app = new App({ ...(outdir === undefined ? {} : { outdir }), stackTraces: false });
  const folder = path.resolve(app.outdir);
  rmSync(path.join(folder, "manifest.json"), { force: true });
  const stacks = path.join(folder, "stacks");
  const before = existsSync(stacks) ? readdirSync(stacks) : [];
  for (const stack of before) rmSync(path.join(stacks, stack, "assets"), { recursive: true, force: true });
  declare(app);
  app.synth();
  // cdktf leaves the folder of a stack that is gone.
  const declared = app.node.children.map((stack) => stack.node.id);
  for (const stack of before) if (!declared.includes(stack)) rmSync(path.join(stacks, stack), { recursive: true });
  const position = ({ name }: SynthesizedStack) => declared.indexOf(name);
  return platformOf([...readPlatform(folder).stacks].sort((a, b) => position(a) - position(b)));
}
