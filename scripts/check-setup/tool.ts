import { execFile } from "node:child_process";
import { promisify, stripVTControlCharacters } from "node:util";
import type { Finding } from "./finding";

const run = promisify(execFile);
const TOOL_TIMEOUT_MS = 10_000;

/** The first line that a tool prints of its version, or `undefined` where it does not run. */
export async function versionOf(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(command, args, { timeout: TOOL_TIMEOUT_MS });
    return stripVTControlCharacters(stdout || stderr)
      .trim()
      .split("\n")[0];
  } catch {
    return undefined;
  }
}

/** A tool that only some things need. */
export async function checkTool(
  name: string,
  command: readonly [string, ...string[]],
  neededFor: string,
): Promise<Finding> {
  const found = await versionOf(...command);
  if (found !== undefined) return { name, state: "ok", found, neededFor };
  return { name, state: "not here", found: "none", neededFor, remedy: `install ${name} if you want that` };
}
