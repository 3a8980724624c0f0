import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { buildBundle, type Program } from "../../stacks/constructs/bundle";

/** A program run from its bundle, with what it prints. */
export interface RunningProgram {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** What it has printed on standard error so far. */
  stderr(): string;
  stdout(): string;
}

/** The folder of the repository. */
export const ROOT = join(__dirname, "..", "..");

/** Starts a program's bundle; its environment is only what is given, and PATH. */
export function runBundle(
  program: Program,
  environment: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): RunningProgram {
  return runNode([buildBundle(program).file, ...flags], { PATH: process.env.PATH, ...environment });
}

/** Starts this Node.js with a script, in the repository's folder. */
export function runNode(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): RunningProgram {
  const child = spawn(process.execPath, args, { cwd: ROOT, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return { process: child, ended, stdout: () => stdout, stderr: () => stderr };
}
