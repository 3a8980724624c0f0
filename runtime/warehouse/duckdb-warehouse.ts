import { duckDbType } from "../schema/duckdb";
import { RhythmicError } from "../support/errors";
import { type DuckDb, type DuckDbOptions, duckDbMessage, openDuckDb } from "./duckdb-connection";
import { literal, prepareTables, timeLiteral, warehouseId } from "./duckdb-tables";
import type {
  HourCounts,
  JobResult,
  LoadJob,
  LoadResult,
  Relation,
  Row,
  Script,
  StagingTable,
  StartAnswer,
  Warehouse,
} from "./warehouse";

/**
 * A warehouse in one DuckDB file. The file has one writer, so a job is over when its start returns, and its row in
 * `control` is written in the same transaction as what it did.
 * @throws RhythmicError warehouse_unusable
 */
export async function openDuckDbWarehouse(path: string, options: DuckDbOptions = {}): Promise<Warehouse> {
  return new DuckDbWarehouse(await openDuckDb(path, options));
}

class DuckDbWarehouse implements Warehouse {
  readonly url: string;
  private readonly duckDb: DuckDb;
  private tables: ReadonlyMap<string, StagingTable> = new Map();

  constructor(duckDb: DuckDb) {
    this.duckDb = duckDb;
    this.url = duckDb.path;
  }

  id(): Promise<string> {
    return warehouseId(this.duckDb);
  }

  async prepare(tables: readonly StagingTable[]): Promise<void> {
    await prepareTables(this.duckDb, tables).catch((error: unknown) => {
      throw new RhythmicError(
        "warehouse_unusable",
        `The warehouse ${this.url} can't be prepared: ${duckDbMessage(error)}`,
        { cause: error },
      );
    });
    this.tables = new Map(tables.map((table) => [table.topic, table]));
  }

  /** One transaction for all of them, which is many times faster than one each; where it fails, one each. */
  async startLoads(jobs: readonly LoadJob[]): Promise<readonly StartAnswer[]> {
    const known = await this.known("load_jobs", jobs);
    const fresh = jobs.filter((job) => !known.has(job.id));
    try {
      await this.duckDb.transaction(async () => {
        for (const topic of new Set(fresh.map((job) => job.topic))) {
          await this.load(
            topic,
            fresh.filter((job) => job.topic === topic),
          );
        }
      });
    } catch {
      for (const job of fresh) await this.loadAlone(job);
    }
    return jobs.map((job) => (known.has(job.id) ? "exists" : "started"));
  }

  async loadResults(jobs: readonly LoadJob[]): Promise<readonly LoadResult[]> {
    const rows = await this.known("load_jobs", jobs);
    return jobs.map((job) => loadResult(job, startedJob(rows, job.id)));
  }

  async hourCounts(topic: string, eventHoursMs: readonly number[]): Promise<ReadonlyMap<number, HourCounts>> {
    const counts = new Map<number, HourCounts>(eventHoursMs.map((ms) => [ms, { rows: 0, distinctRows: 0 }]));
    if (eventHoursMs.length === 0) return counts;
    const { rows } = await this.duckDb.read(`
      SELECT event_hour, CAST(SUM(copies) AS BIGINT) AS total_rows, COUNT(*) AS distinct_rows
      FROM (
        SELECT event_hour, kafka_partition, kafka_offset, COUNT(*) AS copies
        FROM staging."${topic}"
        WHERE event_hour IN (${eventHoursMs.map(timeLiteral).join(", ")})
        GROUP BY ALL
      )
      GROUP BY event_hour`);
    for (const row of rows) {
      counts.set(Number(row.event_hour), { rows: Number(row.total_rows), distinctRows: Number(row.distinct_rows) });
    }
    return counts;
  }

  async startScript(script: Script): Promise<StartAnswer> {
    if ((await this.known("scripts", [script])).size > 0) return "exists";
    const record = (error: string) =>
      this.duckDb.run(`INSERT INTO control.scripts VALUES (${literal(script.id)}, ${error}, now())`);
    try {
      await this.duckDb.transaction(async () => {
        for (const statement of script.statements) await this.duckDb.run(statement);
        await record("NULL");
      });
    } catch (error) {
      await record(literal(duckDbMessage(error)));
    }
    return "started";
  }

  async scriptResult(scriptId: string): Promise<JobResult> {
    const { error } = startedJob(await this.known("scripts", [{ id: scriptId }]), scriptId);
    return typeof error === "string" ? { status: "failed", message: error } : { status: "done" };
  }

  async relations(): Promise<readonly Relation[]> {
    const { rows } = await this.duckDb.read(`
      SELECT table_schema, table_name, table_type
      FROM information_schema.tables
      WHERE table_schema IN ('staging', 'marts', 'control')
      ORDER BY table_schema, table_name`);
    return rows.map((row) => ({
      schema: String(row.table_schema),
      name: String(row.table_name),
      kind: row.table_type === "VIEW" ? "view" : "table",
    }));
  }

