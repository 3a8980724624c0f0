import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RhythmicError, systemCodeOf } from "../support/errors";
import { createFile, readIfThere, SECRET_MODE } from "./files";

/**
 * One keeper at a time changes users: the one that runs all the time, or a rotation beside it. The lease is a file with
 * its holder's id, touched while it is held; one that nobody has touched for a while is a crashed keeper's. Process
 * ids would not do: two containers have a count of their own. Nor would the time of the last touch alone: a clock that
 * is set makes a holder that is alive look gone, or one that is gone alive. So whoever waits watches it as well.
 */

const FILE = "lease";
const TOUCH_INTERVAL_MS = 1_000;
/** Ten touches missed, or a touch that is still to come: its holder is gone, or the clock was set. */
const STALE_AFTER_MS = 10_000;
/** Three touches missed while somebody watched: it was not the clock. */
const WATCHED_FOR_MS = 3_000;
const LOOK_INTERVAL_MS = 200;

export interface Lease {
  /**
   * To be asked before every write: a holder that was suspended may have lost it meanwhile.
   * @throws RhythmicError interrupted
   */
  check(): Promise<void>;
}

export interface LeaseOptions {
  readonly folder: string;
  /** How long to wait for another holder. */
  readonly waitMaxMs: number;
  readonly stop?: AbortSignal;
}

/**
 * Does work that only one may do at a time.
 * @throws RhythmicError bad_configuration: somebody else holds the lease for longer than we wait
 */
export async function withLease<T>(options: LeaseOptions, work: (lease: Lease) => Promise<T>): Promise<T> {
  const path = join(options.folder, FILE);
  const id = randomUUID();
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  await take(path, id, options);
  const touching = setInterval(() => {
    const now = new Date();
    // A lease that is gone is found by who checks it.
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_INTERVAL_MS);
  touching.unref();
  try {
    return await work({ check: () => check(path, id) });
  } finally {
    clearInterval(touching);
    if ((await readIfThere(path)) === id) await rm(path, { force: true });
  }
}

async function take(path: string, id: string, { waitMaxMs, stop }: LeaseOptions): Promise<void> {
  const deadlineMs = performance.now() + waitMaxMs;
  let seen: { readonly touchedAtMs: number; readonly sinceMs: number } | undefined;
  for (;;) {
    if (await createFile(path, id, SECRET_MODE)) return;
    const touchedAtMs = await touchOf(path);
    if (touchedAtMs === undefined) continue;
    if (seen?.touchedAtMs !== touchedAtMs) seen = { touchedAtMs, sinceMs: performance.now() };
    const isStale = Math.abs(Date.now() - touchedAtMs) >= STALE_AFTER_MS;
    if (isStale && performance.now() - seen.sinceMs >= WATCHED_FOR_MS && (await removeStale(path, touchedAtMs)))
      continue;
    if (performance.now() >= deadlineMs) {
      throw new RhythmicError(
        "bad_configuration",
        `Another keeper has held ${path} for ${Math.round(waitMaxMs / 1000)} s; let it finish, or stop it, and try again.`,
      );
    }
    await sleep(LOOK_INTERVAL_MS, undefined, stop && { signal: stop });
  }
}

/** @returns is there no lease any more? */
async function removeStale(path: string, touchedAtMs: number): Promise<boolean> {
  // Moved away before it is removed: of two that find it stale only one moves it, and never a lease that is new.
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return true;
    throw error;
  }
  const isFresh = (await touchOf(aside)) !== touchedAtMs;
  if (isFresh) {
    // Somebody took it between our look and our move: it goes back to its holder.
    const id = await readIfThere(aside);
    if (id !== undefined) await createFile(path, id, SECRET_MODE);
  }
  await rm(aside, { force: true });
  return !isFresh;
}

/** When it was touched last, by the clock of that time; `undefined` where there is no lease. */
async function touchOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function check(path: string, id: string): Promise<void> {
  if ((await readIfThere(path)) === id) return;
  throw new RhythmicError("interrupted", "Another keeper has taken over while this one stood still; it goes on there.");
}
