import type { Column, ColumnType } from "./columns";

/** A field of a BigQuery table (REST: TableFieldSchema). */
export interface BigQueryField {
  readonly name: string;
  readonly type: "STRING" | "BYTES" | "INTEGER" | "FLOAT" | "BOOLEAN" | "TIMESTAMP";
  readonly mode: "REQUIRED" | "NULLABLE";
  readonly description: string;
}

const BIGQUERY_TYPES: Record<ColumnType, BigQueryField["type"]> = {
  text: "STRING",
  bytes: "BYTES",
  integer: "INTEGER",
  number: "FLOAT",
  boolean: "BOOLEAN",
  timestamp_ms: "TIMESTAMP",
};

/** The fields of a BigQuery table over these columns. */
export function bigQueryFields(columns: readonly Column[]): BigQueryField[] {
  return columns.map((column) => ({
    name: column.name,
    type: BIGQUERY_TYPES[column.type],
    mode: column.nullable ? "NULLABLE" : "REQUIRED",
    description: column.description,
  }));
}