  async query(sql: string): Promise<readonly Row[]> {
    try {
      return (await this.duckDb.read(sql)).rows;
    } catch (error) {
      throw new RhythmicError("query_failed", `The warehouse ${this.url} refused a query: ${duckDbMessage(error)}`, {
        cause: error,
        context: { sql },
      });
    }
  }

  async close(): Promise<void> {
    this.duckDb.close();
  }

  /** Rows of `control` about these jobs, by id. */
  private async known(
    table: "load_jobs" | "scripts",
    jobs: readonly { readonly id: string }[],
  ): Promise<ReadonlyMap<string, Row>> {
    if (jobs.length === 0) return new Map();
    const ids = jobs.map((job) => literal(job.id)).join(", ");
    const { rows } = await this.duckDb.read(`SELECT * FROM control.${table} WHERE id IN (${ids})`);
    return new Map(rows.map((row) => [String(row.id), row]));
  }

  /** A load in a transaction of its own; a failure is its result, not an exception. */
  private async loadAlone(job: LoadJob): Promise<void> {
    try {
      await this.duckDb.transaction(() => this.load(job.topic, [job]));
    } catch (error) {
      await this.duckDb.run(recordSql([{ job, outputRows: "NULL", error: literal(duckDbMessage(error)) }]));
    }
  }

  /** Replaces hours of a topic and records their jobs, within the caller's transaction. */
  private async load(topic: string, jobs: readonly LoadJob[]): Promise<void> {
    const table = this.tables.get(topic);
    if (table === undefined) throw new RhythmicError("internal", `Topic ${topic} was not prepared.`);
    const hours = jobs.map((job) => timeLiteral(job.eventHourMs)).join(", ");
    await this.duckDb.run(`DELETE FROM staging."${topic}" WHERE event_hour IN (${hours})`);
    const uris = jobs.flatMap((job) => job.sources.map((source) => source.uri));
    const inserted = uris.length === 0 ? 0 : await this.duckDb.run(insertSql(table, uris));
    const written = await this.rowsOfFiles(uris);
    const outputRows = jobs.map((job) => job.sources.reduce((sum, { uri }) => sum + (written.get(uri) ?? 0), 0));
    const sum = outputRows.reduce((a, b) => a + b, 0);
    if (sum !== inserted) throw new Error(`${inserted} rows came from files that hold ${sum}`);
    await this.duckDb.run(
      recordSql(jobs.map((job, index) => ({ job, outputRows: String(outputRows[index]), error: "NULL" }))),
    );
  }

  /** Rows of each file. DuckDB tells only how many an INSERT wrote in all; the files say whose they are. */
  private async rowsOfFiles(uris: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (uris.length === 0) return new Map();
    const { rows } = await this.duckDb.read(
      `SELECT file_name, num_rows FROM parquet_file_metadata([${uriList(uris)}])`,
    );
    return new Map(rows.map((row) => [String(row.file_name), Number(row.num_rows)]));
  }
}

function uriList(uris: readonly string[]): string {
  return uris.map(literal).join(", ");
}

/**
 * Columns go by their names and are cast to the warehouse's types. The empty first part of the union gives the
 * columns that a file written before they were added lacks; columns that the warehouse does not know stay behind.
 */
function insertSql({ topic, columns }: StagingTable, uris: readonly string[]): string {
  const names = columns.map((column) => `"${column.name}"`).join(", ");
  const casts = columns.map((column) => `CAST("${column.name}" AS ${duckDbType(column.type)})`).join(", ");
  return `
    INSERT INTO staging."${topic}" (${names})
    SELECT ${casts} FROM (
      SELECT ${names} FROM staging."${topic}" WHERE false
      UNION ALL BY NAME
      SELECT * FROM read_parquet([${uriList(uris)}], union_by_name = true, hive_partitioning = false)
    )`;
}

/** @param jobs with the SQL of their output rows and error */
function recordSql(
  jobs: readonly { readonly job: LoadJob; readonly outputRows: string; readonly error: string }[],
): string {
  const rows = jobs.map(({ job, outputRows, error }) => {
    const sources = `CAST([${job.sources.map((source) => literal(source.object)).join(", ")}] AS VARCHAR[])`;
    return `(${literal(job.id)}, ${literal(job.topic)}, ${timeLiteral(job.eventHourMs)}, ${sources}, ${outputRows}, ${error}, now())`;
  });
  return `INSERT INTO control.load_jobs VALUES ${rows.join(", ")}`;
}

function startedJob(rows: ReadonlyMap<string, Row>, id: string): Row {
  const row = rows.get(id);
  if (row === undefined) throw new RhythmicError("internal", `The warehouse knows no job ${id}.`);
  return row;
}

function loadResult(job: LoadJob, row: Row): LoadResult {
  const sources = Array.isArray(row.sources) ? [...row.sources].sort().join("\n") : "";
  const expected = job.sources
    .map((source) => source.object)
    .sort()
    .join("\n");
  if (row.topic !== job.topic || row.event_hour !== job.eventHourMs || sources !== expected) {
    return { status: "foreign", message: `Job ${job.id} loaded other files, or into another hour.` };
  }
  if (typeof row.error === "string") return { status: "failed", message: row.error };
  return { status: "done", outputRows: Number(row.output_rows) };
}
