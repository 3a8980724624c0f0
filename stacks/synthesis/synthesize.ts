import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { App } from "cdktf";
import { refuseTwins } from "../checks/twins";
import { platformOf, readPlatform, type SynthesizedPlatform, type SynthesizedStack } from "./synthesized";

/**
 * Synthesizes an app into a folder. What an earlier synth wrote is removed first and the manifest is written last, so
 * that half a synth is never taken for a whole one, whether it fails, is stopped or is killed; what Terraform keeps in
 * a stack's folder stays.
 * @param declare declares the stacks
 * @param outdir absolute path @default where the cdktf command line says, else cdktf.out in the working directory
 * @returns the stacks in the order of their declaration
 * @throws SynthesisError
 */
export function synthesizeInto(declare: (app: App) => void, outdir?: string): SynthesizedPlatform {
  const app = new App({ ...(outdir === undefined ? {} : { outdir }), stackTraces: false });
  const folder = path.resolve(app.outdir);
  const before = stackFoldersOf(folder);
  removeSynth(folder);
  let written: SynthesizedPlatform;
  try {
    withoutTraces(() => {
      declare(app);
      app.synth();
    });
    written = readPlatform(folder);
    refuseTwins(written.resources);
  } catch (error) {
    removeSynth(folder);
    throw error;
  }
  // cdktf leaves the folder of a stack that is gone.
  const declared = app.node.children.map((stack) => stack.node.id);
  for (const stack of before) if (!declared.includes(path.basename(stack))) rmSync(stack, { recursive: true });
  const position = ({ name }: SynthesizedStack) => declared.indexOf(name);
  return platformOf([...written.stacks].sort((a, b) => position(a) - position(b)));
}

/**
 * cdktf takes a stack trace for every token, which costs a tenth of a synth, and nobody reads them. Errors take theirs
 * by themselves.
 */
function withoutTraces(work: () => void): void {
  const before = Error.captureStackTrace;
  Error.captureStackTrace = () => undefined;
  try {
    work();
  } finally {
    Error.captureStackTrace = before;
  }
}

/** Removes the manifest, and of each stack what a person could deploy by hand: its declaration and its assets. */
function removeSynth(folder: string): void {
  rmSync(path.join(folder, "manifest.json"), { force: true });
  for (const stack of stackFoldersOf(folder)) {
    rmSync(path.join(stack, "cdk.tf.json"), { force: true });
    rmSync(path.join(stack, "assets"), { recursive: true, force: true });
  }
}

function stackFoldersOf(folder: string): string[] {
  const stacks = path.join(folder, "stacks");
  return existsSync(stacks) ? readdirSync(stacks).map((name) => path.join(stacks, name)) : [];
}
