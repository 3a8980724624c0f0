import { mkdir, rename, utimes } from "node:fs/promises";
import { join } from "node:path";
import { query } from "../../scripts/query";
import { TestLake } from "../runtime/loader/lake-fixture";
import { loadOnce, openTestWarehouse, optionsOf } from "../runtime/loader/loader-fixture";

describe("npm run query", () => {
  let lake: TestLake;
  /** Stands for `.rhythmic/`. */
  let demos: string;
  let demo: string;

  beforeAll(async () => {
    lake = await TestLake.create();
    demos = lake.folder;
    demo = join(demos, "demo-2");
    await lake.append([
      { topic: "listen_events", at: "2026-01-01T07:10:00Z", user_id: 1, song_title: "Ode\tto\u0007Joy" },
      { topic: "listen_events", at: "2026-01-01T08:10:00Z", user_id: 2, song_title: "x".repeat(60) },
    ]);
    const warehouse = await openTestWarehouse(lake);
    await loadOnce(optionsOf(lake, warehouse));
    await warehouse.close();
    // A lake is where its folder is: it may be moved with its demo.
    await mkdir(demo);
    await rename(join(lake.folder, "lake"), join(demo, "lake"));
    await rename(lake.path("warehouse.duckdb"), join(demo, "warehouse.duckdb"));
  });

  afterAll(() => lake.remove());

  it("prints a table with the rows counted, long cells cut and control characters harmless", async () => {
    const sql = "SELECT song_title, listens, 1.5 AS share, NULL AS nothing FROM marts.top_songs ORDER BY song_title";
    expect(await query([sql, "--dir", demo])).toBe(
      `\
song_title                                listens  share  nothing
────────────────────────────────────────  ───────  ─────  ───────
Ode to Joy                                      1    1.5  null
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…        1    1.5  null
(2 rows)
`,
    );
  });

  it("finds marts and staging without their schema, and writes times in UTC", async () => {
    const text = await query([
      "SELECT MIN(f.event_time) AS first FROM fact_streams AS f, listen_events",
      "--dir",
      demo,
    ]);
    expect(text).toContain("2026-01-01T07:10:00.000Z");
    expect(text).toContain("(1 row)");
  });

  it("prints JSON, a row a line", async () => {
    const text = await query(["--json", "SELECT user_id, event_time FROM listen_events ORDER BY 1", "--dir", demo]);
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { user_id: 1, event_time: "2026-01-01T07:10:00.000Z" },
      { user_id: 2, event_time: "2026-01-01T08:10:00.000Z" },
    ]);
  });

  it("shows the first thousand rows of many, and says so", async () => {
    const text = await query(["SELECT * FROM range(5000)", "--dir", demo]);
    expect(text).toMatch(/\n +999\n\(the first 1000 rows\)\n$/);
  });

  it("asks the lake's tables with --lake, those without a row too", async () => {
    const sql = "SELECT date, hour, COUNT(*) AS n FROM listen_events GROUP BY ALL ORDER BY ALL";
    expect(await query([sql, "--lake", "--json", "--dir", demo])).toBe(
      '{"date":"2026-01-01","hour":7,"n":1}\n{"date":"2026-01-01","hour":8,"n":1}\n',
    );
    expect(await query(["SELECT COUNT(*) AS n FROM dead_letters", "--lake", "--json", "--dir", demo])).toBe(
      '{"n":0}\n',
    );
  });

  it("takes the newest demo where no folder is given", async () => {
    const older = join(demos, "demo-1");
    await mkdir(older);
    const warehouse = await openTestWarehouse(lake, "demo-1/warehouse");
    await warehouse.close();
    const past = new Date("2026-01-01T00:00:00Z");
    await utimes(join(older, "warehouse.duckdb"), past, past);
    expect(await query(["SELECT COUNT(*) AS n FROM fact_streams", "--json"], demos)).toBe('{"n":2}\n');
  });

  it("changes nothing", async () => {
    await expect(query(["DROP TABLE marts.dim_users", "--dir", demo])).rejects.toThrow(/read-only/);
  });

  it.each([
    ["no demo yet", ["SELECT 1"], "bad_usage", /no demo to ask yet; run npm run demo first/],
    ["an unknown flag", ["SELECT 1", "--jsn"], "bad_usage", /has no flag --jsn \(did you mean --json\?\)/],
    ["a flag without its value", ["SELECT 1", "--dir"], "bad_usage", /--dir needs the folder of a demo/],
    [
      "a lake in a bucket",
      ["SELECT 1", "--lake", "--dir", "gs://b/x"],
      "bad_usage",
      /gs:\/\/b\/x is on Cloud Storage, .*BigQuery/,
    ],
    ["a bucket after --lake", ["--lake", "gs://b", "SELECT 1"], "bad_usage", /gs:\/\/b is on Cloud Storage/],
    ["SQL without its quotes", ["SELECT", "1"], "bad_usage", /was given 2 arguments; put the SQL in quotes/],
    ["a folder without a warehouse", ["SELECT 1", "--dir", "nowhere"], "warehouse_unusable", /is not there/],
    ["a folder without a lake", ["SELECT 1", "--lake", "--dir", "nowhere"], "bad_usage", /no lake in nowhere/],
  ])("says in one sentence what is wrong with %s", async (_, argv, code, message) => {
    const attempt = query(argv, join(demos, "none"));
    await expect(attempt).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("gives DuckDB's words for SQL that is wrong", async () => {
    await expect(query(["SELEC 1", "--dir", demo])).rejects.toMatchObject({
      code: "query_failed",
      message: expect.stringMatching(/^DuckDB refused the SQL: Parser Error: syntax error at or near "SELEC"/),
    });
  });

  it("lists the tables with their rows where no SQL is given", async () => {
    await expect(query(["--dir", demo])).rejects.toMatchObject({
      code: "bad_usage",
      message: expect.stringMatching(/^No SQL was given; see --help\..*holds:\n[\s\S]*marts\.fact_streams +2\n/),
    });
  });

  it("explains itself", async () => {
    expect(await query(["--help"])).toMatch(/^query: asks a demo's warehouse/);
  });
});
