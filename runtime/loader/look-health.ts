import type { ObjectStore } from "../lake/object-store";
import { Pulse } from "../support/status/pulse";
import type { Status } from "../support/status/status";
import type { Warehouse } from "../warehouse/warehouse";

const HOUR_MS = 3_600_000;
/**
 * BigQuery ends a job after six hours (cloud.google.com/bigquery/quotas, "Load jobs", "Query jobs"), so a look in which
 * not a single one has ended for eight waits for something else.
 */
const STUCK_AFTER_MS = 8 * HOUR_MS;
const JUDGE_INTERVAL_MS = 10_000;
const ASK_INTERVAL_MS = 60_000;
const ANSWER_WITHIN_MS = 30_000;

export interface LookHealthOptions {
  readonly store: Pick<ObjectStore, "get">;
  readonly warehouse: Pick<Warehouse, "query">;
  readonly status: Status;
  /** The clock, milliseconds. @default this machine's */
  readonly nowMs?: () => number;
  /** How long a look may take for its next step, milliseconds. @default eight hours */
  readonly stuckAfterMs?: number;
}

/**
 * Judges whether a loader does its work: from the first look at the lake that ended well, or that has loaded
 * something, to the next that fails. Only a look that stands still although the lake and the warehouse answer makes
 * it stuck. A DuckDB that works on a statement answers nobody else meanwhile, so it never does.
 */
export class LookHealth {
  private readonly nowMs: () => number;
  private readonly stuckAfterMs: number;
  private readonly pulses: readonly Pulse[];
  /** When the look that is under way did its last step; `undefined` between two looks. */
  private movedAtMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: LookHealthOptions) {
    const { store, warehouse } = options;
    this.nowMs = options.nowMs ?? Date.now;
    this.stuckAfterMs = options.stuckAfterMs ?? STUCK_AFTER_MS;
    const common = { intervalMs: ASK_INTERVAL_MS, answerWithinMs: ANSWER_WITHIN_MS, nowMs: this.nowMs };
    this.pulses = [
      // Whether the object is there does not matter: the answer does.
      new Pulse({ ...common, who: "The lake", ask: async () => void (await store.get("loads/probe")) }),
      new Pulse({ ...common, who: "The warehouse", ask: async () => void (await warehouse.query("SELECT 1 AS one")) }),
    ];
  }

  start(): void {
    this.timer = setInterval(() => this.judge(), JUDGE_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** A look begins. */
  began(): void {
    this.movedAtMs = this.nowMs();
  }

  /** Something of it is done: it does its work, however much is left. */
  moved(): void {
    this.movedAtMs = this.nowMs();
    this.options.status.ready();
    this.options.status.stuck(undefined);
  }

  /** It ended well. */
  ended(): void {
    this.moved();
    this.movedAtMs = undefined;
  }

  /** @param why one sentence */
  failed(why: string): void {
    this.movedAtMs = undefined;
    this.options.status.notReady(why);
    this.options.status.stuck(undefined);
  }

  judge(): void {
    const stoodMs = this.movedAtMs === undefined ? 0 : this.nowMs() - this.movedAtMs;
    if (stoodMs < this.stuckAfterMs) return;
    // Only now: a warehouse is not asked for nothing.
    for (const pulse of this.pulses) pulse.beat();
    if (this.pulses.some(({ problem }) => problem !== undefined)) this.options.status.stuck(undefined);
    else {
      const hours = (stoodMs / HOUR_MS).toFixed(1);
      this.options.status.stuck(`The lake and the warehouse answer, and a look has stood still for ${hours} hours.`);
    }
  }
}
