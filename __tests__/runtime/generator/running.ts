import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningProgram, runBundle } from "../../support/program";

/** The program as it is deployed, killed by the system as often as it takes. */

/** Numbers from 0 to 1 that look like chance, the same ones on every run. */
export function* chance(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

const running = new Set<RunningProgram>();

export function startGenerator(settings: Readonly<Record<string, string>>): RunningProgram {
  const program = runBundle("generator", settings);
  running.add(program);
  void program.ended.then(() => running.delete(program));
  return program;
}

/** Ends what a test that failed has left. */
export async function endGenerators(): Promise<void> {
  for (const { process, ended } of running) {
    process.kill("SIGKILL");
    await ended;
  }
}

/** Runs it to its end. */
export async function runGenerator(settings: Readonly<Record<string, string>>): Promise<RunningProgram> {
  const program = startGenerator(settings);
  const { code } = await program.ended;
  if (code !== 0) throw new Error(`the generator ended with ${code}: ${program.stderr()}`);
  return program;
}

export interface Killing {
  readonly settings: Readonly<Record<string, string>>;
  readonly seed: number;
  /** It is killed so many times at most, so that it ends. */
  readonly kills: number;
  /** It is killed within so many milliseconds after it was started. */
  readonly withinMs: number;
  /** Called after each death. */
  readonly between?: () => void;
}

/** Starts it, kills it with -9, starts it again, until it has ended by itself. @returns how often it was killed */
export async function killUntilDone({ settings, seed, kills, withinMs, between }: Killing): Promise<number> {
  const random = chance(seed);
  let killed = 0;
  for (;;) {
    const program = startGenerator(settings);
    const over = new AbortController();
    if (killed < kills) {
      const delayMs = random.next().value * withinMs;
      void sleep(delayMs, undefined, { signal: over.signal }).then(
        () => program.process.kill("SIGKILL"),
        () => undefined,
      );
    }
    const { code, signal } = await program.ended;
    over.abort();
    if (signal === "SIGKILL") {
      killed++;
      between?.();
    } else if (code === 0) return killed;
    else throw new Error(`the generator ended with ${code}: ${program.stderr()}`);
  }
}

/** What the files of a folder hold, by name. */
export function filesOf(folder: string): Map<string, string> {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("latin1")]));
}

/** All lines of all files, sorted. */
export function linesOf(...folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) => [...filesOf(folder)])
    .flatMap(([name, content]) =>
      content
        .split("\n")
        .slice(0, -1)
        .map((line) => `${name}: ${line}`),
    )
    .sort();
}
