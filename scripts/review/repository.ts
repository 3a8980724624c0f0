import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { EXIT_CODES } from "./model";
import { ReviewError } from "./resources";

/** What git knows: which commit a change began at, and the files of that commit. */

const DEFAULT_REFS = ["origin/main", "main"];
const TAR_BYTES_MAX = 1_000_000_000;

export interface Base {
  /** What was asked for. */
  readonly ref: string;
  /** The commit where HEAD left it. */
  readonly commit: string;
  /** Is that HEAD itself? */
  readonly isHead: boolean;
  /** Has the work tree changes that are not committed, new files included? */
  readonly dirty: boolean;
  /** Short name of HEAD. */
  readonly head: string;
}

/**
 * Finds the commit to compare with.
 * @param ref @default origin/main where there is one, else main
 * @throws ReviewError where there is no repository, no such commit, or no common one
 */
export function findBase(root: string, ref: string | undefined): Base {
  if (git(root, ["rev-parse", "--is-inside-work-tree"]) === undefined) {
    throw new ReviewError(`${root} is not a git repository; a review compares the work tree with a commit.`);
  }
  const head = git(root, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  if (head === undefined) throw new ReviewError("There is no commit yet; a review compares the work tree with one.");
  const refs = ref === undefined ? DEFAULT_REFS : [ref];
  const known = refs.find((candidate) => commitOf(root, candidate) !== undefined);
  if (known === undefined) {
    const given = ref === undefined ? `neither ${DEFAULT_REFS.join(" nor ")}` : `no commit ${JSON.stringify(ref)}`;
    throw new ReviewError(
      `There is ${given} in this repository; give a branch, a tag or a commit with --against.`,
      EXIT_CODES.usage,
    );
  }
  const commit = git(root, ["merge-base", "HEAD", `${known}^{commit}`]);
  if (commit === undefined) {
    throw new ReviewError(
      `HEAD and ${known} have no commit in common; fetch the whole history (a shallow clone has only a part of it).`,
    );
  }
  const dirty = git(root, ["status", "--porcelain", "--untracked-files=normal"]) !== "";
  return { ref: known, commit, isHead: commit === head, dirty, head: shortOf(head) };
}

function commitOf(root: string, ref: string): string | undefined {
  // What begins with a dash would be taken for a flag.
  return ref.startsWith("-") ? undefined : git(root, ["rev-parse", "--verify", "--quiet", `${ref}^{commit}`]);
}

export function shortOf(commit: string): string {
  return commit.slice(0, 10);
}

/** Writes the files of a commit into a folder; neither the work tree nor git's own files are touched. */
export function extractCommit(root: string, commit: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const archive = spawnSync("git", ["archive", "--format=tar", commit], {
    cwd: root,
    maxBuffer: TAR_BYTES_MAX,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const tar = archive.status === 0 ? spawnSync("tar", ["-xf", "-", "-C", folder], { input: archive.stdout }) : archive;
  if (tar.status === 0) return;
  const reason = tar.error?.message ?? tar.stderr?.toString().trim().split("\n").at(-1) ?? "no reason given";
  throw new ReviewError(`The files of ${shortOf(commit)} could not be written to ${path.basename(folder)}: ${reason}.`);
}

/** @returns what git prints; `undefined` where it fails */
function git(root: string, args: readonly string[]): string | undefined {
  const { status, stdout, error } = spawnSync("git", [...args], { cwd: root, encoding: "utf8" });
  if (error !== undefined) throw new ReviewError(`git could not be started (${error.message}); a review needs it.`);
  return status === 0 ? stdout.trim() : undefined;
}
