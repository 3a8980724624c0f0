import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/**
 * Runs before the command, in POSIX sh. The shell becomes the command (`exec` keeps the process id), after it has
 * left a watcher behind. The watcher reads a pipe whose other end only our process holds: when we end, in whichever
 * way, the kernel closes it, the watcher wakes up and stops the command, first kindly, ten seconds later by force.
 */
const GUARD = `
(
  read -r _ <&3
  kill -TERM $$ 2>/dev/null || exit 0
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    sleep 1
    kill -0 $$ 2>/dev/null || exit 0
  done
  kill -KILL $$ 2>/dev/null
) >/dev/null 2>&1 &
exec "$@" 3<&-
`;

export interface GuardedOptions {
  readonly cwd: string;
  /** What the command prints is appended to this file. */
  readonly logFile: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Starts a command that can't outlive this process, not even where this process is killed with -9. It has a session
 * of its own, so that a terminal's Ctrl-C reaches us alone, and we decide in which order things stop.
 * @returns the process; its pid is the command's own
 */
export function spawnGuarded(command: string, args: readonly string[], options: GuardedOptions): ChildProcess {
  const log = openSync(options.logFile, "a");
  try {
    const child = spawn("/bin/sh", ["-c", GUARD, "rhythmic-guard", command, ...args], {
      cwd: options.cwd,
      detached: true,
      env: { ...process.env, ...options.environment },
      stdio: ["ignore", log, log, "pipe"],
    });
    // The watcher ends with the command; closing the pipe is what tells it.
    child.once("exit", () => child.stdio[3]?.destroy());
    return child;
  } finally {
    closeSync(log);
  }
}
