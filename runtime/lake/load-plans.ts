import { RhythmicError } from "../support/errors";
import type { ObjectStore } from "./object-store";

/**
 * The loader's plans and their marks, in the lake, create-only: whoever creates plan n first has made it, and every
 * loader of this warehouse does that one.
 *
 *     loads/<warehouse uuid>/plan-00000012.json           what to load (below)
 *     loads/<warehouse uuid>/plan-00000012.loaded.json    staging holds it, counts verified
 *     loads/<warehouse uuid>/plan-00000012.done.json      the marts follow from it
 *
 * Plan 0 registers a warehouse before it reads any version: it is empty, and done as it stands.
 */
export interface Plan {
  readonly plan: number;
  /** Names the plan's jobs in the warehouse. */
  readonly uuid: string;
  readonly createdAt: string;
  /** Version of each topic's table up to which its changes are part of this plan or of one before. */
  readonly versions: Readonly<Record<string, number>>;
  readonly hours: readonly PlannedHour[];
  /** Hours that changed, but are older than what staging keeps: counted, not loaded. */
  readonly expired: readonly ExpiredHour[];
}

export interface PlannedHour {
  readonly topic: string;
  /** Beginning of the hour, ISO 8601, UTC. */
  readonly eventHour: string;
  /** Every data file of the hour at the plan's version, relative to the lake; empty: the hour is emptied. */
  readonly files: readonly string[];
  readonly expectedRows: number;
}

export interface ExpiredHour {
  readonly topic: string;
  readonly eventHour: string;
  /** Rows of the hour at the plan's version. */
  readonly rows: number;
}

export type Mark = "loaded" | "done";

/** A plan and the marks that stand beside it. */
export interface PlanState {
  readonly plan: Plan;
  readonly loaded: boolean;
  readonly done: boolean;
}

const FOLDER = "loads";
/** Digits of a plan's number, so that a listing by name is one by number: 190 years of a plan a minute. */
const NUMBER_DIGITS = 8;
const NAME = /\/plan-(\d+)(?:\.(loaded|done))?\.json$/;

function planName(warehouseId: string, plan: number, mark?: Mark): string {
  const number = String(plan).padStart(NUMBER_DIGITS, "0");
  return `${FOLDER}/${warehouseId}/plan-${number}${mark === undefined ? "" : `.${mark}`}.json`;
}

/**
 * The newest plan of a warehouse; `undefined` for one that never registered.
 * @param from number of a plan that is known to be there: the listing begins with it
 * @throws RhythmicError lake_corrupt
 */
export async function readNewestPlan(
  store: ObjectStore,
  warehouseId: string,
  from = 0,
): Promise<PlanState | undefined> {
  const marks = new Map<number, Set<string>>();
  // Of a plan's three names this one sorts first.
  const first = planName(warehouseId, from, "done");
  for await (const { name } of store.list(`${FOLDER}/${warehouseId}/plan-`, { from: first })) {
    const [, number, mark] = NAME.exec(name) ?? [];
    if (number === undefined) continue;
    const found = marks.get(Number(number)) ?? new Set();
    marks.set(Number(number), found.add(mark ?? "plan"));
  }
  const newest = [...marks].filter(([, found]) => found.has("plan")).reduce((max, [n]) => Math.max(max, n), -1);
  if (newest === -1) return undefined;
  const found = marks.get(newest);
  return {
    plan: await readPlan(store, planName(warehouseId, newest)),
    loaded: newest === 0 || found?.has("loaded") === true,
    done: newest === 0 || found?.has("done") === true,
  };
}

/**
 * The hours of a topic that a warehouse has left out as expired, and not loaded since, as their first milliseconds.
 * @throws RhythmicError lake_corrupt
 */
export async function readExpiredHours(
  store: ObjectStore,
  warehouseId: string,
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const expired = new Map<string, Set<number>>();
  for await (const { name } of store.list(`${FOLDER}/${warehouseId}/plan-`)) {
    const [, number, mark] = NAME.exec(name) ?? [];
    if (number === undefined || mark !== undefined) continue;
    // Listed by name, so by number: what a later plan says of an hour counts.
    const plan = await readPlan(store, name);
    for (const { topic, eventHour } of plan.hours) expired.get(topic)?.delete(Date.parse(eventHour));
    for (const { topic, eventHour } of plan.expired) {
      const hours = expired.get(topic) ?? new Set();
      expired.set(topic, hours.add(Date.parse(eventHour)));
    }
  }
  return expired;
}

/** Is the plan done by now? (By another loader: ours would know.) */
export async function isDone(store: ObjectStore, warehouseId: string, plan: Plan): Promise<boolean> {
  return (await store.get(planName(warehouseId, plan.plan, "done"))) !== undefined;
}

/** Makes a plan, unless another loader has made one of this number. */
export function createPlan(store: ObjectStore, warehouseId: string, plan: Plan): Promise<"created" | "exists"> {
  return store.create(planName(warehouseId, plan.plan), encode(plan));
}

/** Sets a mark; that it stands already is as good. */
export async function markPlan(store: ObjectStore, warehouseId: string, plan: Plan, mark: Mark): Promise<void> {
  await store.create(
    planName(warehouseId, plan.plan, mark),
    encode({ plan: plan.plan, uuid: plan.uuid, [mark]: new Date().toISOString() }),
  );
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
}

async function readPlan(store: ObjectStore, name: string): Promise<Plan> {
  const corrupt = (cause?: unknown) =>
    new RhythmicError(
      "lake_corrupt",
      `${store.uri(name)} is not a loader's plan; put the file back as it was, or start over with a new warehouse.`,
      { cause },
    );
  const bytes = await store.get(name);
  let plan: unknown;
  try {
    plan = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw corrupt(error);
  }
  if (!isPlan(plan)) throw corrupt();
  return plan;
}

function isPlan(value: unknown): value is Plan {
  const plan = value as Partial<Plan> | null;
  return (
    typeof plan?.plan === "number" &&
    typeof plan.uuid === "string" &&
    typeof plan.versions === "object" &&
    Array.isArray(plan.hours) &&
    Array.isArray(plan.expired)
  );
}
