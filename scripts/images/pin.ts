import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { messageOf, RhythmicError } from "../../runtime/support/errors";
import {
  checkLock,
  type ImagesLock,
  type PinnedImage,
  type PinnedMachineImage,
} from "../../stacks/constructs/images-lock";
import type { NewestImage } from "./machine-image";
import type { ResolvedImage } from "./registry";

/** What is to be pinned, and who is asked. */
export interface PinRequest {
  /** Tags by their names in the lock file. */
  readonly images: Readonly<Record<string, string>>;
  readonly family: string;
  resolve(tag: string): Promise<ResolvedImage>;
  newest(family: string): Promise<NewestImage>;
  /** ISO 8601, UTC. */
  readonly today: string;
}

export interface Pinned {
  readonly lock: ImagesLock;
  /** A line for each of the images, and for the machines'. */
  readonly lines: readonly string[];
  /** Would the lock file change? */
  readonly isNew: boolean;
}

/**
 * Finds out what stands behind every tag now. What has not changed keeps its date.
 * @throws RhythmicError download_failed: one of them could not be resolved
 */
export async function findPins(before: ImagesLock, request: PinRequest): Promise<Pinned> {
  const names = Object.keys(request.images).sort();
  const resolved = await Promise.all(names.map((name) => request.resolve(request.images[name] ?? "")));
  const images: Record<string, PinnedImage> = {};
  const lines: string[] = [];
  for (const [index, name] of names.entries()) {
    const tag = request.images[name] ?? "";
    const { digest, platforms } = resolved[index] as ResolvedImage;
    const old = before.images[name];
    const isSame = old?.tag === tag && old.digest === digest;
    images[name] = { tag, digest, platforms, pinned: isSame ? old.pinned : request.today };
    lines.push(`${name}: ${tag} is ${digest}${comparedTo(old?.tag === tag ? old.digest : undefined, isSame)}`);
  }
  const { machine, line } = await findMachine(before.machine, request);
  const lock: ImagesLock = { images, machine };
  return { lock, lines: [...lines, line], isNew: JSON.stringify(lock) !== JSON.stringify(before) };
}

function comparedTo(old: string | undefined, isSame: boolean): string {
  if (isSame) return ", as pinned";
  return old === undefined ? ", not pinned before" : `, pinned was ${old}`;
}

async function findMachine(
  before: PinnedMachineImage | null,
  { family, newest, today }: PinRequest,
): Promise<{ readonly machine: PinnedMachineImage | null; readonly line: string }> {
  const found = await newest(family);
  const kept = before?.family === family ? before : null;
  if ("unknown" in found) {
    const stays = kept === null ? `machines start from the newest of ${family}` : `${kept.image} stays pinned`;
    return { machine: kept, line: `machine: Google could not be asked (${found.unknown}); ${stays}` };
  }
  const isSame = kept?.image === found.image;
  const line = `machine: the newest of ${family} is ${found.image}${comparedTo(kept?.image, isSame)}`;
  return { machine: isSame ? kept : { family, image: found.image, pinned: today }, line };
}

/** @throws RhythmicError bad_configuration */
export function readLockFile(file: string): ImagesLock {
  try {
    return checkLock(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new RhythmicError("bad_configuration", `The lock file can't be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Whole or not at all. */
export function writeLockFile(file: string, { images, machine }: ImagesLock): void {
  const text = `${JSON.stringify({ generator: "npm run images -- pin", images, machine }, null, 2)}\n`;
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, text);
  renameSync(part, file);
}
