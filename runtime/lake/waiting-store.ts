import { setTimeout as sleep } from "node:timers/promises";
import { isRetryable, messageOf } from "../support/errors";
import type { Logger } from "../support/logging";
import type { ObjectEntry, ObjectStore } from "./object-store";

export interface WaitingOptions {
  readonly log: Logger;
  /** Aborted to stop: then nothing is waited for any more, and the call fails with what kept it waiting. */
  readonly stop: AbortSignal;
  /** Pause before the second try, milliseconds; doubled for each one after it. @default a second */
  readonly firstPauseMs?: number | undefined;
  /** Longest pause between two tries, milliseconds. @default half a minute */
  readonly pauseMaxMs?: number | undefined;
  /** How often it says that it still waits, milliseconds. @default a minute */
  readonly sayIntervalMs?: number | undefined;
}

const FIRST_PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 30_000;
const SAY_INTERVAL_MS = 60_000;

/**
 * A lake that is waited for where it does not answer, for as long as it takes: a program that ended would only be
 * started again and wait as well, and what it holds in memory would have to be read anew. What the lake refuses is
 * thrown as ever.
 *
 * A create whose answers were all lost may find itself: it answers `exists` then, as the port allows, and whoever
 * creates looks whose bytes are there.
 */
export function waitingStore(store: ObjectStore, options: WaitingOptions): ObjectStore {
  const { stop } = options;
  const outage = new Outage(options);

  async function waiting<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await call();
        outage.isOver();
        return answer;
      } catch (error) {
        if (!isRetryable(error) || stop.aborted) throw error;
        outage.goesOn(error);
        await sleep(outage.pauseMs(tries), undefined, { signal: stop }).catch(() => undefined);
        if (stop.aborted) throw error;
      }
    }
  }

  return {
    url: store.url,
    create: (name, bytes) => waiting(() => store.create(name, bytes)),
    get: (name) => waiting(() => store.get(name)),
    getRange: (name, start, end) => waiting(() => store.getRange(name, start, end)),
    async *list(prefix, { from } = {}) {
      // A listing that breaks off goes on behind the last name that it gave.
      let last: string | undefined;
      const open = () => {
        const start = last ?? from;
        return store.list(prefix, start === undefined ? {} : { from: start })[Symbol.asyncIterator]();
      };
      let entries = open();
      for (;;) {
        const next: IteratorResult<ObjectEntry> = await waiting(() =>
          entries.next().catch((error: unknown) => {
            entries = open();
            throw error;
          }),
        );
        if (next.done === true) return;
        // The first name of a listing that was opened again is the last one of the one before.
        if (next.value.name === last) continue;
        last = next.value.name;
        yield next.value;
      }
    },
    remove: (name) => waiting(() => store.remove(name)),
    replace: (name, bytes) => waiting(() => store.replace(name, bytes)),
    uri: (name) => store.uri(name),
  };
}

/** What is said of a lake that does not answer: when it begins, once a minute, and when it is over. */
class Outage {
  #sinceMs: number | undefined;
  #saidAtMs = 0;

  constructor(private readonly options: WaitingOptions) {}

  pauseMs(tries: number): number {
    const { firstPauseMs = FIRST_PAUSE_MS, pauseMaxMs = PAUSE_MAX_MS } = this.options;
    return Math.min(pauseMaxMs, firstPauseMs * 2 ** (tries - 1));
  }

  goesOn(error: unknown): void {
    const { log, sayIntervalMs = SAY_INTERVAL_MS } = this.options;
    const nowMs = performance.now();
    if (this.#sinceMs !== undefined && nowMs - this.#saidAtMs < sayIntervalMs) return;
    this.#sinceMs ??= nowMs;
    this.#saidAtMs = nowMs;
    log.warn({ waitedMs: Math.round(nowMs - this.#sinceMs) }, `waiting for the lake: ${messageOf(error)}`);
  }

  isOver(): void {
    if (this.#sinceMs === undefined) return;
    const waitedMs = Math.round(performance.now() - this.#sinceMs);
    this.#sinceMs = undefined;
    this.options.log.info({ waitedMs }, "the lake answers again");
  }
}
