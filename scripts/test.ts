import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * `npm test`: lint, types, and every test that needs only Node, a JDK and Maven. `npm run test:all` adds the tests
 * named `*.long.test.ts`. The one list of checks: CI runs this and nothing else.
 */

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const ROOT = join(__dirname, "..");
const STRICT = process.env.RHYTHMIC_TEST_STRICT === "1";
const LONG_TESTS = "\\.long\\.test\\.ts$";

function runNode(args: readonly string[]): boolean {
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: ["ignore", 2, 2] }).status === 0;
}

function bin(packagePath: string): string {
  return join(ROOT, "node_modules", packagePath);
}

function check(title: string, args: readonly string[]): () => Counts {
  return () => {
    const ok = runNode(args);
    if (!ok) process.stderr.write(`FAILED: ${title}\n`);
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  };
}

/** Runs jest and reads its own count. A run that ended without a report is one failure. */
function jest(args: readonly string[]): () => Counts {
  return () => {
    const folder = mkdtempSync(join(tmpdir(), "rhythmic-test-"));
    const report = join(folder, "report.json");
    try {
      const ok = runNode([bin("jest/bin/jest.js"), "--json", `--outputFile=${report}`, ...args]);
      const result = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
      const failed = (result.numFailedTests ?? 0) + (result.numRuntimeErrorTestSuites ?? 0);
      // Jest can fail without a failed test (a suite that does not load, a threshold).
      return {
        passed: result.numPassedTests ?? 0,
        failed: ok ? failed : Math.max(1, failed),
        skipped: result.numPendingTests ?? 0,
      };
    } catch {
      return { passed: 0, failed: 1, skipped: 0 };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

function main(argv: readonly string[]): number {
  const unknown = argv.find((argument) => argument !== "--all");
  if (unknown !== undefined) {
    process.stderr.write(
      `npm test takes no argument ${JSON.stringify(unknown)}; for some tests only: npx jest PATTERN.\n`,
    );
    return 2;
  }
  const suites: [string, () => Counts][] = [
    ["lint and format (biome)", check("lint and format", [bin("@biomejs/biome/bin/biome"), "check", "."])],
    ["types (tsc)", check("types", [bin("typescript/bin/tsc"), "--noEmit"])],
    ["tests (jest)", jest([`--testPathIgnorePatterns=${LONG_TESTS}`])],
  ];
  if (argv.includes("--all"))
    suites.push(["long tests (jest)", jest([`--testPathPatterns=${LONG_TESTS}`, "--runInBand"])]);

  const lines: string[] = [];
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const [title, run] of suites) {
    process.stderr.write(`\n== ${title}\n`);
    const startedMs = Date.now();
    const counts = run();
    const failed = counts.failed + (STRICT ? counts.skipped : 0);
    sum.passed += counts.passed;
    sum.failed += failed;
    sum.skipped += STRICT ? 0 : counts.skipped;
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    lines.push(`${title}: ${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped in ${seconds} s`);
  }
  process.stdout.write(`\n${lines.join("\n")}\n\n`);
  process.stdout.write(
    `${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ""}\n`,
  );
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
