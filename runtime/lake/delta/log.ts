import { setTimeout as sleep } from "node:timers/promises";
import { RhythmicError } from "../../support/errors";
import type { ObjectStore } from "../object-store";
import { type Action, decodeActions } from "./actions";

/** One version of a table: a file of the log. */
export interface LogEntry {
  readonly version: number;
  readonly actions: readonly Action[];
}

/** Delta numbers its log files with twenty digits (PROTOCOL.md, "Delta Log Entries"). */
const VERSION_DIGITS = 20;
const LIST_AGAIN_MAX = 5;
const LIST_AGAIN_AFTER_MS = 50;

/** The log file of a version, relative to the lake. */
export function logFileName(tablePath: string, version: number): string {
  return `${tablePath}/_delta_log/${String(version).padStart(VERSION_DIGITS, "0")}.json`;
}

async function listVersions(store: ObjectStore, tablePath: string, fromVersion: number): Promise<number[]> {
  const prefix = `${tablePath}/_delta_log/`;
  const versions: number[] = [];
  for await (const { name } of store.list(prefix, { from: logFileName(tablePath, fromVersion) })) {
    const match = /^(\d{20})\.json$/.exec(name.slice(prefix.length));
    if (match !== null) versions.push(Number(match[1]));
  }
  return versions;
}

/** The versions from one on without a hole; where the listing shows one it was overtaken by a writer: list again. */
async function contiguousVersions(store: ObjectStore, tablePath: string, fromVersion: number): Promise<number[]> {
  for (let attempt = 1; ; attempt++) {
    const versions = await listVersions(store, tablePath, fromVersion);
    const hole = versions.findIndex((version, index) => version !== fromVersion + index);
    if (hole === -1) return versions;
    if (attempt === LIST_AGAIN_MAX) {
      throw new RhythmicError(
        "lake_corrupt",
        `The log of ${store.url}/${tablePath} lacks version ${fromVersion + hole} though it has ${versions[hole]}; restore ${logFileName(tablePath, fromVersion + hole)} from a backup.`,
      );
    }
    await sleep(LIST_AGAIN_AFTER_MS);
  }
}

/**
 * The entries of a table's log from a version on, in order and without a hole; none where the table has no such
 * version yet.
 * @throws RhythmicError lake_corrupt
 */
export async function* readLogEntries(
  store: ObjectStore,
  tablePath: string,
  fromVersion: number,
): AsyncIterable<LogEntry> {
  for (const version of await contiguousVersions(store, tablePath, fromVersion)) {
    yield { version, actions: await readLogEntry(store, tablePath, version) };
  }
}

async function readLogEntry(store: ObjectStore, tablePath: string, version: number): Promise<Action[]> {
  const name = logFileName(tablePath, version);
  const bytes = await store.get(name);
  if (bytes === undefined) {
    throw new RhythmicError("lake_corrupt", `The log file ${store.url}/${name} was listed but is gone.`);
  }
  return decodeActions(bytes, `${store.url}/${name}`);
}
