import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readSnapshot } from "../runtime/lake/delta/snapshot";
import { createFolderStore } from "../runtime/lake/folder-store";
import { DEAD_LETTER_TABLE, eventTablePath } from "../runtime/lake/lake-layout";
import type { ObjectStore } from "../runtime/lake/object-store";
import { type Column, columnsOf, DEAD_LETTER_COLUMNS } from "../runtime/schema/columns";
import { duckDbType } from "../runtime/schema/duckdb";
import { EVENTS } from "../runtime/schema/events";
import { messageOf, RhythmicError } from "../runtime/support/errors";
import { suggestion } from "../runtime/support/nearest";
import { type DuckDb, duckDbMessage, openDuckDb } from "../runtime/warehouse/duckdb-connection";
import { literal } from "../runtime/warehouse/duckdb-tables";
import { formatJson, formatTable } from "./query-output";

const HELP = `query: asks a demo's warehouse, or its lake, and prints a table.

  npm run query -- "SELECT * FROM marts.top_songs LIMIT 10"
  npm run query -- "SELECT date, COUNT(*) FROM listen_events GROUP BY date" --lake

  --dir DIR   The demo's folder; left out: the newest under .rhythmic/.
  --lake      Asks the lake's tables (one a topic, and dead_letters) instead of the warehouse.
  --json      Prints all rows as JSON, one a line, instead of a table.
  --help      Prints this text.

Without SQL it lists the tables. SQL is DuckDB's; nothing is changed. Times are UTC.
Exit codes: 0 done, 2 bad usage, 1 failure.
`;

/** Rows of a printed table; `--json` prints all. */
const TABLE_ROWS_MAX = 1_000;
const DEMOS = resolve(__dirname, "../.rhythmic");

interface Request {
  readonly sql: string | undefined;
  readonly dir: string | undefined;
  readonly lake: boolean;
  readonly json: boolean;
}

const badUsage = (message: string) => new RhythmicError("bad_usage", message);

