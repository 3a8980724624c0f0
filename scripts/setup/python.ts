import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Independent readers of the lake, from PyPI, for the tests. DuckDB and its delta extension must be of one version. */
export const READERS = [
  "deltalake==1.6.6",
  "duckdb==1.5.5",
  "duckdb-extension-delta==1.5.5",
  "pytz==2025.2",
  "pyarrow==24.0.0",
];

/**
 * A Python of its own with these packages, made once and kept in the cache.
 * @param packages with exact versions, as pip reads them
 * @returns the interpreter
 * @throws Error where python3 is missing or pip can't install
 */
export function pythonWith(packages: readonly string[]): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "rhythmic");
  const name = `python-${createHash("sha256").update(packages.join()).digest("hex").slice(0, 12)}`;
  const folder = join(cache, name);
  const python = join(folder, "bin", "python3");
  // Written last: a folder without it is half an installation.
  const complete = join(folder, "complete");
  if (existsSync(complete)) return python;
  mkdirSync(cache, { recursive: true });
  if (existsSync(folder)) renameSync(folder, `${folder}.broken-${process.pid}`);
  process.stderr.write(`Installing ${packages.join(", ")}, once ...\n`);
  execFileSync("python3", ["-m", "venv", folder], { stdio: ["ignore", 2, 2] });
  execFileSync(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages], {
    stdio: ["ignore", 2, 2],
  });
  writeFileSync(complete, `${packages.join("\n")}\n`);
  rmSync(`${folder}.broken-${process.pid}`, { recursive: true, force: true });
  return python;
}
