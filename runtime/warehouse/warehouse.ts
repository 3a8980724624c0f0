import type { Column } from "../schema/columns";

/** A staging table: one a topic, partitioned on `event_hour`. */
export interface StagingTable {
  readonly topic: string;
  readonly columns: readonly Column[];
}

/** Replaces one hour of a staging table with the rows of an explicit list of Parquet files. */
export interface LoadJob {
  /** Deterministic: plan uuid, topic, hour, attempt. A repeated id is answered with `exists`, never run twice. */
  readonly id: string;
  readonly topic: string;
  /** Beginning of the hour, milliseconds since 1970, UTC. */
  readonly eventHourMs: number;
  /** What the warehouse opens the files by (`ObjectStore.uri`), every file of the hour. Empty: the hour is emptied. */
  readonly uris: readonly string[];
}

export type LoadResult =
  | { readonly status: "done"; readonly outputRows: number }
  | { readonly status: "running" }
  | { readonly status: "failed"; readonly message: string };

/** Answer to a job's start: `exists` where a job of this id is there already, also one that failed. */
export type StartAnswer = "started" | "exists";

export interface HourCounts {
  readonly rows: number;
  /** Distinct (kafka_partition, kafka_offset). */
  readonly distinctRows: number;
}

export type Row = Readonly<Record<string, unknown>>;

/**
 * A warehouse: staging tables that are loaded hour by hour, and SQL (the portable subset) for the marts. Schemas are
 * `staging`, `marts` and `control`.
 */
export interface Warehouse {
  /** For messages. */
  readonly url: string;
  /** A uuid kept in `control`, made with the empty warehouse: the loader's plans are named by it. */
  id(): Promise<string>;
  /** Creates the schemas and the staging tables that are missing, and adds columns that are missing. */
  prepare(tables: readonly StagingTable[]): Promise<void>;
  startLoad(job: LoadJob): Promise<StartAnswer>;
  /** What became of a job. */
  loadResult(jobId: string): Promise<LoadResult>;
  hourCounts(topic: string, eventHourMs: number): Promise<HourCounts>;
  /** Runs statements of the portable subset, all or (where one fails) those before it. */
  execute(sql: string): Promise<void>;
  /** Rows of a query; 64-bit integers as numbers where they are safe, times as milliseconds since 1970. */
  query(sql: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}
