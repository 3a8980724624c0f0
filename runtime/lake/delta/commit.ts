import { setTimeout as sleep } from "node:timers/promises";
import { isRetryable, messageOf, RhythmicError } from "../../support/errors";
import type { Logger } from "../../support/logging";
import type { ObjectStore } from "../object-store";
import { type Action, type CommitInfo, encodeActions } from "./actions";
import { type LogEntry, logFileName } from "./log";
import type { SnapshotBuilder } from "./snapshot";

/** What became of a commit. */
export type CommitOutcome =
  /** The entry stands in the log. */
  | { readonly status: "committed"; readonly version: number }
  /** Others came first, and what is left of the attempt is nothing. */
  | { readonly status: "superseded" }
  /** The entry stands, but the one before it is gone: log cleanup passed us, everything must be read anew. */
  | { readonly status: "log_was_cleaned"; readonly version: number };

export interface CommitRequest {
  /** A uuid that stands in the entry's `commitInfo`: by it the entry is recognised after a lost answer. */
  readonly attempt: string;
  /** The entry as it is to be tried next; `undefined` where nothing is left of it. */
  content(): readonly Action[] | undefined;
  /** Others' entries that came first, in order: drop from the content what they have taken. */
  onConflict(entries: readonly LogEntry[]): void;
}

const NO_ANSWER_TRIES_MAX = 8;
const NO_ANSWER_BACKOFF_MS = 100;

function commitInfoOf(entry: LogEntry): CommitInfo | undefined {
  for (const action of entry.actions) if ("commitInfo" in action) return action.commitInfo;
  return undefined;
}

/**
 * P4: creates the log file after the snapshot's head, which is the commit point and the fence. Under one number an
 * attempt never changes its content; where the answer is lost the same bytes go under the same number again.
 * The snapshot is brought up to what was read, the own entry included.
 * @throws RhythmicError lake_unusable: no answer time and again; whether the entry landed shows the next P0
 */
export async function commitToLog(
  store: ObjectStore,
  snapshot: SnapshotBuilder,
  request: CommitRequest,
  log: Logger,
): Promise<CommitOutcome> {
  for (;;) {
    const actions = request.content();
    if (actions === undefined) return { status: "superseded" };
    const version = snapshot.version + 1;
    const answer = await createEntry(store, logFileName(snapshot.tablePath, version), encodeActions(actions), log);
    if (answer === "created") {
      snapshot.apply({ version, actions });
      return afterSuccess(store, snapshot.tablePath, version);
    }
    const entries = await snapshot.advance(store);
    // Look for our own first: clients retry by themselves, and the first try may have landed.
    const own = entries.find((entry) => commitInfoOf(entry)?.attempt === request.attempt);
    if (own !== undefined) return afterSuccess(store, snapshot.tablePath, own.version);
    request.onConflict(entries);
  }
}

/** The entry before ours must still be there. */
async function afterSuccess(store: ObjectStore, tablePath: string, version: number): Promise<CommitOutcome> {
  const before = await store.get(logFileName(tablePath, version - 1));
  return { status: before === undefined ? "log_was_cleaned" : "committed", version };
}

/** Creates a log file; without an answer it looks whether one is there, and tries the same bytes again. */
async function createEntry(
  store: ObjectStore,
  name: string,
  bytes: Uint8Array,
  log: Logger,
): Promise<"created" | "exists"> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.create(name, bytes);
    } catch (error) {
      if (attempt === NO_ANSWER_TRIES_MAX) {
        throw new RhythmicError(
          "lake_unusable",
          `No answer to the commit ${store.url}/${name} after ${attempt} tries: ${messageOf(error)} A restart goes on from the log.`,
          { cause: error },
        );
      }
      log.warn({ name, attempt, retryable: isRetryable(error) }, `commit without answer: ${messageOf(error)}`);
      await sleep(NO_ANSWER_BACKOFF_MS * 2 ** (attempt - 1));
    }
  }
}
