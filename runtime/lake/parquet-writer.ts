import type { SchemaElement } from "hyparquet";
import { ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";
import type { Column } from "../schema/columns";
import { parquetSchema } from "../schema/parquet";

/** Rows of a row group: what a writer holds encoded at once, and a reader decodes at once. */
export const ROW_GROUP_ROWS = 100_000;

/**
 * A column's values, one a row: text, number, boolean, bytes; times as milliseconds. None is `undefined`, or NaN among
 * numbers.
 */
export type ColumnValues = readonly (string | number | boolean | Uint8Array | undefined)[];

const MICROS_PER_MILLI = 1_000n;

/** Parquet's INT64 wants a BigInt; times become microseconds. Neighbours are often equal, and share theirs. */
function bigIntegers(values: ColumnValues, factor: bigint): (bigint | undefined)[] {
  let lastValue: unknown;
  let last: bigint | undefined;
  return values.map((value) => {
    if (value === lastValue) return last;
    lastValue = value;
    last = value === undefined || Number.isNaN(value) ? undefined : BigInt(value as number) * factor;
    return last;
  });
}

function physicalValues(column: Column, values: ColumnValues): ColumnSource["data"] {
  switch (column.type) {
    case "timestamp_ms":
      return bigIntegers(values, MICROS_PER_MILLI);
    case "integer":
      return bigIntegers(values, 1n);
    case "number":
      return column.nullable
        ? values.map((value) => (Number.isNaN(value) ? undefined : value))
        : (values as ColumnSource["data"]);
    default:
      return values as ColumnSource["data"];
  }
}

/** Columns whose values never repeat: a dictionary would only be tried and thrown away. */
const UNIQUE_COLUMNS: readonly string[] = ["event_id", "kafka_offset"];

/** Plain booleans and no delta encodings: Flink's older readers know no others. */
function encodingOf(column: Column): Pick<ColumnSource, "encoding"> {
  return column.type === "boolean" || UNIQUE_COLUMNS.includes(column.name) ? { encoding: "PLAIN" } : {};
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
      ...encodingOf(column),
      // Readers skip by time, offset and number; by text nobody does.
      statistics: column.type !== "text" && column.type !== "bytes",
    })),
    rowGroupSize: ROW_GROUP_ROWS,
  });
  parquet.finish();
  return writer.getBytes();
}
