import type { Column } from "../schema/columns";

/** A staging table: one a topic, partitioned on `event_hour`. */
export interface StagingTable {
  readonly topic: string;
  readonly columns: readonly Column[];
}

/** A data file of the lake as a load names it. */
export interface LoadSource {
  /** The object's name in the lake, which stays when the lake is opened by another path. */
  readonly object: string;
  /** What the warehouse opens it by (`ObjectStore.uri`). */
  readonly uri: string;
}

/** Replaces one hour of a staging table with the rows of an explicit list of Parquet files. */
export interface LoadJob {
  /** Deterministic: plan uuid, topic, hour, attempt. A repeated id is answered with `exists`, never run twice. */
  readonly id: string;
  readonly topic: string;
  /** Beginning of the hour, milliseconds since 1970, UTC. */
  readonly eventHourMs: number;
  /** Every file of the hour. Empty: the hour is emptied. */
  readonly sources: readonly LoadSource[];
}

/** What became of a load, or of a script. */
export type JobResult =
  | { readonly status: "done" }
  | { readonly status: "running" }
  | { readonly status: "failed"; readonly message: string };

export type LoadResult =
  | Exclude<JobResult, { readonly status: "done" }>
  | { readonly status: "done"; readonly outputRows: number }
  /** A job of this id exists, with another destination or other sources: it is not the one that was asked for. */
  | { readonly status: "foreign"; readonly message: string };

/** Answer to a job's start: `exists` where a job of this id is there already, also one that failed. */
export type StartAnswer = "started" | "exists";

/** Statements that run in their order as one job. */
export interface Script {
  /** Deterministic, like a load's: plan uuid, action, attempt. */
  readonly id: string;
  /** Of the portable subset, tables named in backticks: `marts.fact_streams`. */
  readonly statements: readonly string[];
}

export interface HourCounts {
  readonly rows: number;
  /** Distinct (kafka_partition, kafka_offset). */
  readonly distinctRows: number;
}

/** A table or a view that stands in the warehouse. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view";
}

/** 64-bit integers are numbers where they are safe, else texts; times are milliseconds since 1970, dates ISO texts. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [field: string]: Value };
export type Row = Readonly<Record<string, Value>>;

/**
 * A warehouse: staging tables that are loaded hour by hour, and SQL (the portable subset) for the marts. Schemas are
 * `staging`, `marts` and `control`, and `control` holds these tables for the loader and the marts:
 *
 *     control.touched_hours    (topic, event_hour)       the hours that the plan in hand replaced in staging
 *     control.mart_definitions (mart, definition_sha256) what each mart was last built from in full
 *
 * Jobs (loads and scripts) have deterministic ids, so that whoever repeats a job finds the first one instead.
 */
export interface Warehouse {
  /** For messages. */
  readonly url: string;
  /** A uuid kept in `control`, made with the empty warehouse: the loader's plans are named by it. */
  id(): Promise<string>;
  /** Creates the schemas and the tables of staging and control that are missing, and adds columns that are missing. */
  prepare(tables: readonly StagingTable[]): Promise<void>;
  /**
   * Starts loads, each a job of its own; a driver may run them side by side or together.
   * @returns an answer a job, in their order
   */
  startLoads(jobs: readonly LoadJob[]): Promise<readonly StartAnswer[]>;
  /** What became of these jobs, in their order. @throws RhythmicError internal where one was never started */
  loadResults(jobs: readonly LoadJob[]): Promise<readonly LoadResult[]>;
  /** Counts of hours of a staging table; hours without rows are there with zeros. */
  hourCounts(topic: string, eventHoursMs: readonly number[]): Promise<ReadonlyMap<number, HourCounts>>;
  /** Starts a script; where a statement fails, the job has failed, and what it had done is undone or harmless. */
  startScript(script: Script): Promise<StartAnswer>;
  /** @throws RhythmicError internal where the script was never started */
  scriptResult(scriptId: string): Promise<JobResult>;
  /** The tables and views of all three schemas. */
  relations(): Promise<readonly Relation[]>;
  /** Rows of a query of the portable subset. @throws RhythmicError query_failed with the warehouse's own words */
  query(sql: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}
