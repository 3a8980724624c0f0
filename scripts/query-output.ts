import type { DuckDbRows } from "../runtime/warehouse/duckdb-connection";
import type { Value } from "../runtime/warehouse/warehouse";

/** Characters of a cell; longer values are cut. */
const CELL_WIDTH_MAX = 40;
const NULL = "null";
const CUT = "…";

type Column = DuckDbRows["columns"][number];

function isTime(column: Column): boolean {
  return column.type.startsWith("TIMESTAMP");
}

function isNumeric(column: Column): boolean {
  return /INT$|^DOUBLE$|^FLOAT$|^DECIMAL/.test(column.type);
}

/** Times as ISO 8601 in UTC, the rest as it is. */
function readable(column: Column, value: Value): Value {
  return isTime(column) && typeof value === "number" ? new Date(value).toISOString() : value;
}

/** Characters as a terminal counts them, nearly: code points. */
function widthOf(text: string): number {
  return [...text].length;
}

function cellOf(column: Column, value: Value | undefined): string {
  if (value === null || value === undefined) return NULL;
  const plain = readable(column, value);
  const text = typeof plain === "object" ? JSON.stringify(plain) : String(plain);
  // Control characters (a user agent may hold any) would break the table, or the terminal.
  const line = [...text.replaceAll(/\p{Cc}+/gu, " ")];
  return line.length <= CELL_WIDTH_MAX ? line.join("") : `${line.slice(0, CELL_WIDTH_MAX - 1).join("")}${CUT}`;
}

/** Rows as an aligned table with a line that counts them. */
export function formatTable({ columns, rows, complete }: DuckDbRows): string {
  const cells = rows.map((row) => columns.map((column) => cellOf(column, row[column.name])));
  const widths = columns.map((column, index) =>
    cells.reduce((max, row) => Math.max(max, widthOf(row[index] ?? "")), widthOf(column.name)),
  );
  const line = (texts: readonly string[]) =>
    columns
      .map((column, index) => {
        const text = texts[index] ?? "";
        const padding = " ".repeat((widths[index] ?? 0) - widthOf(text));
        return isNumeric(column) ? padding + text : text + padding;
      })
      .join("  ")
      .trimEnd();
  const count = complete ? `${rows.length} ${rows.length === 1 ? "row" : "rows"}` : `the first ${rows.length} rows`;
  return `${[
    line(columns.map((column) => column.name)),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...cells.map(line),
    `(${count})`,
  ].join("\n")}\n`;
}

/** Rows as JSON, one a line. */
export function formatJson({ columns, rows }: DuckDbRows): string {
  return rows
    .map((row) => {
      const entries = columns.map((column) => [column.name, readable(column, row[column.name] ?? null)]);
      return `${JSON.stringify(Object.fromEntries(entries))}\n`;
    })
    .join("");
}
