import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** The demo on the other releases of Node.js that are promised, from npm's package `node`. */

const RELEASES = ["22.23.3", "24.21.0"];
const ROOT = join(__dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "rhythmic-node-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns the executable, installed once into the cache */
function nodeOf(version: string): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "rhythmic", `node-${version}`);
  const executable = join(cache, "node_modules", "node", "bin", "node");
  if (!existsSync(executable)) {
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, "package.json"), "{}\n");
    const args = ["install", "--no-audit", "--no-fund", "--loglevel=error", `node@${version}`];
    execFileSync("npm", args, { cwd: cache, stdio: ["ignore", 2, 2] });
  }
  return executable;
}

test.each(RELEASES)(
  "the demo balances on Node.js %s",
  (version) => {
    const node = nodeOf(version);
    expect(execFileSync(node, ["--version"], { encoding: "utf8" }).trim()).toBe(`v${version}`);
    const args = [join(ROOT, "scripts", "run.mjs"), "demo", "--events", "5000", "--dir", join(folder, version)];
    const { stdout, stderr, status } = spawnSync(node, args, { cwd: ROOT, encoding: "utf8" });
    expect([status, stderr]).toEqual([0, expect.stringContaining("The books balance.")]);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({ generated: 5_000, balanced: true });
  },
  300_000,
);
