import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Finding } from "../../scripts/check-setup/finding";

const ROOT = join(__dirname, "../..");

function checkSetup(args: string[], environment: NodeJS.ProcessEnv = process.env) {
  const run = spawnSync(process.execPath, ["--import", "tsx", "scripts/check-setup.ts", ...args], {
    cwd: ROOT,
    env: environment,
    encoding: "utf8",
  });
  return { ...run, json: () => JSON.parse(run.stdout) as { ready: boolean; findings: Finding[] } };
}

test("a machine that runs these tests is ready, and every tool has its line", () => {
  const run = checkSetup(["--json"]);
  const { ready, findings } = run.json();
  expect({ ready, status: run.status }).toEqual({ ready: true, status: 0 });
  const names = findings.map(({ name }) => name).join(", ");
  for (const name of [
    "Node.js",
    "npm",
    "node_modules",
    "JDK",
    "Maven",
    "Kafka",
    "class-data",
    "git",
    "python3",
    "go",
  ]) {
    expect(names).toContain(name);
  }
});

test("a machine without anything is not ready, and everything that is missing has its remedy", () => {
  const environment = { PATH: "/nowhere", HOME: process.env.HOME, XDG_CACHE_HOME: "/nowhere" };
  const run = checkSetup(["--json"], environment);
  const { ready, findings } = run.json();
  expect({ ready, status: run.status }).toEqual({ ready: false, status: 1 });
  const missing = findings.filter(({ state }) => state === "missing").map(({ name }) => name);
  expect(missing).toEqual(["npm", "JDK 17 or newer", "Maven"]);
  for (const { state, remedy } of findings) expect(state === "ok" || remedy !== undefined).toBe(true);
  expect(checkSetup([], environment).stdout).toContain("-> install Maven");
});

test("refuses an unknown flag with a suggestion", () => {
  const run = checkSetup(["--jsno"]);
  expect(run.status).toBe(2);
  expect(run.stderr).toBe(
    "check-setup: There is no flag or argument --jsno (did you mean --json?); allowed: --cloud, --environment NAME, --json, --help.\n",
  );
});
