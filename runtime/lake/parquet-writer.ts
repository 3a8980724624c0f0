import type { SchemaElement } from "hyparquet";
import { ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";
import type { Column } from "../schema/columns";
import { parquetSchema } from "../schema/parquet";

/** Rows of a row group: what a writer holds encoded at once, and a reader decodes at once. */
export const ROW_GROUP_ROWS = 100_000;

/** A column's values, one a row: text, number, boolean, bytes; times as milliseconds; `undefined` for none. */
export type ColumnValues = readonly (string | number | boolean | Uint8Array | undefined)[];

const MICROS_PER_MILLI = 1_000n;

/** Parquet's INT64 wants a BigInt; times become microseconds. */
function physicalValues(column: Column, values: ColumnValues): ColumnSource["data"] {
  switch (column.type) {
    case "timestamp_ms":
      return values.map((value) => (value === undefined ? undefined : BigInt(value as number) * MICROS_PER_MILLI));
    case "integer":
      return values.map((value) => (value === undefined ? undefined : BigInt(value as number)));
    default:
      return values as ColumnSource["data"];
  }
}

/**
 * One Parquet file as bytes: snappy, data page V2, dictionaries where they pay, statistics.
 * @param columns the schema, in file order
 * @param values by column, all of the same length, at least one row
 */
export function writeParquet(columns: readonly Column[], values: readonly ColumnValues[]): Uint8Array {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: parquetSchema(columns) as SchemaElement[],
    codec: "SNAPPY",
    createdBy: "rhythmic",
  });
  parquet.write({
    columnData: columns.map((column, index) => ({
      name: column.name,
      data: physicalValues(column, values[index] ?? []),
      // Plain booleans and no delta encodings: Flink's older readers know no others.
      ...(column.type === "boolean" ? { encoding: "PLAIN" as const } : {}),
    })),
    rowGroupSize: ROW_GROUP_ROWS,
  });
  parquet.finish();
  return writer.getBytes();
}
