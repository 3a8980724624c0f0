// Plain JavaScript on purpose: this runs before anything is installed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The oldest Node.js that everything here runs on: 20.19 is the first whose `require` takes ES modules. */
const NODE_MINIMUM = [20, 19];

/**
 * What a command needs of package-lock.json: `runtime` is what runs the pipeline, `all` adds what the tests need.
 * @typedef {"runtime" | "all"} Scope
 */

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** @returns {string | undefined} one sentence where this Node.js is too old */
export function nodeProblem(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = NODE_MINIMUM;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined;
  return `This is Node.js ${version}; Rhythmic needs ${NODE_MINIMUM.join(".")} or newer (20, 22 and 24 are tried). Install one from https://nodejs.org/ or with a version manager.`;
}

/**
 * Packages of the lock file that are not installed in their version, by npm's own record of what it installed.
 * Optional packages are never missing (which of them are there depends on the machine), nor those within another.
 * @param {Scope} scope
 * @returns {string[]} folders such as node_modules/kafkajs
 */
export function missingPackages(scope, root = ROOT) {
  const wanted = readJson(join(root, "package-lock.json"))?.packages ?? {};
  const installed = readJson(join(root, "node_modules", ".package-lock.json"))?.packages ?? {};
  return Object.entries(wanted)
    .filter(
      ([folder, entry]) => folder.startsWith("node_modules/") && entry.optional !== true && entry.inBundle !== true,
    )
    .filter(([, entry]) => entry.devOptional !== true && (scope === "all" || entry.dev !== true))
    .filter(([folder, entry]) => installed[folder]?.version !== entry.version)
    .map(([folder]) => folder);
}

/**
 * Installs what is missing with npm, once; without anything missing it does not touch the network.
 * @param {Scope} scope
 */
export function ensureDependencies(scope) {
  const missing = missingPackages(scope);
  if (missing.length === 0) return;
  process.stderr.write(
    `Installing ${missing.length} packages with npm into node_modules (once; ${scope === "all" ? "all that the tests need, 1.2 GB" : "what the pipeline runs on, 450 MB"}) ...\n`,
  );
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  // esbuild's install script only saves it a few milliseconds a start; nothing else of the runtime has one.
  if (scope === "runtime") args.push("--omit=dev", "--ignore-scripts");
  const startedMs = Date.now();
  const result =
    npm === undefined
      ? spawnSync("npm", args, { cwd: ROOT, stdio: ["ignore", 2, 2] })
      : spawnSync(process.execPath, [npm, ...args], { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (result.error !== undefined || result.status !== 0) {
    process.stderr.write(
      `npm could not install the packages${result.error ? ` (${result.error.message})` : ""}: see its lines above; mend that (network, disk space, permissions) and start the same command again.\n`,
    );
    process.exit(result.signal === "SIGINT" ? 130 : 1);
  }
  process.stderr.write(`Installed in ${Math.round((Date.now() - startedMs) / 1000)} s.\n`);
}
