import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Tests that need something beyond Node, a JDK and Maven. Where that is missing they are skipped with a line that
 * says which and why; RHYTHMIC_TEST_STRICT=1 turns the skip into a failure.
 */

const STRICT = process.env.RHYTHMIC_TEST_STRICT === "1";

function hasTool(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** A `describe` whose tests run only where a program is on the PATH. */
export function describeWithTool(command: string, title: string, tests: () => void): void {
  describeWhere(hasTool(command), `needs ${command}, which is not on this machine's PATH`, title, tests);
}

/** A `describe` whose tests boot machines: each has an address of its own in 127.0.0.0/8, and GNU's commands. */
export function describeOnLinux(title: string, tests: () => void): void {
  describeWhere(process.platform === "linux", `needs Linux, and this machine runs ${process.platform}`, title, tests);
}

function describeWhere(isPossible: boolean, why: string, title: string, tests: () => void): void {
  if (isPossible) {
    describe(title, tests);
    return;
  }
  if (STRICT) {
    test(title, () => {
      throw new Error(`${why}, and RHYTHMIC_TEST_STRICT=1 allows no skip.`);
    });
    return;
  }
  process.stderr.write(`Skipped: ${title}: ${why}.\n`);
  // What is missing is missing, and the line above says so; with RHYTHMIC_TEST_STRICT=1 this is a failure instead.
  describe.skip(title, tests);
}

/** The folder of real data that may lie beside the checkout; `undefined` where it does not. */
export function sharedData(...path: string[]): string | undefined {
  const folder = resolve(__dirname, "..", "..", "..", "shared", "data", ...path);
  return existsSync(folder) ? folder : undefined;
}

/** A `describe` over real data beside the checkout. The repository alone must pass, so without the data it is left out. */
export function describeWithSharedData(title: string, path: string, tests: (folder: string) => void): void {
  const folder = sharedData(path);
  if (folder !== undefined) {
    describe(title, () => tests(folder));
    return;
  }
  process.stderr.write(`Left out: ${title}: no folder ../shared/data/${path} beside this checkout.\n`);
  test(`${title}: left out without ../shared/data/${path}`, () => expect(folder).toBeUndefined());
}
