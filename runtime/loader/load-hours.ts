import type { Plan, PlannedHour } from "../lake/load-plans";
import type { ObjectStore } from "../lake/object-store";
import { RhythmicError } from "../support/errors";
import type { HourCounts, LoadJob, LoadResult, Warehouse } from "../warehouse/warehouse";
import { type JobKind, settle } from "./jobs";

/** Hours that go to the warehouse together: enough that its transactions do not count, few enough to stop soon. */
const BATCH_HOURS_MAX = 100;
const BATCH_ROWS_MAX = 250_000;

type LoadWork = Omit<LoadJob, "id"> & { readonly name: string };
type SettledLoad = Exclude<LoadResult, { readonly status: "foreign" }>;

/** Hours of one topic, in portions that a warehouse takes at once. */
export function batchesOf(hours: readonly PlannedHour[]): readonly (readonly PlannedHour[])[] {
  const batches: PlannedHour[][] = [];
  let rows = 0;
  for (const hour of hours) {
    const batch = batches.at(-1);
    rows += hour.expectedRows;
    if (batch?.[0]?.topic === hour.topic && batch.length < BATCH_HOURS_MAX && rows <= BATCH_ROWS_MAX) batch.push(hour);
    else {
      batches.push([hour]);
      rows = hour.expectedRows;
    }
  }
  return batches;
}

/**
 * L3 of the protocol: loads hours of one topic, each as a job of its own.
 * @returns rows that each job wrote, in the order of the hours
 * @throws RhythmicError load_failed, load_mismatch
 */
export async function loadHours(
  warehouse: Warehouse,
  store: ObjectStore,
  plan: Plan,
  hours: readonly PlannedHour[],
  pollMs: number,
): Promise<readonly number[]> {
  const kind: JobKind<LoadWork, SettledLoad> = {
    start: (jobs) => warehouse.startLoads(jobs),
    async results(jobs) {
      const results = await warehouse.loadResults(jobs);
      return results.map((result) => {
        if (result.status !== "foreign") return result;
        throw new RhythmicError("load_mismatch", `${result.message} The warehouse was not loaded by this plan alone.`);
      });
    },
  };
  const works = hours.map((hour) => ({
    // The job ids of BigQuery hold letters, digits, dashes and underscores only (REST: JobReference).
    name: `${plan.uuid}-${hour.topic}-${hour.eventHour.slice(0, "2026-01-01T07".length)}`,
    topic: hour.topic,
    eventHourMs: Date.parse(hour.eventHour),
    sources: hour.files.map((object) => ({ object, uri: store.uri(object) })),
  }));
  return (await settle(kind, works, pollMs)).map((result) => result.outputRows);
}

/**
 * L4 of the protocol: compares what the jobs wrote and what staging holds with the plan.
 * @returns a sentence for the first hour that differs; `undefined` where all agree
 */
export async function findMismatch(
  warehouse: Warehouse,
  hours: readonly PlannedHour[],
  outputRows: readonly number[],
): Promise<string | undefined> {
  const topic = hours[0]?.topic;
  if (topic === undefined) return undefined;
  const counts = await warehouse.hourCounts(
    topic,
    hours.map((hour) => Date.parse(hour.eventHour)),
  );
  for (const [index, hour] of hours.entries()) {
    const found: HourCounts = counts.get(Date.parse(hour.eventHour)) ?? { rows: 0, distinctRows: 0 };
    const output = outputRows[index];
    if (output === hour.expectedRows && found.rows === output && found.distinctRows === output) continue;
    return `Hour ${hour.eventHour} of ${topic} must have ${hour.expectedRows} rows; the load wrote ${output}, staging holds ${found.rows}, ${found.distinctRows} of them distinct by partition and offset.`;
  }
  return undefined;
}
