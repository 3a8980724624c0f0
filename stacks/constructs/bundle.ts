import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { BuildOptions, Metafile } from "esbuild";
import { version as ESBUILD_VERSION } from "esbuild/package.json";
import { SynthesisError } from "../synthesis/synthesis-error";

/**
 * The programs as bundles: one CommonJS file each, the same bytes on a laptop and on a machine, whatever folder the
 * checkout lies in. Builds are cached inside the checkout (a bundle finds the native modules that stay outside of it
 * by looking upwards for node_modules):
 *
 *   node_modules/.cache/rhythmic/bundles/<program>.json              the last build: its inputs by stamp and sha256
 *   node_modules/.cache/rhythmic/bundles/<sha256>/<program>.cjs      what came of it
 */

export const PROGRAMS = ["generator", "processor", "loader", "audit", "keeper"] as const;
export type Program = (typeof PROGRAMS)[number];

export interface Bundle {
  readonly program: Program;
  /** Absolute path of `<program>.cjs`. */
  readonly file: string;
  /** Of the file's bytes; these name the build options, so that it covers them too. */
  readonly sha256: string;
  readonly bytes: number;
}

export const REPOSITORY_ROOT = path.join(__dirname, "../..");

/** Older builds of a program that stay in the cache, for programs that are running from them. */
const BUILDS_KEPT = 5;

/** Everything that decides about the bytes, but for the inputs and esbuild's version. */
const OPTIONS = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // Native modules can't go into a bundle; the program that needs one loads it when it needs it.
  external: ["@duckdb/node-api"],
  charset: "utf8",
  // A third smaller would be a stack trace in which everything stands on one line.
  minify: false,
  sourcemap: false,
  legalComments: "none",
  // The nearest tsconfig.json must not matter, and neither must where a linked node_modules really lies: both would
  // make the bytes depend on the folder.
  tsconfigRaw: "{}",
  preserveSymlinks: true,
  nodePaths: [],
  logLevel: "silent",
} satisfies BuildOptions;

/** What a build was made of, kept beside the bundle. */
interface BuildRecord {
  /** Sha256 of what is not a file of `inputs`: see `surroundingsOf`. */
  readonly surroundings: string;
  /** By path relative to the root. */
  readonly inputs: Readonly<Record<string, BuildInput>>;
  readonly sha256: string;
}

interface BuildInput {
  /** What changes whenever somebody writes to the file: as long as it is the same, nobody needs to read it. */
  readonly stamp: string;
  readonly sha256: string | undefined;
}

/** Compilation as such, without the cache. */
export interface Compilation {
  readonly contents: Uint8Array;
  /** Every file that went into it, relative to the root. */
  readonly inputs: readonly string[];
}

/**
 * The bundle of a program: from the cache where nothing that went into it has changed, else built.
 * @throws SynthesisError where the program does not build
 */
export function buildBundle(program: Program, root: string = REPOSITORY_ROOT): Bundle {
  const cache = path.join(root, "node_modules/.cache/rhythmic/bundles");
  const recordFile = path.join(cache, `${program}.json`);
  const fileOf = (sha256: string) => path.join(cache, sha256, `${program}.cjs`);
  const surroundings = surroundingsOf(root);
  const record = readRecord(recordFile);
  const known = record?.surroundings === surroundings ? unchangedInputs(root, record.inputs) : undefined;
  if (record !== undefined && known !== undefined) {
    const file = fileOf(record.sha256);
    // A file that somebody has edited, or that a full disk cut short, is built again.
    if (sha256OfFile(file) === record.sha256) {
      // Written anew without a change, as a checkout does it: noted, so that the next call need not read it again.
      if (known !== record.inputs) writeRecord(recordFile, { ...record, inputs: known });
      return { program, file, sha256: record.sha256, bytes: statSync(file).size };
    }
  }
  const startedMs = Date.now();
  const { contents, inputs } = compileBundle(program, root);
  const sha256 = sha256Of(contents);
  const file = fileOf(sha256);
  writeAtomically(file, contents);
  // A file that was saved during the build may not be what went into it: then the next call builds again.
  if (inputs.every((input) => statSync(path.join(root, input)).mtimeMs < startedMs)) {
    writeRecord(recordFile, { surroundings, inputs: inputsOf(root, inputs), sha256 });
  }
  removeOldBuilds(cache, program);
  return { program, file, sha256, bytes: contents.length };
}

/**
 * Builds a program's `main.ts`.
 * @throws SynthesisError with esbuild's own words
 */
