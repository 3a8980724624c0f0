import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

/** What the loop knows of time, so that tests can put another one in its place. */
export interface Clock {
  /** What this machine's clock shows, milliseconds since 1970; it may be set at any moment, back too. */
  wallMs(): number;
  /** Milliseconds that only ever go forward, from wherever; they may stand still while the machine sleeps. */
  steadyMs(): number;
  /** Resolves after so many milliseconds, or as soon as it is stopped; never rejects. */
  sleep(delayMs: number, stop: AbortSignal): Promise<void>;
  /** Lets signals and sockets have their turn. */
  turn(): Promise<void>;
}

export const MACHINE_CLOCK: Clock = {
  wallMs: () => Date.now(),
  steadyMs: () => performance.now(),
  sleep: (delayMs, stop) => sleep(delayMs, undefined, { signal: stop }).catch(() => undefined),
  turn: () => nextTurn(),
};
