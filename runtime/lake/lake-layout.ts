/**
 * Names within the lake. One place, because the processor, the loader, the audit and the warehouses' external tables
 * must agree on them:
 *
 *   events/<topic>/_delta_log/00000000000000000000.json
 *   events/<topic>/date=2026-01-01/hour=7/<partition>-<first offset>-<attempt>.parquet
 *   dead_letters/_delta_log/...
 *   dead_letters/topic=<topic>/<partition>-<first offset>-<attempt>.parquet
 *   loads/<warehouse>/plan-<n>.json
 */

/** A partition of the lake's tables. */
export const HOUR_MS = 3_600_000;

export const DEAD_LETTER_TABLE = "dead_letters";

/** The Delta table of a topic. */
export function eventTablePath(topic: string): string {
  return `events/${topic}`;
}

/** The hour that a moment lies in, as its first millisecond. */
export function hourOf(timeMs: number): number {
  return timeMs - (timeMs % HOUR_MS);
}

/** Partition values of an hour, as Delta writes them: text. */
export function hourPartition(hourMs: number): { readonly date: string; readonly hour: string } {
  const iso = new Date(hourMs).toISOString();
  return { date: iso.slice(0, 10), hour: String(Number(iso.slice(11, 13))) };
}

/** The hour of partition values; the inverse of `hourPartition`. */
export function hourOfPartition(values: Readonly<Record<string, string | null>>): number {
  return Date.parse(`${values.date}T${String(values.hour).padStart(2, "0")}:00:00Z`);
}

/** A new data file's name, relative to the topic's table. */
export function dataFileName(hourMs: number, partition: number, firstOffset: number, attempt: string): string {
  const { date, hour } = hourPartition(hourMs);
  return `date=${date}/hour=${hour}/${partition}-${firstOffset}-${attempt}.parquet`;
}

/** A new dead-letter file's name, relative to the table of dead letters. */
export function deadLetterFileName(topic: string, partition: number, firstOffset: number, attempt: string): string {
  return `topic=${topic}/${partition}-${firstOffset}-${attempt}.parquet`;
}

/** Whose offsets a Delta `txn` counts (delta-io/delta, PROTOCOL.md, "Transaction Identifiers"). */
export function txnAppId(clusterId: string, topic: string, partition: number): string {
  return `kafka:${clusterId}:${topic}:${partition}`;
}

/** The parts of a `txn` id of ours; `undefined` for one of somebody else. */
export function parseTxnAppId(
  appId: string,
): { readonly clusterId: string; readonly topic: string; readonly partition: number } | undefined {
  const match = /^kafka:([^:]+):([^:]+):(\d+)$/.exec(appId);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { clusterId: match[1], topic: match[2], partition: Number(match[3]) };
}
