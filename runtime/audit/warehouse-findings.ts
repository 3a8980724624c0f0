import { readExpiredHours } from "../lake/load-plans";
import type { ObjectStore } from "../lake/object-store";
import { compiledMarts, MARTS_SCHEMA } from "../marts/compiled";
import { EVENTS } from "../schema/events";
import type { Warehouse } from "../warehouse/warehouse";

export interface StagingCounts {
  readonly rows: number;
  /** Rows too many: the same partition and offset again. */
  readonly duplicates: number;
}

/** What the warehouse holds, for the books. */
export interface WarehouseFindings {
  /** By topic and Kafka partition. */
  readonly staging: ReadonlyMap<string, ReadonlyMap<number, StagingCounts>>;
  /** Hours that were left out as expired, by topic: their first milliseconds. */
  readonly expired: ReadonlyMap<string, ReadonlySet<number>>;
  readonly repeatedEvents: number;
  readonly marts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** Tables of the marts by name, views and assertions left out. */
function martTables(): readonly string[] {
  return compiledMarts.actions
    .filter((action) => action.target.schema === MARTS_SCHEMA)
    .filter((action) => action.kind === "table" || action.kind === "incremental")
    .map((action) => action.target.name)
    .sort();
}

async function single(warehouse: Warehouse, sql: string): Promise<number> {
  const [row] = await warehouse.query(sql);
  return Number(row?.n ?? 0);
}

async function stagingCounts(warehouse: Warehouse, topic: string): Promise<ReadonlyMap<number, StagingCounts>> {
  const rows = await warehouse.query(
    `SELECT kafka_partition, COUNT(*) AS row_count, COUNT(DISTINCT kafka_offset) AS distinct_count FROM staging.${topic} GROUP BY kafka_partition`,
  );
  return new Map(
    rows.map((row) => [
      Number(row.kafka_partition),
      { rows: Number(row.row_count), duplicates: Number(row.row_count) - Number(row.distinct_count) },
    ]),
  );
}

/** Counts what staging and the marts hold. @throws RhythmicError warehouse_unusable */
export async function warehouseFindings(store: ObjectStore, warehouse: Warehouse): Promise<WarehouseFindings> {
  const expired = await readExpiredHours(store, await warehouse.id());
  const staging = new Map<string, ReadonlyMap<number, StagingCounts>>();
  let repeatedEvents = 0;
  for (const { topic } of EVENTS) {
    staging.set(topic, await stagingCounts(warehouse, topic));
    repeatedEvents += await single(
      warehouse,
      `SELECT COUNT(*) AS n FROM (SELECT event_id FROM staging.${topic} GROUP BY event_id HAVING COUNT(*) > 1) AS repeated`,
    );
  }
  const marts: Record<string, number> = {};
  for (const name of martTables())
    marts[name] = await single(warehouse, `SELECT COUNT(*) AS n FROM ${MARTS_SCHEMA}.${name}`);
  return { staging, expired, repeatedEvents, marts, problems: await factProblems(warehouse, marts) };
}

/** The fact table holds every listen event once, however often its producer sent it. */
async function factProblems(warehouse: Warehouse, marts: Readonly<Record<string, number>>): Promise<string[]> {
  const events = await single(warehouse, "SELECT COUNT(DISTINCT event_id) AS n FROM staging.listen_events");
  if (marts.fact_streams === events) return [];
  return [`marts.fact_streams has ${marts.fact_streams} rows, staging.listen_events has ${events} events.`];
}
