import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { ReviewError } from "./resources";

/**
 * The packages that an older commit runs on: those that are installed, where they are the same; else its own,
 * installed once and kept by the hash of its lock file:
 *
 *   node_modules/.cache/rhythmic/review/<sha256 of package-lock.json>/node_modules
 */

interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly inBundle?: boolean;
}

/** Files that npm needs to install a commit's packages. */
const MANIFESTS = ["package.json", "package-lock.json", ".npmrc"];

/**
 * Gives the sources of a commit the packages that they ask for.
 * @param root the repository, with its installed packages
 * @param sources the folder with the commit's files
 */
export function providePackages(root: string, sources: string, say: (line: string) => void): void {
  const installed = path.join(root, "node_modules");
  const missing = missingPackages(sources, installed);
  const from = missing.length === 0 ? installed : ownPackages(root, sources, missing.length, say);
  linkPackages(from, path.join(sources, "node_modules"));
}

/** Packages of the commit's lock file that are not installed in their version, without those of its tests. */
function missingPackages(sources: string, installed: string): string[] {
  const wanted = packagesOf(path.join(sources, "package-lock.json"));
  const present = packagesOf(path.join(installed, ".package-lock.json"));
  return Object.entries(wanted)
    .filter(([folder]) => folder.startsWith("node_modules/"))
    .filter(([, entry]) => !entry.dev && !entry.optional && !entry.devOptional && !entry.inBundle)
    .filter(([folder, entry]) => present[folder]?.version !== entry.version)
    .map(([folder]) => folder);
}

function packagesOf(file: string): Readonly<Record<string, LockEntry>> {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { packages?: Record<string, LockEntry> }).packages ?? {};
  } catch {
    return {};
  }
}

function ownPackages(root: string, sources: string, count: number, say: (line: string) => void): string {
  const lock = readFileSync(path.join(sources, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex");
  const kept = path.join(root, "node_modules/.cache/rhythmic/review", hash);
  const packages = path.join(kept, "node_modules");
  if (existsSync(packages)) return packages;
  say(`${count} packages of that commit are not the installed ones: installing its own, once ...`);
  const unfinished = `${kept}.${process.pid}.tmp`;
  mkdirSync(unfinished, { recursive: true });
  try {
    for (const file of [...MANIFESTS, ...folderDependencies(sources)]) {
      if (existsSync(path.join(sources, file)))
        cpSync(path.join(sources, file), path.join(unfinished, file), { recursive: true });
    }
    install(unfinished);
    renameSync(unfinished, kept);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return packages;
}

/** Folders of the repository that are dependencies. */
function folderDependencies(sources: string): string[] {
  const manifest = JSON.parse(readFileSync(path.join(sources, "package.json"), "utf8")) as Readonly<
    Record<string, Readonly<Record<string, string>> | undefined>
  >;
  return ["dependencies", "devDependencies", "optionalDependencies"]
    .flatMap((kind) => Object.values(manifest[kind] ?? {}))
    .filter((version) => version.startsWith("file:"))
    .map((version) => version.slice("file:".length));
}

function install(folder: string): void {
  const args = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm === undefined ? ["npm"] : [process.execPath, npm];
  const { status, error } = spawnSync(command ?? "npm", [...first, ...args], { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  throw new ReviewError(
    `npm could not install the packages of that commit${error === undefined ? "" : ` (${error.message})`}; its lines above say why.`,
  );
}

/** A folder of links, so that what is built from the commit is cached in its own folder and not in the work tree's. */
export function linkPackages(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name === ".cache") continue;
    if (name.startsWith("@")) linkPackages(path.join(from, name), path.join(to, name));
    else symlinkSync(path.join(from, name), path.join(to, name));
  }
}
