import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY_ROOT as ROOT } from "../../stacks/constructs/bundle";
import { installApart, makeCheckout } from "../setup/second-checkout";

/**
 * A synth of all stacks, four ways in turn: under the cdktf command line as `cdktf init` sets it up (ts-node, which
 * checks the types at every start), under it as cdktf.json sets it up here, the app alone (`npm run synth`), and the
 * command line with an app that does nothing: what it costs by itself. `--runs N` says how often; default 5.
 */

export const FLAGS = ["--runs"];
const RUNS_DEFAULT = 5;
const APP_ALONE = "npm run synth";
const NPM_RUN_SYNTH = ["npm", "run", "--silent", "synth"];

/** What `cdktf init --template=typescript` of cdktf-cli 0.21 installs beside cdktf, in versions that work together. */
const TS_NODE = { "ts-node": "10.9.2", typescript: "5.9.3" } as const;
/** That template's command and compiler options, with the younger JavaScript that our sources are written in. */
const INIT_APP = "npx ts-node main.ts";
const INIT_OPTIONS = {
  alwaysStrict: true,
  declaration: true,
  experimentalDecorators: true,
  inlineSourceMap: true,
  inlineSources: true,
  lib: ["es2023"],
  module: "CommonJS",
  noEmitOnError: true,
  noFallthroughCasesInSwitch: true,
  noImplicitAny: true,
  noImplicitReturns: true,
  noImplicitThis: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  resolveJsonModule: true,
  strict: true,
  strictNullChecks: true,
  strictPropertyInitialization: true,
  stripInternal: true,
  target: "ES2022",
  incremental: true,
  skipLibCheck: true,
  // The template's own code imports no CommonJS module by default.
  esModuleInterop: true,
};
interface Way {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd: string;
}

interface Figures {
  readonly way: string;
  readonly runs: number;
  readonly medianSeconds: number;
  readonly fastestSeconds: number;
  readonly slowestSeconds: number;
  /** How many times the median of `npm run synth`. */
  readonly timesTheApp: number;
}

export async function run({
  json,
  flags,
}: {
  readonly json: boolean;
  readonly flags: readonly string[];
}): Promise<void> {
  const runs = runsOf(flags);
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-bench-"));
  try {
    const ways = waysOf(folder);
    const seconds = new Map<Way, number[]>(ways.map((way) => [way, []]));
    // Once for whatever is made once: bundles, compiled code, the files in the machine's memory.
    for (const way of ways) measure(way);
    // In turn, so that whatever else the machine does meets all alike.
    for (let index = 0; index < runs; index++) for (const way of ways) seconds.get(way)?.push(measure(way));
    const figures = figuresOf(seconds);
    const versions = versionsOf();
    const load = Math.round((loadavg()[0] ?? 0) * 10) / 10;
    process.stdout.write(
      json ? `${JSON.stringify({ versions, load, figures })}\n` : `${table(figures)}\n\n${about(versions, load)}\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runsOf(flags: readonly string[]): number {
  const given = flags[flags.indexOf("--runs") + 1];
  const runs = flags.includes("--runs") ? Number(given) : RUNS_DEFAULT;
  if (!Number.isSafeInteger(runs) || runs < 1) throw new Error(`--runs is ${given}; allowed is a whole number.`);
  return runs;
}

function waysOf(folder: string): Way[] {
  const cdktfSynth = ["npx", "cdktf", "synth"];
  const initial = join(folder, "initial");
  makeCheckout(initial, installApart("ts-node", { dependencies: TS_NODE }));
  writeFileSync(join(initial, "tsconfig.json"), JSON.stringify({ compilerOptions: INIT_OPTIONS }));
  configure(initial, INIT_APP);
  const idle = join(folder, "idle");
  mkdirSync(idle);
  symlinkSync(join(initial, "node_modules"), join(idle, "node_modules"));
  configure(idle, "true");
  // Written before, so that the command line finds what it reads after a synth.
  measure({ name: "", command: NPM_RUN_SYNTH, cwd: ROOT });
  cpSync(join(ROOT, "cdktf.out"), join(idle, "cdktf.out"), { recursive: true });
  return [
    { name: "npx cdktf synth, as cdktf init sets it up (ts-node)", command: cdktfSynth, cwd: initial },
    { name: "npx cdktf synth, as cdktf.json says here", command: cdktfSynth, cwd: ROOT },
    { name: APP_ALONE, command: NPM_RUN_SYNTH, cwd: ROOT },
    { name: "npx cdktf synth of an app that does nothing", command: cdktfSynth, cwd: idle },
  ];
}

function configure(folder: string, app: string): void {
  const settings = JSON.parse(readFileSync(join(ROOT, "cdktf.json"), "utf8")) as object;
  writeFileSync(join(folder, "cdktf.json"), JSON.stringify({ ...settings, app }));
}

/** @returns seconds */
function measure({ name, command: [program = "", ...args], cwd }: Way): number {
  const { RHYTHMIC_ENV: _, RHYTHMIC_PROJECT: __, ...environment } = process.env;
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    // Nobody is asked for a newer version of the command line.
    env: { ...environment, CHECKPOINT_DISABLE: "1", CI: "1" },
    encoding: "utf8",
  });
  const seconds = (performance.now() - startedMs) / 1000;
  if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stdout}${stderr}`);
  return seconds;
}

function figuresOf(measured: ReadonlyMap<Way, readonly number[]>): Figures[] {
  const sorted = [...measured].map(([{ name }, seconds]) => ({ name, seconds: [...seconds].sort((a, b) => a - b) }));
  const median = (seconds: readonly number[]) => {
    const middle = (seconds.length - 1) / 2;
    return ((seconds[Math.floor(middle)] ?? 0) + (seconds[Math.ceil(middle)] ?? 0)) / 2;
  };
  const app = median(sorted.find(({ name }) => name === APP_ALONE)?.seconds ?? []);
  return sorted.map(({ name, seconds }) => ({
    way: name,
    runs: seconds.length,
    medianSeconds: round(median(seconds), 2),
    fastestSeconds: round(seconds[0] ?? 0, 2),
    slowestSeconds: round(seconds.at(-1) ?? 0, 2),
    timesTheApp: round(median(seconds) / app, 1),
  }));
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function versionsOf(): Record<string, string> {
  const versionOf = (name: string) => {
    const text = readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
  };
  const npm = execFileSync("npm", ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  const packages = ["cdktf", "cdktf-cli", "@cdktf/provider-google", "esbuild"];
  return {
    node: process.versions.node,
    npm,
    ...Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    ...TS_NODE,
  };
}

function table(figures: readonly Figures[]): string {
  const rows = figures.map(({ way, medianSeconds, fastestSeconds, slowestSeconds, timesTheApp }) => [
    way,
    medianSeconds.toFixed(2),
    fastestSeconds.toFixed(2),
    slowestSeconds.toFixed(2),
    timesTheApp.toFixed(1),
  ]);
  const all = [["all stacks", "median s", "fastest", "slowest", "times npm run synth"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return all.map((row) => line(row).join("  ")).join("\n");
}

function about(versions: Readonly<Record<string, string>>, load: number): string {
  const texts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${texts.join(", ")}; ${availableParallelism()} cores, load ${load} at the end (the runs themselves add to it)`;
}
