import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDuckDbWarehouse } from "../../../runtime/warehouse/duckdb-warehouse";
import { describeWarehouse } from "./contract";

describeWarehouse("DuckDB", (lake) => openDuckDbWarehouse(lake.path("contract.duckdb"), { memoryMb: 512, threads: 2 }));

describe("a DuckDB file as the warehouse", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rhythmic-warehouse-"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("refuses a folder", async () => {
    await mkdir(join(folder, "w.duckdb"));
    await expect(openDuckDbWarehouse(join(folder, "w.duckdb"))).rejects.toMatchObject({
      code: "warehouse_unusable",
      message: expect.stringContaining("is a folder; give the path of a .duckdb file"),
    });
  });

  it("refuses a file that is none of DuckDB's, and leaves it as it is", async () => {
    await writeFile(join(folder, "w.duckdb"), "these are the only notes of my thesis, do not overwrite");
    await expect(openDuckDbWarehouse(join(folder, "w.duckdb"))).rejects.toMatchObject({
      code: "warehouse_unusable",
      message: expect.stringContaining("is not a DuckDB file"),
    });
  });

  it("names the folder that is missing", async () => {
    await expect(openDuckDbWarehouse(join(folder, "no", "w.duckdb"))).rejects.toThrow(/there is no folder .*no;/);
  });

  it("does not make a file that is only to be read", async () => {
    await expect(openDuckDbWarehouse(join(folder, "w.duckdb"), { readOnly: true })).rejects.toThrow(/is not there/);
  });

  it("says that a file to be read holds no tables of a loader", async () => {
    const empty = await openDuckDbWarehouse(join(folder, "w.duckdb"));
    await empty.close();
    const warehouse = await openDuckDbWarehouse(join(folder, "w.duckdb"), { readOnly: true });
    await expect(warehouse.id()).rejects.toThrow(/holds no tables of a loader/);
    await warehouse.close();
  });

  it("names the process that holds the file", async () => {
    const path = join(folder, "w.duckdb");
    const script = `require(${JSON.stringify(require.resolve("@duckdb/node-api"))}).DuckDBInstance.create(${JSON.stringify(path)}).then(() => { console.log("open"); setInterval(() => {}, 1000); })`;
    const owner = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(owner.stdout, "data");
      await expect(openDuckDbWarehouse(path)).rejects.toMatchObject({
        code: "warehouse_unusable",
        message: expect.stringContaining(`PID ${owner.pid}`),
      });
    } finally {
      owner.kill("SIGKILL");
      await once(owner, "close");
    }
  });
});
