import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { REPOSITORY_ROOT } from "../../stacks/constructs/bundle";

const started: ChildProcess[] = [];

/** Whatever a failed test left running goes with its group. */
afterEach(() => {
  for (const { pid } of started.splice(0)) {
    if (pid === undefined) continue;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // The group has ended by itself.
    }
  }
});

/** Starts the command as `npm run` does, and collects what it says. */
function start(...args: readonly string[]): { child: ChildProcess; ended: Promise<{ code: number; stderr: string }> } {
  const argv = ["--require", "tsx/cjs", "scripts/program.ts", ...args];
  const child = spawn(process.execPath, argv, {
    cwd: REPOSITORY_ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  started.push(child);
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, "close").then(([code]) => ({ code, stderr }));
  return { child, ended };
}

/** The program's first words, which it writes when its signal handlers are in place. */
async function firstOutput(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout as NodeJS.ReadableStream, "data");
  child.stdout?.resume();
  return String(chunk);
}

test("runs a program from its bundle with the given flags", async () => {
  const { child, ended } = start("loader", "--help");
  expect(await firstOutput(child)).toContain("LOADER_INTERVAL_MS, --interval-ms VALUE");
  expect((await ended).code).toBe(0);
});

test("answers with the program's own exit code and words", async () => {
  const { ended } = start("loader", "--once", "--no-such-flag");
  expect(await ended).toEqual({ code: 2, stderr: expect.stringMatching(/--no-such-flag/) });
});

test("refuses a program that there isn't", async () => {
  const { ended } = start("loadr");
  expect(await ended).toEqual({
    code: 2,
    stderr: 'There is no program "loadr"; allowed: generator, processor, loader, audit, keeper.\n',
  });
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 0],
] as const)("passes %s on and waits for the program's own end", async (signal, code) => {
  const { child, ended } = start("generator", "--events", "1000000000", "--out", "-");
  expect(await firstOutput(child)).toContain('"topic":');
  child.kill(signal);
  expect((await ended).code).toBe(code);
});
