import { execFile } from "node:child_process";
import { REPOSITORY_ROOT } from "../../stacks/constructs/bundle";

const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const options = { cwd: REPOSITORY_ROOT, env: { ...process.env, ...environment } };
    const argv = ["--require", "tsx/cjs", "scripts/cost.ts", ...args];
    execFile(process.execPath, argv, options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

test("prints an environment's costs as a table, and as JSON with the same total", async () => {
  const [table, json] = await Promise.all([run(["--environment", "prod"]), run(["--json"], { RHYTHMIC_ENV: "prod" })]);
  const report = JSON.parse(json.stdout) as { environment: string; totalUsdPerMonth: number; eventsPerDay: number };
  expect([table.code, json.code, report.environment, report.eventsPerDay]).toEqual([0, 0, "prod", 20_000_000]);
  expect(table.stdout).toMatch(new RegExp(`^total +${report.totalUsdPerMonth.toFixed(2)}$`, "m"));
}, 30_000);

test.each<[string, readonly string[], RegExp]>([
  ["an unknown environment", ["--environment", "test"], /^cost: --environment is "test"; allowed: dev or prod\.\n$/],
  [
    "a number that is none",
    ["--events-per-day", "many"],
    /^cost: --events-per-day is "many"; allowed: a number above 0\.\n$/,
  ],
  ["no months", ["--months-kept", "0"], /^cost: --months-kept is "0"; allowed: a number above 0\.\n$/],
  [
    "an unknown flag",
    ["--jsn"],
    /^cost: There is no flag or argument --jsn.*; allowed: --environment NAME, .*--help\.\n$/,
  ],
  ["an argument", ["dev"], /^cost: There is no flag or argument dev; allowed: .*\n$/],
])("refuses %s in one sentence, exit code 2", async (_, args, stderr) => {
  expect(await run(args)).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(stderr) });
});

test("explains itself", async () => {
  expect(await run(["--help"])).toEqual({ code: 0, stdout: expect.stringContaining("--events-per-day N"), stderr: "" });
});