export function compileBundle(program: Program, root: string = REPOSITORY_ROOT): Compilation {
  const entry = `runtime/${program}/main.ts`;
  if (!existsSync(path.join(root, entry))) {
    throw new SynthesisError(`The program ${program} can't be bundled: there is no ${entry}.`);
  }
  // Loaded where something is to be built only: most of the time nothing is.
  const esbuild = require("esbuild") as typeof import("esbuild");
  const options = createHash("sha256").update(JSON.stringify(OPTIONS)).digest("hex").slice(0, 16);
  let result: { readonly outputFiles: readonly { readonly contents: Uint8Array }[]; readonly metafile: Metafile };
  try {
    result = esbuild.buildSync({
      ...OPTIONS,
      absWorkingDir: realpathSync(root),
      entryPoints: [entry],
      outfile: `${program}.cjs`,
      banner: { js: `/* Rhythmic ${program}; esbuild ${ESBUILD_VERSION}, options ${options} */` },
      write: false,
      metafile: true,
    });
  } catch (error) {
    throw new SynthesisError(`The program ${program} does not build: ${messageOf(error)}`, { cause: error });
  }
  const contents = result.outputFiles[0]?.contents;
  if (contents === undefined) throw new Error(`esbuild gave no output for ${entry}`);
  return { contents, inputs: withManifests(root, Object.keys(result.metafile.inputs)) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The files among the inputs, with the manifests of their packages, which decide about the files that are taken. */
function withManifests(root: string, inputs: readonly string[]): string[] {
  const all = new Set(inputs.filter((input) => existsSync(path.join(root, input))));
  for (const input of inputs) {
    if (!input.startsWith("node_modules/")) continue;
    for (let folder = path.posix.dirname(input); folder !== "node_modules"; folder = path.posix.dirname(folder)) {
      const manifest = `${folder}/package.json`;
      if (existsSync(path.join(root, manifest))) all.add(manifest);
    }
  }
  return [...all].sort();
}

/**
 * Sha256 of what can change a build without changing a file that went into the last one: the options, esbuild,
 * the installed packages, and which files there are (a new file can come before another in an import's resolution).
 */
function surroundingsOf(root: string): string {
  const hash = createHash("sha256").update(JSON.stringify(OPTIONS)).update(ESBUILD_VERSION);
  for (const file of ["package.json", "node_modules/.package-lock.json"]) {
    hash.update(`\n${file} ${sha256OfFile(path.join(root, file))}`);
  }
  const names = readdirSync(path.join(root, "runtime"), { recursive: true }) as string[];
  for (const name of names.sort()) hash.update(`\n${name}`);
  return hash.digest("hex");
}

/**
 * The inputs with the stamps of now: the same object where no stamp has changed.
 * @returns `undefined` where a file has changed
 */
function unchangedInputs(root: string, inputs: BuildRecord["inputs"]): BuildRecord["inputs"] | undefined {
  const written = Object.keys(inputs).filter((input) => stampOf(path.join(root, input)) !== inputs[input]?.stamp);
  if (written.length === 0) return inputs;
  const now = inputsOf(root, written);
  return written.every((input) => now[input]?.sha256 === inputs[input]?.sha256) ? { ...inputs, ...now } : undefined;
}

function inputsOf(root: string, inputs: readonly string[]): BuildRecord["inputs"] {
  const entries = inputs.map((input): [string, BuildInput] => {
    const file = path.join(root, input);
    // The stamp first: a file that is written in between has another one the next time, and is read.
    const stamp = stampOf(file);
    return [input, { stamp, sha256: sha256OfFile(file) }];
  });
  return Object.fromEntries(entries);
}

function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? "none" : `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}`;
}

function writeRecord(file: string, record: BuildRecord): void {
  writeAtomically(file, `${JSON.stringify(record)}\n`);
}

function readRecord(file: string): BuildRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as BuildRecord;
  } catch {
    return undefined;
  }
}

/** Two builds at a time (a demo beside a synth) must not see each other's half a file. */
function writeAtomically(file: string, contents: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, file);
}

function removeOldBuilds(cache: string, program: Program): void {
  const builds = readdirSync(cache)
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .map((name) => path.join(cache, name))
    .flatMap((folder) => {
      const stats = statSync(path.join(folder, `${program}.cjs`), { throwIfNoEntry: false });
      return stats === undefined ? [] : [{ folder, modifiedMs: stats.mtimeMs }];
    })
    .sort((a, b) => b.modifiedMs - a.modifiedMs);
  for (const { folder } of builds.slice(BUILDS_KEPT)) rmSync(folder, { recursive: true, force: true });
}

function sha256Of(contents: Uint8Array): string {
  return createHash("sha256").update(contents).digest("hex");
}

/** @returns `undefined` where there is no such file */
function sha256OfFile(file: string): string | undefined {
  try {
    return sha256Of(readFileSync(file));
  } catch {
    return undefined;
  }
}
