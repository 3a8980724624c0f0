import type { Column, ColumnType } from "./columns";

/** A column of a Delta table's `schemaString` (delta-io/delta, PROTOCOL.md, "Schema Serialization Format"). */
export interface DeltaField {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly metadata: { readonly comment?: string };
}

const DELTA_TYPES: Record<ColumnType | "date", string> = {
  text: "string",
  bytes: "binary",
  integer: "long",
  number: "double",
  boolean: "boolean",
  timestamp_ms: "timestamp",
  date: "date",
};

/**
 * The columns of a Delta table. All are nullable to readers: files written before a column was added lack it.
 * Partition columns come last and are `integer` where the event's columns would be `long`.
 */
export function deltaFields(
  columns: readonly Column[],
  partitionColumns: readonly { readonly name: string; readonly type: string; readonly description: string }[],
): DeltaField[] {
  return [
    ...columns.map((column) => ({
      name: column.name,
      type: DELTA_TYPES[column.type],
      nullable: true,
      metadata: { comment: column.description },
    })),
    ...partitionColumns.map((column) => ({
      name: column.name,
      type: column.type === "integer" ? "integer" : DELTA_TYPES[column.type as "text" | "date"],
      nullable: true,
      metadata: { comment: column.description },
    })),
  ];
}