/** @returns `undefined` where the help was asked for */
function readRequest(argv: readonly string[]): Request | undefined {
  const options = {
    dir: { type: "string" },
    lake: { type: "boolean" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option" || token.name in options) continue;
    const known = Object.keys(options).map((name) => `--${name}`);
    throw badUsage(
      `query has no flag ${token.rawName}${suggestion(token.rawName, known)}; allowed: ${known.join(", ")}.`,
    );
  }
  if (values.help === true) return undefined;
  if (values.dir === true) throw badUsage("--dir needs the folder of a demo.");
  const elsewhere = [values.dir, ...positionals].find((text) => typeof text === "string" && /^gs:\/\//i.test(text));
  if (elsewhere !== undefined) {
    throw badUsage(
      `query asks files of this machine, and ${elsewhere} is on Cloud Storage, which DuckDB can't read here; ask its ` +
        "tables in BigQuery, or prove its books with npm run audit -- --lake gs://bucket.",
    );
  }
  if (positionals.length > 1) {
    throw badUsage(`query takes one SQL text and was given ${positionals.length} arguments; put the SQL in quotes.`);
  }
  return {
    sql: positionals[0],
    dir: typeof values.dir === "string" ? values.dir : undefined,
    lake: values.lake === true,
    json: values.json === true,
  };
}

/** The folder of the demo whose warehouse (or lake) was written last. */
async function newestDemo(demos: string, content: string): Promise<string> {
  const names = await readdir(demos).catch(() => []);
  let newest: { dir: string; modifiedMs: number } | undefined;
  for (const name of names.filter((candidate) => candidate.startsWith("demo-"))) {
    const dir = join(demos, name);
    const modifiedMs = (await stat(join(dir, content)).catch(() => undefined))?.mtimeMs;
    if (modifiedMs !== undefined && modifiedMs > (newest?.modifiedMs ?? 0)) newest = { dir, modifiedMs };
  }
  if (newest === undefined) {
    throw badUsage("There is no demo to ask yet; run npm run demo first, or give a demo's folder with --dir.");
  }
  return newest.dir;
}

async function openWarehouse(dir: string): Promise<DuckDb> {
  const duckDb = await openDuckDb(join(dir, "warehouse.duckdb"), { readOnly: true });
  await duckDb.run("SET search_path = 'marts,staging,control,main'");
  return duckDb;
}

/** The lake's tables at their newest versions, as views over the files that their logs name. */
async function openLake(dir: string): Promise<DuckDb> {
  const folder = join(dir, "lake");
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw badUsage(`There is no lake in ${dir}; give the folder of a demo that has run.`);
  }
  const store = await createFolderStore(folder);
  const duckDb = await openDuckDb(":memory:");
  for (const event of EVENTS) {
    await createLakeView(duckDb, store, event.topic, eventTablePath(event.topic), columnsOf(event));
  }
  await createLakeView(duckDb, store, DEAD_LETTER_TABLE, DEAD_LETTER_TABLE, DEAD_LETTER_COLUMNS);
  return duckDb;
}

async function createLakeView(
  duckDb: DuckDb,
  store: ObjectStore,
  view: string,
  tablePath: string,
  columns: readonly Column[],
): Promise<void> {
  const files = [...((await readSnapshot(store, tablePath))?.files.values() ?? [])];
  const nothing = columns.map((column) => `CAST(NULL AS ${duckDbType(column.type)}) AS "${column.name}"`).join(", ");
  const uris = files.map((file) => literal(store.uri(`${tablePath}/${file.path}`))).join(", ");
  const rows =
    files.length === 0
      ? ""
      : ` UNION ALL BY NAME SELECT * FROM read_parquet([${uris}], union_by_name = true, hive_partitioning = true)`;
  await duckDb.run(`CREATE VIEW "${view}" AS SELECT ${nothing} WHERE false${rows}`);
}

/** What can be asked: every table and view with its number of rows. */
async function listTables(duckDb: DuckDb): Promise<string> {
  const { rows } = await duckDb.read(`
    SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_catalog = current_database() AND table_schema <> 'information_schema' ORDER BY ALL`);
  const counted = [];
  for (const { table_schema: schema, table_name: name } of rows) {
    const counts = await duckDb.read(`SELECT COUNT(*) AS total_rows FROM "${schema}"."${name}"`);
    counted.push({
      table: schema === "main" ? `${name}` : `${schema}.${name}`,
      rows: counts.rows[0]?.total_rows ?? null,
    });
  }
  const columns = [
    { name: "table", type: "VARCHAR" },
    { name: "rows", type: "BIGINT" },
  ];
  return formatTable({ columns, rows: counted, complete: true });
}

async function answer(duckDb: DuckDb, request: Request & { readonly sql: string }): Promise<string> {
  try {
    return request.json
      ? formatJson(await duckDb.read(request.sql))
      : formatTable(await duckDb.read(request.sql, TABLE_ROWS_MAX));
  } catch (error) {
    throw new RhythmicError("query_failed", `DuckDB refused the SQL: ${duckDbMessage(error)}`, { cause: error });
  }
}

/**
 * The whole command.
 * @param demos the folder with the demos' folders
 * @returns what goes to standard output
 * @throws RhythmicError bad_usage, query_failed, warehouse_unusable, lake_corrupt
 */
export async function query(argv: readonly string[], demos: string = DEMOS): Promise<string> {
  const request = readRequest(argv);
  if (request === undefined) return HELP;
  const dir = request.dir ?? (await newestDemo(demos, request.lake ? "lake" : "warehouse.duckdb"));
  const duckDb = await (request.lake ? openLake(dir) : openWarehouse(dir));
  try {
    const { sql } = request;
    if (sql !== undefined && sql.trim() !== "") return await answer(duckDb, { ...request, sql });
    const place = relative(process.cwd(), dir) || ".";
    throw badUsage(
      `No SQL was given; see --help. The ${request.lake ? "lake" : "warehouse"} of ${place} holds:\n${await listTables(duckDb)}`,
    );
  } finally {
    duckDb.close();
  }
}

if (require.main === module) {
  process.stdout.on("error", () => process.exit(0)); // A reader that went away (`... | head`) is no error.
  query(process.argv.slice(2))
    .then((text) => process.stdout.write(text))
    .catch((error: unknown) => {
      // The list of tables in a message keeps its lines; DuckDB's own messages were put on one line already.
      process.stderr.write(`query: ${error instanceof RhythmicError ? error.message.trimEnd() : messageOf(error)}\n`);
      process.exitCode = error instanceof RhythmicError ? error.exitCode : 1;
    });
}
