import type { Books } from "../../runtime/audit/books";
import type { Row, Warehouse } from "../../runtime/warehouse/warehouse";

/** What the demo shows of the marts, and where everything lies. */

const LINE_CHARS_MAX = 60;

function cell(value: unknown): string {
  const text = typeof value === "number" ? value.toLocaleString("en-US") : String(value ?? "");
  return text.length > LINE_CHARS_MAX ? `${text.slice(0, LINE_CHARS_MAX - 1)}…` : text;
}

function table(title: string, rows: readonly Row[]): string[] {
  const [first] = rows;
  if (first === undefined) return [title, "  (nothing yet)", ""];
  const columns = Object.keys(first);
  const cells = rows.map((row) => columns.map((column) => cell(row[column])));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (values: readonly string[], numbers: readonly boolean[]) =>
    `  ${values.map((value, index) => (numbers[index] ? value.padStart(widths[index] ?? 0) : value.padEnd(widths[index] ?? 0))).join("  ")}`.trimEnd();
  const numbers = columns.map((column) => typeof first[column] === "number");
  return [title, line(columns, numbers), ...cells.map((row) => line(row, numbers)), ""];
}

const QUERIES: readonly [string, string][] = [
  ["Top songs", "SELECT position, song_title, artist_name, listens FROM marts.top_songs ORDER BY position LIMIT 5"],
  [
    "Listens an hour, the busiest",
    "SELECT SUBSTR(CAST(event_hour AS STRING), 1, 16) AS hour_utc, listens, listeners FROM marts.listens_hourly ORDER BY listens DESC, event_hour LIMIT 5",
  ],
  [
    "Active users a day, and who went from free to paid",
    "SELECT CAST(a.event_date AS STRING) AS day, a.active_users, a.active_paid_users AS paid, c.free_to_paid, c.paid_to_free FROM marts.active_users_daily AS a LEFT JOIN marts.conversions_daily AS c ON c.event_date = a.event_date ORDER BY a.event_date LIMIT 7",
  ],
];

/** A small table a question. @throws RhythmicError warehouse_unusable */
export async function martsReport(warehouse: Warehouse): Promise<string> {
  const lines: string[] = [];
  for (const [title, sql] of QUERIES) lines.push(...table(title, await warehouse.query(sql)));
  return lines.join("\n");
}

/** The contract's line (docs: architecture, "Programs as commands"): the last line on standard output. */
export function summaryLine(generated: number, books: Books, balanced: boolean, startedMs: number): string {
  const { acknowledged, lakeRows, deadLetters, stagingRows, duplicates, missing, repeatedEvents, marts } = books;
  return JSON.stringify({
    generated,
    acknowledged,
    lakeRows,
    deadLetters,
    stagingRows,
    duplicates,
    missing,
    repeatedEvents,
    balanced,
    marts,
    seconds: Math.round((Date.now() - startedMs) / 100) / 10,
  });
}
