import { spawn } from "node:child_process";
import { constants } from "node:os";
import { buildBundle, PROGRAMS } from "../stacks/constructs/bundle";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";

/**
 * `npm run generate|process|load|audit -- flags` ends here: runs a program from its bundle, the same bytes that a
 * machine would run, with this terminal's streams, and answers with its exit code.
 * usage: tsx scripts/program.ts PROGRAM FLAGS
 */
function main([name = "", ...flags]: readonly string[]): void {
  const program = PROGRAMS.find((candidate) => candidate === name);
  if (program === undefined) {
    process.stderr.write(`There is no program ${JSON.stringify(name)}; allowed: ${PROGRAMS.join(", ")}.\n`);
    process.exitCode = 2;
    return;
  }
  let file: string;
  try {
    file = buildBundle(program).file;
  } catch (error) {
    if (!(error instanceof SynthesisError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(process.execPath, [file, ...flags], { stdio: "inherit" });
  // A terminal's Ctrl-C reaches the program by itself: it belongs to the same foreground group. Sent again, it is the
  // same signal, which the program takes once; a signal to this process alone would otherwise end only this one.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`${program} could not be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("close", (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal ?? "SIGKILL"];
  });
}

main(process.argv.slice(2));
