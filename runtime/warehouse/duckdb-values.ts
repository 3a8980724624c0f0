import type { DuckDBType } from "@duckdb/node-api";
import type { Row, Value } from "./warehouse";

/**
 * DuckDB's values as plain ones: 64-bit integers are numbers where they are safe, else texts; timestamps are
 * milliseconds since 1970; dates are ISO texts; bytes are hexadecimal texts.
 * @param row a row as `getRowObjectsJS` gives it, its columns in the order of `types`
 */
export function plainRow(row: Readonly<Record<string, unknown>>, types: readonly DuckDBType[]): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value], index) => [name, plainValue(value, types[index]?.toString() === "DATE")]),
  );
}

function plainValue(value: unknown, isDate: boolean): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return isDate ? value.toISOString().slice(0, "2026-01-01".length) : value.getTime();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map((item) => plainValue(item, false));
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, plainValue(item, false)]));
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : String(value);
}
