import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RhythmicError } from "../../runtime/support/errors";
import { spawnGuarded } from "../kafka/guarded-process";

/** A program of the pipeline, run from its bundle as a machine would run it. */
export interface ProgramProcess {
  readonly pid: number;
  /** Resolves when it has ended, with its exit code; `undefined` after a signal that it did not survive. */
  readonly ended: Promise<number | undefined>;
  readonly running: boolean;
  /** The signal that it did not survive; `null` where there was none. */
  readonly killedBy: NodeJS.Signals | null;
  kill(signal: NodeJS.Signals): void;
  /** The last error that it logged, for messages. */
  lastError(): string;
}

const HEAP_MB = 192;

/**
 * Starts a bundle. What it prints goes into `<logs>/<name>.log`; it ends with this process.
 * @param name for the log and for messages
 */
export function startProgram(
  name: string,
  bundle: string,
  environment: Readonly<Record<string, string>>,
  logs: string,
): ProgramProcess {
  const logFile = join(logs, `${name}.log`);
  const child: ChildProcess = spawnGuarded(process.execPath, [`--max-old-space-size=${HEAP_MB}`, bundle], {
    cwd: join(__dirname, "..", ".."),
    logFile,
    environment,
  });
  const ended = new Promise<number | undefined>((resolve) => {
    child.once("error", () => resolve(1));
    child.once("exit", (code) => resolve(code ?? undefined));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    get killedBy() {
      return child.signalCode;
    },
    kill: (signal) => void child.kill(signal),
    lastError: () => lastErrorIn(logFile),
  };
}

function lastErrorIn(logFile: string): string {
  const lines = existsSync(logFile) ? readFileSync(logFile, "utf8").trim().split("\n") : [];
  for (const line of lines.reverse()) {
    if (!line.startsWith("{")) return line;
    try {
      const { severity, message } = JSON.parse(line) as { severity?: string; message?: string };
      if (severity === "ERROR" && message !== undefined) return message;
    } catch {
      return line;
    }
  }
  return "it logged nothing";
}

/** Waits for a program that ends by itself. @throws RhythmicError internal: it failed */
export async function untilDone(name: string, program: ProgramProcess, logs: string): Promise<void> {
  const code = await program.ended;
  if (code === 0) return;
  throw new RhythmicError(
    "internal",
    `The ${name} ended with ${code === undefined ? "a signal" : `exit code ${code}`}: ${program.lastError()} Its log is ${join(logs, `${name}.log`)}.`,
  );
}

/**
 * Asks a program to finish, and waits until it has. One that SIGTERM kills did not listen yet: it has begun nothing.
 * @throws RhythmicError internal: it failed
 */
export async function stopProgram(name: string, program: ProgramProcess, logs: string): Promise<void> {
  program.kill("SIGTERM");
  await program.ended;
  if (program.killedBy !== "SIGTERM") await untilDone(name, program, logs);
}
