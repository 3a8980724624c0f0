import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { readPlatform, type SynthesizedPlatform, type SynthesizedProgram } from "../../stacks/synthesis/synthesized";
import { providePackages } from "./packages";
import { extractCommit, shortOf } from "./repository";
import { ReviewError } from "./resources";

/**
 * Two synths: the work tree's, and that of a commit by the commit's own code, in a temporary folder that goes whatever
 * happens. Each is `main.ts` with CDKTF_OUTDIR, as the cdktf command line runs it: what has changed least over time.
 */

export interface SynthRequest {
  readonly root: string;
  readonly commit: string;
  readonly environment: string;
  /** Takes a line about what takes long. */
  readonly say: (line: string) => void;
}

/**
 * @param use gets both platforms while their files are there
 * @throws ReviewError where one of them does not synthesize
 */
export async function withSynths<T>(
  { root, commit, environment, say }: SynthRequest,
  use: (before: SynthesizedPlatform, after: SynthesizedPlatform) => T,
): Promise<T> {
  return withTemporaryFolder(async (folder, children) => {
    const sources = path.join(folder, "before");
    extractCommit(root, commit, sources);
    const what = `the commit ${shortOf(commit)}`;
    if (!existsSync(path.join(sources, "main.ts"))) {
      throw new ReviewError(`There is no main.ts in ${what}, so that it declares nothing to compare with.`);
    }
    providePackages(root, sources, say);
    const [before, after] = await Promise.all([
      synthesize(sources, path.join(folder, "synth-before"), environment, what, children),
      synthesize(root, path.join(folder, "synth-after"), environment, "the work tree", children),
    ]);
    return use(before, after);
  });
}

/** The bytes of a bundle that a synth has put beside its declaration. */
export function bundleText({ file }: SynthesizedProgram): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function synthesize(
  sources: string,
  outdir: string,
  environment: string,
  what: string,
  children: Set<ChildProcess>,
): Promise<SynthesizedPlatform> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "main.ts"], {
      cwd: sources,
      env: { ...process.env, RHYTHMIC_ENV: environment, CDKTF_OUTDIR: outdir },
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.add(child);
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
    });
    child.once("error", (error) =>
      reject(new ReviewError(`The synth of ${what} could not be started: ${error.message}.`)),
    );
    child.once("close", (code) => {
      children.delete(child);
      if (code !== 0) {
        reject(new ReviewError(`The synth of ${what} fails: ${reasonIn(stderr)}`));
        return;
      }
      try {
        resolve(readPlatform(outdir));
      } catch (error) {
        reject(new ReviewError(`The synth of ${what} can't be read: ${messageOf(error)}`, undefined, { cause: error }));
      }
    });
  });
}

/** What a refusal says, on one line; the message alone where it is a stack trace. */
function reasonIn(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("RHYTHMIC_PROJECT is not set"));
  const thrown = lines.some((line) => line.startsWith("at "))
    ? lines.find((line) => /^\w*Error: /.test(line))
    : undefined;
  return thrown ?? (lines.join(" ") || "it says nothing.");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function withTemporaryFolder<T>(use: (folder: string, children: Set<ChildProcess>) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-review-"));
  const children = new Set<ChildProcess>();
  const clean = () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const onSignal = (signal: NodeJS.Signals) => {
    clean();
    process.exit(128 + constants.signals[signal]);
  };
  process.on("exit", clean);
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    return await use(folder, children);
  } finally {
    process.off("exit", clean);
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    clean();
  }
}
