import type { Column, ColumnType } from "./columns";

const DUCKDB_TYPES: Record<ColumnType, string> = {
  text: "VARCHAR",
  bytes: "BLOB",
  integer: "BIGINT",
  number: "DOUBLE",
  boolean: "BOOLEAN",
  timestamp_ms: "TIMESTAMP WITH TIME ZONE",
};

/** The column list of a DuckDB table: `"artist_name" VARCHAR NOT NULL, ...`. */
export function duckDbColumns(columns: readonly Column[]): string {
  return columns
    .map((column) => `"${column.name}" ${DUCKDB_TYPES[column.type]}${column.nullable ? "" : " NOT NULL"}`)
    .join(", ");
}

/** DuckDB's type of a column, for casts of what a Parquet file holds. */
export function duckDbType(type: ColumnType): string {
  return DUCKDB_TYPES[type];
}
