import { randomUUID } from "node:crypto";
import { duckDbColumns, duckDbType } from "../schema/duckdb";
import { RhythmicError } from "../support/errors";
import type { DuckDb } from "./duckdb-connection";
import type { StagingTable } from "./warehouse";

/**
 * The functions of BigQuery that our marts use and DuckDB lacks, or spells otherwise. They are kept in the file,
 * because the views of the marts need them whoever opens it. `div` rounds towards zero, as BigQuery's does.
 */
const MACROS = `
  CREATE OR REPLACE MACRO to_hex(x) AS lower(x);
  CREATE OR REPLACE MACRO unix_seconds(ts) AS CAST(floor(epoch(ts)) AS BIGINT);
  CREATE OR REPLACE MACRO unix_millis(ts) AS epoch_ms(ts);
  CREATE OR REPLACE MACRO timestamp_millis(ms) AS make_timestamptz(CAST(ms AS BIGINT) * 1000);
  CREATE OR REPLACE MACRO timestamp_micros(us) AS make_timestamptz(CAST(us AS BIGINT));
  CREATE OR REPLACE MACRO safe_divide(a, b) AS CASE WHEN b = 0 THEN NULL ELSE CAST(a AS DOUBLE) / b END;
  CREATE OR REPLACE MACRO div(a, b) AS CAST(trunc(a / b) AS BIGINT);
`;

/** The tables of `control`. A job's row is written in the transaction of its work, so that the two are one. */
const CONTROL = `
  CREATE SCHEMA IF NOT EXISTS control;
  CREATE SCHEMA IF NOT EXISTS staging;
  CREATE SCHEMA IF NOT EXISTS marts;
  CREATE TABLE IF NOT EXISTS control.warehouse (
    id VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL
  );
  CREATE TABLE IF NOT EXISTS control.load_jobs (
    id VARCHAR PRIMARY KEY,
    topic VARCHAR NOT NULL,
    event_hour TIMESTAMP WITH TIME ZONE NOT NULL,
    sources VARCHAR[] NOT NULL,
    output_rows BIGINT,
    error VARCHAR,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL
  );
  CREATE TABLE IF NOT EXISTS control.scripts (
    id VARCHAR PRIMARY KEY,
    error VARCHAR,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL
  );
  CREATE TABLE IF NOT EXISTS control.touched_hours (
    topic VARCHAR NOT NULL,
    event_hour TIMESTAMP WITH TIME ZONE NOT NULL
  );
  CREATE TABLE IF NOT EXISTS control.mart_definitions (
    mart VARCHAR PRIMARY KEY,
    definition_sha256 VARCHAR NOT NULL
  );
`;

/** A text as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A time as an expression of SQL. @param ms milliseconds since 1970 */
export function timeLiteral(ms: number): string {
  return `make_timestamptz(${ms * 1000})`;
}

/** Creates what is missing: schemas, control tables, staging tables, columns that were added to an event. */
export async function prepareTables(duckDb: DuckDb, tables: readonly StagingTable[]): Promise<void> {
  await duckDb.transaction(async () => {
    await duckDb.run(CONTROL);
    await duckDb.run(MACROS);
    for (const { topic, columns } of tables) {
      await duckDb.run(`CREATE TABLE IF NOT EXISTS staging."${topic}" (${duckDbColumns(columns)})`);
      for (const column of columns) {
        // Rows that stand already lack an added column, so it can't be NOT NULL, whatever the schema says.
        await duckDb.run(
          `ALTER TABLE staging."${topic}" ADD COLUMN IF NOT EXISTS "${column.name}" ${duckDbType(column.type)}`,
        );
      }
    }
  });
}

/**
 * The warehouse's uuid, made by whoever asks first.
 * @throws RhythmicError warehouse_unusable where the file is open for reading only and no loader has prepared it
 */
export async function warehouseId(duckDb: DuckDb): Promise<string> {
  const read = async () => (await duckDb.read("SELECT id FROM control.warehouse")).rows[0]?.id;
  const known = await read().catch((error: unknown) => {
    throw new RhythmicError(
      "warehouse_unusable",
      `The warehouse ${duckDb.path} holds no tables of a loader; run the loader with it first, or give another path.`,
      { cause: error },
    );
  });
  if (typeof known === "string") return known;
  const id = randomUUID();
  await duckDb.run(`INSERT INTO control.warehouse VALUES (${literal(id)}, now())`);
  return id;
}
