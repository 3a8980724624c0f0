import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { messageOf, RhythmicError } from "../support/errors";
import { quoteNames } from "./backticks";
import { plainRow } from "./duckdb-values";
import type { Row } from "./warehouse";

export interface DuckDbOptions {
  /** Megabytes that DuckDB may take for its buffers; what does not fit goes to a folder beside the file. */
  readonly memoryMb?: number;
  /** Threads that DuckDB may use. @default as many as the machine has cores */
  readonly threads?: number;
  /** Opens an existing file, and only for reading. @default false */
  readonly readOnly?: boolean;
}

export interface DuckDbRows {
  /** Types in DuckDB's spelling, as in `TIMESTAMP WITH TIME ZONE`. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly Row[];
  /** Are these all rows of the query? */
  readonly complete: boolean;
}

/** A DuckDB file (or `:memory:`) that is open, in the dialect that the marts are written for. */
export interface DuckDb {
  /** The file, as it was given. */
  readonly path: string;
  /** Runs statements; @returns rows changed by the last of them. Throws DuckDB's own errors. */
  run(sql: string): Promise<number>;
  /** Rows of a query, @param rowsMax at most as many. Throws DuckDB's own errors. */
  read(sql: string, rowsMax?: number): Promise<DuckDbRows>;
  /** Runs `work` in a transaction: committed where it returns, rolled back where it throws. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * What every connection sets, so that one SQL text means the same here and in BigQuery: EXTRACT and DATE follow the
 * session's time zone, and nulls come first on ASC. Nothing is ever downloaded.
 */
const SESSION = `
  SET TimeZone = 'UTC';
  SET default_null_order = 'nulls_first_on_asc_last_on_desc';
  SET autoinstall_known_extensions = false;
`;

/**
 * Opens a DuckDB file. The native module is loaded here and not at the top: it can't be part of a bundle, and
 * programs that never ask for a DuckDB file do without it.
 * @param path a file, made where it is not there (unless `readOnly`), or `:memory:`
 * @throws RhythmicError warehouse_unusable
 */
export async function openDuckDb(path: string, options: DuckDbOptions = {}): Promise<DuckDb> {
  const { DuckDBInstance } = await import("@duckdb/node-api").catch((error: unknown) => {
    throw new RhythmicError(
      "warehouse_unusable",
      `The warehouse ${path} is a DuckDB file, and the module @duckdb/node-api can't be loaded (${messageOf(error)}); run npm install.`,
      { cause: error },
    );
  });
  if (path !== ":memory:") await checkPath(path, options.readOnly === true);
  let instance: DuckDBInstance;
  let connection: DuckDBConnection;
  try {
    instance = await DuckDBInstance.create(path, instanceSettings(options));
    connection = await instance.connect();
    await connection.run(SESSION);
  } catch (error) {
    throw openingError(path, error);
  }
  return connected(path, instance, connection);
}

/** DuckDB's message on one line, without what its client puts before some of them. */
export function duckDbMessage(error: unknown): string {
  return messageOf(error).replace(/^(Failed to extract statements: |Error: )+/, "");
}

function instanceSettings(options: DuckDbOptions): Record<string, string> {
  return {
    // Rows of a load have no order worth its memory.
    preserve_insertion_order: "false",
    ...(options.memoryMb === undefined ? {} : { memory_limit: `${options.memoryMb}MB` }),
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    ...(options.readOnly === true ? { access_mode: "READ_ONLY" } : {}),
  };
}

function connected(path: string, instance: DuckDBInstance, connection: DuckDBConnection): DuckDb {
  const run = async (sql: string) => (await connection.run(quoteNames(sql))).rowsChanged;
  return {
    path,
    run,
    async read(sql, rowsMax = Number.POSITIVE_INFINITY) {
      const reader = await connection.streamAndReadUntil(quoteNames(sql), rowsMax);
      const types = reader.columnTypes();
      const rows = reader.getRowObjectsJS().map((row) => plainRow(row, types));
      return {
        columns: reader
          .deduplicatedColumnNames()
          .map((name, index) => ({ name, type: types[index]?.toString() ?? "" })),
        rows: rows.slice(0, rowsMax),
        complete: reader.done && rows.length <= rowsMax,
      };
    },
    async transaction(work) {
      await run("BEGIN TRANSACTION");
      try {
        const result = await work();
        await run("COMMIT");
        return result;
      } catch (error) {
        // Where the failure has ended the transaction already, its own message is the one that matters.
        await run("ROLLBACK").catch(() => undefined);
        throw error;
      }
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** What DuckDB would only say in its own words: a folder, a folder that is not there, a file to read that is not. */
async function checkPath(path: string, readOnly: boolean): Promise<void> {
  const unusable = (problem: string) => new RhythmicError("warehouse_unusable", `The warehouse ${path} ${problem}`);
  const file = await stat(path).catch(() => undefined);
  if (file?.isDirectory()) throw unusable("is a folder; give the path of a .duckdb file.");
  if (file !== undefined) return;
  if (readOnly) throw unusable("is not there; run the loader first, or give another path.");
  const folder = await stat(dirname(resolve(path))).catch(() => undefined);
  if (!folder?.isDirectory()) throw unusable(`can't be made: there is no folder ${dirname(path)}; make it first.`);
}

function openingError(path: string, error: unknown): RhythmicError {
  const message = duckDbMessage(error);
  const owner = /Conflicting lock is held in (.+?\(PID \d+\))/.exec(message)?.[1];
  const problem = message.includes("Could not set lock")
    ? `is in use by ${owner ?? "another process"}; a DuckDB file has one writer: wait until it ends, or stop it.`
    : message.includes("not a valid DuckDB database")
      ? "is not a DuckDB file; give another path, or remove the file."
      : `can't be opened: ${message}`;
  return new RhythmicError("warehouse_unusable", `The warehouse ${path} ${problem}`, { cause: error });
}
