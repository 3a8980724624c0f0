import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { json, startCloudStorageStandIn } from "../../support/cloud-storage-stand-in";
import { TestLake } from "./lake-fixture";

const MAIN = resolve(__dirname, "../../../runtime/loader/main.ts");

interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program; @param end the signal that it gets when its log first holds a text */
async function load(
  flags: readonly string[],
  end?: { readonly signal: NodeJS.Signals; readonly whenSeen: string },
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ending> {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...flags], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (end !== undefined && stderr.includes(end.whenSeen)) child.kill(end.signal);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

describe("the loader as a program", () => {
  let lake: TestLake;

  beforeEach(async () => {
    lake = await TestLake.create();
  });

  afterEach(() => lake.remove());

  it("loads once and ends with a line of JSON", async () => {
    await lake.append([{ topic: "listen_events", at: "2026-01-01T07:10:00Z", user_id: 1 }]);
    const flags = ["--lake", join(lake.folder, "lake"), "--warehouse", lake.path("w.duckdb"), "--once"];
    const { code, stdout, stderr } = await load(flags);
    expect([code, stderr]).toEqual([0, expect.stringContaining("up to date with the plan")]);
    expect(JSON.parse(stdout)).toMatchObject({
      plans: 1,
      hours: 1,
      stagingRows: { listen_events: 1 },
      marts: { fact_streams: 1, wide_streams: 1, dim_users: 2 },
    });
  });

  it("goes on until SIGTERM, then says what the warehouse holds", async () => {
    await lake.append([{ topic: "listen_events", at: "2026-01-01T07:10:00Z", user_id: 1 }]);
    const flags = ["--lake", join(lake.folder, "lake"), "--warehouse", lake.path("w.duckdb"), "--interval-ms", "100"];
    const { code, stdout } = await load(flags, { signal: "SIGTERM", whenSeen: "up to date with the plan" });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ plans: 1, stagingRows: { listen_events: 1 } });
  });

  it("stopped in the middle of a plan, ends soon and with 0, and leaves what the next one finishes", async () => {
    const hours = Array.from({ length: 250 }, (_, hour) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString());
    await lake.append(hours.map((at) => ({ topic: "listen_events" as const, at, user_id: 1 })));
    const flags = ["--lake", join(lake.folder, "lake"), "--warehouse", lake.path("w.duckdb"), "--once"];
    const startedMs = performance.now();
    const stopped = await load(flags, { signal: "SIGTERM", whenSeen: "made a plan" });
    expect(stopped.code).toBe(0);
    // Of the whole work, which takes longer than a stop may.
    expect(performance.now() - startedMs).toBeLessThan(25_000);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ plans: 0, hours: 0 });
    const { code, stdout } = await load(flags);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ plans: 1, hours: 250, stagingRows: { listen_events: 250 } });
  });

  it("killed with -9 in the middle of a plan, leaves what the next one finishes", async () => {
    const hours = Array.from({ length: 150 }, (_, hour) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString());
    await lake.append(hours.map((at) => ({ topic: "listen_events" as const, at, user_id: 1 })));
    const flags = ["--lake", join(lake.folder, "lake"), "--warehouse", lake.path("w.duckdb"), "--once"];
    const killed = await load(flags, { signal: "SIGKILL", whenSeen: "made a plan" });
    expect(killed.stdout).toBe("");
    const { code, stdout } = await load(flags);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      plans: 1,
      hours: 150,
      stagingRows: { listen_events: 150 },
      marts: { fact_streams: 150, listens_hourly: 150 },
    });
  });

  it.each([
    [
      "a warehouse in BigQuery",
      "bigquery://project/prefix",
      2,
      "because BigQuery reads files of buckets only; allowed",
    ],
    ["a warehouse that is no .duckdb file", "warehouse.db", 2, "does not end in .duckdb"],
    ["a warehouse in a folder that is not there", "no/such/w.duckdb", 1, "there is no folder"],
  ])("refuses %s in one sentence", async (_, url, expected, sentence) => {
    const { code, stdout, stderr } = await load(["--lake", join(lake.folder, "lake"), "--warehouse", url]);
    expect([code, stdout]).toEqual([expected, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain("    at ");
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("refuses a lake in a bucket with a DuckDB file before it asks anybody", async () => {
    const { code, stderr } = await load(["--lake", "gs://no-such-bucket", "--warehouse", lake.path("w.duckdb")]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("because DuckDB reads files of this machine only; allowed"),
    ]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(lake.path("w.duckdb"))).toBe(false);
  });

  it("with a lake in a bucket and BigQuery says that the lake can be read, then what is not built yet", async () => {
    const server = await startCloudStorageStandIn();
    server.answers(json({}));
    try {
      // The client of Cloud Storage knows this variable (@google-cloud/storage, storage.js).
      const environment = { ...process.env, STORAGE_EMULATOR_HOST: server.endpoint };
      const flags = ["--lake", "gs://lake", "--warehouse", "bigquery://rhythmic-example/rhythmic_dev"];
      const { code, stderr } = await load(flags, undefined, environment);
      const lines = stderr.trim().split("\n");
      expect([code, lines.length]).toEqual([2, 2]);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ lake: "gs://lake", message: "the lake can be read" });
      expect(lines[1]).toMatch(
        /^loader: The warehouse bigquery:\/\/\S+ is in BigQuery, whose driver is not built yet;/,
      );
    } finally {
      await server.stop();
    }
  });

  it("refuses a warehouse path that is a folder", async () => {
    await mkdir(lake.path("w.duckdb"));
    const { code, stderr } = await load(["--lake", join(lake.folder, "lake"), "--warehouse", lake.path("w.duckdb")]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("is a folder; give the path of a .duckdb file")]);
  });

  it("refuses to load once what is no lake, and leaves nothing there", async () => {
    const folder = lake.path("nothing");
    const { code, stderr } = await load(["--lake", folder, "--warehouse", lake.path("w.duckdb"), "--once"]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("there is no such folder; give the one that a processor"),
    ]);
    expect(existsSync(folder)).toBe(false);
  });

  it("refuses a lake that is a file", async () => {
    await writeFile(lake.path("file"), "");
    const { code, stderr } = await load(["--lake", lake.path("file"), "--warehouse", lake.path("w.duckdb"), "--once"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("lake_unusable")]);
  });
});
