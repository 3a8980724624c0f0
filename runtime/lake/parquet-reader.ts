import { parquetRead } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { messageOf, RhythmicError } from "../support/errors";
import type { ObjectStore } from "./object-store";

/**
 * Reads whole columns of a Parquet file.
 * @param name relative to the lake
 * @param onColumn gets values of one column from a row on, in no promised order: 64-bit integers as BigInt, times as
 *   Date
 * @throws RhythmicError lake_corrupt: the file is gone or not what its log says
 */
export async function readParquetColumns(
  store: ObjectStore,
  name: string,
  sizeBytes: number,
  columns: readonly string[],
  onColumn: (column: string, values: ArrayLike<unknown>, firstRow: number) => void,
): Promise<void> {
  const file = {
    byteLength: sizeBytes,
    async slice(start: number, end: number = sizeBytes): Promise<ArrayBuffer> {
      const bytes = await store.getRange(name, start, end);
      return new Uint8Array(bytes).buffer;
    },
  };
  try {
    await parquetRead({
      file,
      columns: [...columns],
      // Ours are snappy; other writers that compact a table choose zstd and others.
      compressors,
      onChunk: ({ columnName, columnData, rowStart }) => onColumn(columnName, columnData, rowStart),
    });
  } catch (error) {
    if (error instanceof RhythmicError) throw error;
    throw new RhythmicError(
      "lake_corrupt",
      `The file ${store.url}/${name} can't be read as Parquet: ${messageOf(error)}.`,
      {
        cause: error,
      },
    );
  }
}
