import type { Column, ColumnType } from "./columns";

/** One element of a Parquet schema, in the spelling of parquet.thrift (and of hyparquet). */
export interface ParquetElement {
  readonly name: string;
  readonly type?: "BOOLEAN" | "INT64" | "DOUBLE" | "BYTE_ARRAY";
  readonly repetition_type?: "REQUIRED" | "OPTIONAL";
  readonly converted_type?: "UTF8" | "TIMESTAMP_MICROS";
  readonly logical_type?: { type: "STRING" } | { type: "TIMESTAMP"; isAdjustedToUTC: boolean; unit: "MICROS" };
  readonly num_children?: number;
}

const PHYSICAL: Record<ColumnType, Omit<ParquetElement, "name" | "repetition_type">> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  bytes: { type: "BYTE_ARRAY" },
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
  // Delta's `timestamp` is microseconds, adjusted to UTC (delta-io/delta, PROTOCOL.md, "Primitive Types").
  timestamp_ms: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
};

/** The Parquet schema of a table's data files: a root and one element a column. */
export function parquetSchema(columns: readonly Column[]): ParquetElement[] {
  return [
    { name: "root", num_children: columns.length },
    ...columns.map((column) => ({
      name: column.name,
      repetition_type: column.nullable ? ("OPTIONAL" as const) : ("REQUIRED" as const),
      ...PHYSICAL[column.type],
    })),
  ];
}
