import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "../../stacks/constructs/bundle";

/** The app's sources in another folder, with some of its packages in another version: for tests and benchmarks. */

/** What the app is made of; an alert without its runbook in docs is refused. */
const SOURCES = ["main.ts", "stacks", "runtime", "docs", "package.json", "cdktf.json"];

/**
 * Packages installed by npm once, and kept in the cache.
 * @param name what the folder in the cache begins with
 * @param manifest the parts of a package.json that decide
 * @returns the folder of the packages
 */
export function installApart(name: string, manifest: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify({ private: true, ...manifest });
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "rhythmic");
  const folder = join(cache, `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`);
  const packages = join(folder, "node_modules");
  if (existsSync(folder)) return packages;
  process.stderr.write(`Installing packages for ${name}, once ...\n`);
  // Under its name only when it is whole.
  const part = `${folder}.${process.pid}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  writeFileSync(join(part, "package.json"), text);
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  execFileSync("npm", ["install", ...flags], { cwd: part, stdio: ["ignore", 2, 2] });
  renameSync(part, folder);
  return packages;
}

/**
 * Copies the sources into a folder, and links the packages: those of `packages` first, then this checkout's.
 * @param folder a folder that doesn't exist
 */
export function makeCheckout(folder: string, packages: string): void {
  for (const source of SOURCES) {
    cpSync(join(REPOSITORY_ROOT, source), join(folder, source), { recursive: true });
  }
  const own = join(folder, "node_modules");
  for (const name of [".", ".bin"]) {
    mkdirSync(join(own, name), { recursive: true });
    for (const modules of [packages, join(REPOSITORY_ROOT, "node_modules")]) {
      for (const entry of existsSync(join(modules, name)) ? readdirSync(join(modules, name)) : []) {
        // What was built from this checkout's packages is not for the other's.
        if (entry === ".cache" || entry === ".bin" || existsSync(join(own, name, entry))) continue;
        symlinkSync(join(modules, name, entry), join(own, name, entry));
      }
    }
  }
}
