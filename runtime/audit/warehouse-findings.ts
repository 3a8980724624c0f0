import { compiledMarts } from "../marts/compiled";
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
  readonly repeatedEvents: number;
  readonly marts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
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
