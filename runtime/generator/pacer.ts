import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

/** How long the loop may keep signals and sockets waiting. */
const TURN_MS = 20;
/** How many events pass between two looks at the clock; fewer where the rate is low. */
const EVENTS_PER_LOOK = 1024;
const LOOKS_PER_SECOND = 100;

/**
 * Keeps the loop polite: lets signals and sockets have their turn, and holds the rate where one is set.
 */
export class Pacer {
  private readonly eventsPerLook: number;
  private readonly startedMs = performance.now();
  private turnMs = this.startedMs;
  private nextLook: number;

  /** @param eventsPerSecondMax infinite: as fast as it goes */
  constructor(
    private readonly eventsPerSecondMax: number,
    private readonly stop: AbortSignal,
  ) {
    this.eventsPerLook = Math.max(1, Math.min(EVENTS_PER_LOOK, Math.floor(eventsPerSecondMax / LOOKS_PER_SECOND)));
    this.nextLook = this.eventsPerLook;
  }

  /** @returns a promise where the loop must rest after this many events */
  rest(events: number): Promise<void> | undefined {
    if (events < this.nextLook) return undefined;
    this.nextLook = events + this.eventsPerLook;
    const nowMs = performance.now();
    const dueMs = this.startedMs + (events / this.eventsPerSecondMax) * 1000;
    if (dueMs > nowMs) return this.sleep(dueMs - nowMs);
    return nowMs - this.turnMs < TURN_MS ? undefined : this.turn();
  }

  private async sleep(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.stop }).catch(() => undefined);
    this.turnMs = performance.now();
  }

  private async turn(): Promise<void> {
    await nextTurn();
    this.turnMs = performance.now();
  }
}
