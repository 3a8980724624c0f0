import { createMemoryStore } from "../../../runtime/lake/memory-store";
import { readParquetColumns } from "../../../runtime/lake/parquet-reader";
import { writeParquet } from "../../../runtime/lake/parquet-writer";
import type { Column } from "../../../runtime/schema/columns";

const columns: Column[] = [
  { name: "t", type: "text", nullable: true, description: "" },
  { name: "i", type: "integer", nullable: false, description: "" },
  { name: "x", type: "number", nullable: true, description: "" },
  { name: "b", type: "boolean", nullable: true, description: "" },
  { name: "at", type: "timestamp_ms", nullable: true, description: "" },
  { name: "raw", type: "bytes", nullable: true, description: "" },
];

async function readBack(bytes: Uint8Array): Promise<Record<string, unknown[]>> {
  const store = createMemoryStore();
  await store.create("file.parquet", bytes);
  const found: Record<string, unknown[]> = {};
  const names = columns.map((column) => column.name);
  await readParquetColumns(store, "file.parquet", bytes.length, names, (column, values) => {
    found[column] = [...(found[column] ?? []), ...Array.from(values)];
  });
  return found;
}

describe("Parquet files", () => {
  test("hold every type, nulls among them", async () => {
    const bytes = writeParquet(columns, [
      ["Zoë", undefined, ""],
      [1, -2, Number.MAX_SAFE_INTEGER],
      [0.5, undefined, -1e300],
      [true, false, undefined],
      [1_767_225_600_123, undefined, 0],
      [new Uint8Array([0, 255]), undefined, new Uint8Array()],
    ]);
    const found = await readBack(bytes);
    expect(found.t).toEqual(["Zoë", null, ""]);
    expect(found.i).toEqual([1n, -2n, BigInt(Number.MAX_SAFE_INTEGER)]);
    expect(found.x).toEqual([0.5, null, -1e300]);
    expect(found.b).toEqual([true, false, null]);
    expect(found.at).toEqual([new Date(1_767_225_600_123), null, new Date(0)]);
  });

  test("that are damaged are named", async () => {
    const store = createMemoryStore();
    await store.create("bad.parquet", new Uint8Array(64));
    await expect(readParquetColumns(store, "bad.parquet", 64, ["t"], () => undefined)).rejects.toMatchObject({
      code: "lake_corrupt",
      message: expect.stringMatching(/bad\.parquet can't be read as Parquet/),
    });
  });
});
