import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createPlan, isDone, markPlan, type Plan, type PlanState, readNewestPlan } from "../lake/load-plans";
import type { ObjectStore } from "../lake/object-store";
import type { MartsGraph } from "../marts/graph";
import { columnsOf } from "../schema/columns";
import { EVENTS } from "../schema/events";
import { isRetryable, messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { Progress } from "../support/progress";
import type { Reporter } from "../support/reporting";
import type { Status } from "../support/status/status";
import type { StagingTable, Warehouse } from "../warehouse/warehouse";
import { LakeFollower } from "./lake-changes";
import { batchesOf, findMismatch, loadHours } from "./load-hours";
import { LookHealth } from "./look-health";
import { countMarts, runMarts } from "./marts";
import type { LoaderReports } from "./metrics";

/** The staging tables: one a topic. */
export const STAGING_TABLES: readonly StagingTable[] = EVENTS.map((event) => ({
  topic: event.topic,
  columns: columnsOf(event),
}));

const DAY_MS = 86_400_000;

export interface LoaderOptions {
  readonly store: ObjectStore;
  readonly warehouse: Warehouse;
  readonly graph: MartsGraph;
  readonly log: Logger;
  readonly report: Reporter<LoaderReports>;
  readonly status: Status;
  readonly progress?: Progress;
  readonly stop: AbortSignal;
  /** Days that staging keeps an hour. @default every hour is kept */
  readonly stagingExpiryDays?: number | undefined;
  /** Milliseconds between two looks at a job that is running in the warehouse. @default 1000 */
  readonly pollMs?: number;
}

/** What a loader did and what the warehouse holds then. */
export interface LoaderSummary {
  /** Plans that this run brought to their end. */
  readonly plans: number;
  /** Hours of staging that these plans replaced. */
  readonly hours: number;
  readonly stagingRows: Readonly<Record<string, number>>;
  readonly marts: Readonly<Record<string, number>>;
}

/**
 * Brings one warehouse up to date with a lake, by L0 to L7 of the protocol: docs/ETL.md tells it, and every step can
 * be interrupted and done again, by this loader or another.
 */
export class Loader {
  private plans = 0;
  private hours = 0;
  private follower: LakeFollower | undefined;
  private newest: PlanState | undefined;
  private readonly health: LookHealth;

  private constructor(
    private readonly options: LoaderOptions,
    private readonly warehouseId: string,
  ) {
    this.health = new LookHealth(options);
  }

  /** @throws RhythmicError warehouse_unusable */
  static async start(options: LoaderOptions): Promise<Loader> {
    await options.warehouse.prepare(STAGING_TABLES);
    return new Loader(options, await options.warehouse.id());
  }

  /**
   * Finishes what an earlier loader left, then loads what the lake holds now.
   * @throws RhythmicError load_failed, load_mismatch, mart_wrong, lake_corrupt, lake_mismatch, lake_unusable
   */
  async loadOnce(): Promise<void> {
    const left = await this.finishNewest();
    if (this.options.stop.aborted) return;
    if (await this.planNext(left)) await this.finishNewest();
  }

  /** Loads until it is stopped; what may pass by itself is logged and tried again at the next look. */
  async loadForever(intervalMs: number): Promise<void> {
    this.health.start();
    try {
      while (!this.options.stop.aborted) await this.look(intervalMs);
    } finally {
      this.health.stop();
    }
  }

  /** One look at the lake, and the time until the next. */
  private async look(intervalMs: number): Promise<void> {
    const { stop, log, report } = this.options;
    const lookedAtMs = performance.now();
    this.health.began();
    try {
      await this.loadOnce();
      if (stop.aborted) return;
      this.health.ended();
      report("upToDate", { loadAgeSeconds: Math.round((performance.now() - lookedAtMs) / 100) / 10 });
    } catch (error) {
      if (!isRetryable(error)) throw error;
      this.health.failed(messageOf(error));
      log.warn({}, `${messageOf(error)}; the next look is in ${intervalMs} ms`);
    }
    await sleep(intervalMs, undefined, { signal: stop }).catch(() => undefined);
  }

  async summary(): Promise<LoaderSummary> {
    const stagingRows: Record<string, number> = {};
    for (const { topic } of STAGING_TABLES) {
      const [row] = await this.options.warehouse.query(`SELECT COUNT(*) AS total_rows FROM \`staging.${topic}\``);
      stagingRows[topic] = Number(row?.total_rows);
    }
    return { plans: this.plans, hours: this.hours, stagingRows, marts: await countMarts(this.options.warehouse) };
  }

  /** L3 to L7 for the newest plan, as far as they are not done; makes plan 0 of a new warehouse. @returns that plan */
  private async finishNewest(): Promise<Plan> {
    for (;;) {
      this.newest = await this.readNewest();
      const { plan, loaded, done } = this.newest;
      if (done) return plan;
      if (loaded || (await this.loadPlan(plan))) {
        await this.finishMarts(plan);
        return plan;
      }
      if (this.options.stop.aborted) return plan;
      // Another loader was faster: what it did next is the newest plan now.
    }
  }

  private async readNewest(): Promise<PlanState> {
    const { store, log } = this.options;
    const newest = await readNewestPlan(store, this.warehouseId, this.newest?.plan.plan);
    if (newest !== undefined) return newest;
    if (this.newest !== undefined) {
      throw new RhythmicError(
        "lake_corrupt",
        `The loader's plans of warehouse ${this.warehouseId} are gone from ${store.url}; put the folder loads/ back.`,
      );
    }
    const plan: Plan = { ...newPlan(0), versions: {}, hours: [], expired: [] };
    await createPlan(store, this.warehouseId, plan);
    log.info({ warehouse: this.warehouseId }, "registered a new warehouse with the lake");
    return { plan, loaded: true, done: true };
  }

  /** L0 to L2. @returns is there a next plan, ours or another loader's? */
  private async planNext(previous: Plan): Promise<boolean> {
    const { store, log, stagingExpiryDays } = this.options;
    this.follower ??= new LakeFollower(
      store,
      STAGING_TABLES.map((table) => table.topic),
    );
    const expiredBeforeMs = stagingExpiryDays === undefined ? -Infinity : Date.now() - stagingExpiryDays * DAY_MS;
    const changes = await this.follower.changesSince(previous, expiredBeforeMs);
    if (changes === undefined) return false;
    const plan: Plan = { ...newPlan(previous.plan + 1), ...changes };
    const answer = await createPlan(store, this.warehouseId, plan);
    log.info(
      { plan: plan.plan, hours: plan.hours.length, expired: plan.expired.length },
      answer === "created" ? "made a plan" : "another loader has made this plan already; doing that one",
    );
    return true;
  }

  /** L3 to L5. @returns false where it was stopped, or another loader has finished the plan meanwhile */
  private async loadPlan(plan: Plan): Promise<boolean> {
    const { store, warehouse, stop, log, progress, pollMs = 1_000 } = this.options;
    let hoursDone = 0;
    for (const batch of batchesOf(plan.hours)) {
      if (stop.aborted) return false;
      const outputRows = await loadHours(warehouse, store, plan, batch, pollMs);
      const mismatch = await findMismatch(warehouse, batch, outputRows);
      if (mismatch !== undefined) {
        if (await isDone(store, this.warehouseId, plan)) {
          log.info({ plan: plan.plan }, "another loader has finished this plan");
          return false;
        }
        throw new RhythmicError(
          "load_mismatch",
          `${mismatch} Nothing more is loaded into ${warehouse.url}: compare the hour's files with plan ${plan.plan}, or load into a new warehouse.`,
        );
      }
      hoursDone += batch.length;
      this.health.moved();
      progress?.update(`plan ${plan.plan}: ${hoursDone} of ${plan.hours.length} hours loaded`);
    }
    await markPlan(store, this.warehouseId, plan, "loaded");
    return true;
  }

  /** L6 and L7. */
  private async finishMarts(plan: Plan): Promise<void> {
    const { store, warehouse, graph, log, progress, stop, pollMs = 1_000 } = this.options;
    if (plan.hours.length > 0) {
      progress?.update(`plan ${plan.plan}: building the marts`);
      if (!(await runMarts({ warehouse, graph, log, stop, pollMs }, plan))) return;
    }
    await markPlan(store, this.warehouseId, plan, "done");
    this.health.moved();
    this.plans += 1;
    this.hours += plan.hours.length;
    const rows = plan.hours.reduce((sum, hour) => sum + hour.expectedRows, 0);
    this.options.report("loaded", { plan: plan.plan, hours: plan.hours.length, rows });
  }
}

function newPlan(plan: number): Pick<Plan, "plan" | "uuid" | "createdAt"> {
  return { plan, uuid: randomUUID(), createdAt: new Date().toISOString() };
}
