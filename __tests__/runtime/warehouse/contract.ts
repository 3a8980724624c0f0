import { columnsOf } from "../../../runtime/schema/columns";
import { listenEvent } from "../../../runtime/schema/events";
import type { LoadJob, LoadSource, StagingTable, Warehouse } from "../../../runtime/warehouse/warehouse";
import { TestLake, type TestRow } from "../loader/lake-fixture";

const HOUR = Date.parse("2026-01-01T07:00:00Z");
const NEXT_HOUR = Date.parse("2026-01-01T08:00:00Z");
const TABLES: readonly StagingTable[] = [{ topic: "listen_events", columns: columnsOf(listenEvent) }];

/** What every driver of the Warehouse port promises. */
export function describeWarehouse(name: string, open: (lake: TestLake) => Promise<Warehouse>): void {
  describe(`the warehouse port over ${name}`, () => {
    let lake: TestLake;
    let warehouse: Warehouse;

    beforeEach(async () => {
      lake = await TestLake.create();
      warehouse = await open(lake);
      await warehouse.prepare(TABLES);
    });

    afterEach(async () => {
      await warehouse.close();
      await lake.remove();
    });

    const listens = (at: string, count: number): TestRow[] =>
      Array.from({ length: count }, () => ({ topic: "listen_events", at }));

    async function source(hourMs: number, rows: readonly TestRow[]): Promise<LoadSource> {
      const action = await lake.writeFile("listen_events", hourMs, rows);
      const object = `events/listen_events/${"add" in action ? action.add.path : ""}`;
      return { object, uri: lake.store.uri(object) };
    }

    const job = (id: string, sources: readonly LoadSource[], eventHourMs = HOUR): LoadJob => ({
      id,
      topic: "listen_events",
      eventHourMs,
      sources,
    });

    it("keeps the uuid that it made when it was empty", async () => {
      const id = await warehouse.id();
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      await warehouse.prepare(TABLES);
      expect(await warehouse.id()).toBe(id);
    });

    it("replaces one hour with the rows of the files and leaves the others alone", async () => {
      const first = job("a", [await source(HOUR, listens("2026-01-01T07:10:00Z", 3))]);
      const other = job("b", [await source(NEXT_HOUR, listens("2026-01-01T08:00:00Z", 2))], NEXT_HOUR);
      const again = job("c", [
        await source(HOUR, listens("2026-01-01T07:20:00Z", 1)),
        await source(HOUR, listens("2026-01-01T07:59:59.999Z", 1)),
      ]);
      expect(await warehouse.startLoads([first, other])).toEqual(["started", "started"]);
      expect(await warehouse.startLoads([again])).toEqual(["started"]);
      expect(await warehouse.loadResults([first, other, again])).toEqual([
        { status: "done", outputRows: 3 },
        { status: "done", outputRows: 2 },
        { status: "done", outputRows: 2 },
      ]);
      expect(await warehouse.hourCounts("listen_events", [HOUR, NEXT_HOUR, 0])).toEqual(
        new Map([
          [HOUR, { rows: 2, distinctRows: 2 }],
          [NEXT_HOUR, { rows: 2, distinctRows: 2 }],
          [0, { rows: 0, distinctRows: 0 }],
        ]),
      );
    });

    it("answers a repeated id with exists and does not run it again", async () => {
      const load = job("a", [await source(HOUR, listens("2026-01-01T07:10:00Z", 3))]);
      await warehouse.startLoads([load]);
      const emptied = job("b", []);
      await warehouse.startLoads([emptied]);
      expect(await warehouse.startLoads([load, emptied])).toEqual(["exists", "exists"]);
      expect(await warehouse.hourCounts("listen_events", [HOUR])).toEqual(
        new Map([[HOUR, { rows: 0, distinctRows: 0 }]]),
      );
    });

    it("tells a job of the same id with other files or another hour from the one that was asked for", async () => {
      const sources = [await source(HOUR, listens("2026-01-01T07:10:00Z", 3))];
      await warehouse.startLoads([job("a", sources)]);
      const results = await warehouse.loadResults([job("a", []), job("a", sources, NEXT_HOUR), job("a", sources)]);
      expect(results.map((result) => result.status)).toEqual(["foreign", "foreign", "done"]);
    });

    it("records a load that failed, leaves the hour as it was, and loads the others beside it", async () => {
      const before = job("a", [await source(HOUR, listens("2026-01-01T07:10:00Z", 3))]);
      await warehouse.startLoads([before]);
      const object = "events/listen_events/gone.parquet";
      const broken = job("b", [{ object, uri: lake.store.uri(object) }]);
      const sound = job("c", [await source(NEXT_HOUR, listens("2026-01-01T08:10:00Z", 1))], NEXT_HOUR);
      expect(await warehouse.startLoads([broken, sound])).toEqual(["started", "started"]);
      expect(await warehouse.loadResults([broken, sound])).toEqual([
        { status: "failed", message: expect.stringContaining("gone.parquet") },
        { status: "done", outputRows: 1 },
      ]);
      expect(await warehouse.startLoads([broken])).toEqual(["exists"]);
      expect((await warehouse.hourCounts("listen_events", [HOUR])).get(HOUR)?.rows).toBe(3);
    });

    it("reads files from before a column was added, beside files that have it, and ignores columns it lacks", async () => {
      const added = { name: "mood", type: "text", nullable: true, description: "Added later." } as const;
      const stray = { name: "stray", type: "text", nullable: true, description: "Of a newer program." } as const;
      const old = await source(HOUR, listens("2026-01-01T07:10:00Z", 2));
      await warehouse.startLoads([job("a", [old])]);
      const columns = [...columnsOf(listenEvent), added];
      await warehouse.prepare([{ topic: "listen_events", columns }]);
      const action = await lake.writeFile(
        "listen_events",
        HOUR,
        [{ topic: "listen_events", at: "2026-01-01T07:30:00Z", mood: "merry", stray: "s" }],
        [...columns, stray],
      );
      const object = `events/listen_events/${"add" in action ? action.add.path : ""}`;
      await warehouse.startLoads([job("b", [old, { object, uri: lake.store.uri(object) }])]);
      expect(
        await warehouse.query("SELECT mood, COUNT(*) AS n FROM `staging.listen_events` GROUP BY mood ORDER BY mood"),
      ).toEqual([
        { mood: null, n: 2 },
        { mood: "merry", n: 1 },
      ]);
    });

    it("runs a script once, in order, and names what failed", async () => {
      const script = {
        id: "s-1",
        statements: ["CREATE OR REPLACE TABLE `marts.t` AS SELECT 1 AS x", "INSERT INTO `marts.t` SELECT 2"],
      };
      expect(await warehouse.startScript(script)).toBe("started");
      expect(await warehouse.scriptResult("s-1")).toEqual({ status: "done" });
      expect(await warehouse.startScript(script)).toBe("exists");
      const broken = { id: "s-2", statements: ["DELETE FROM `marts.t` WHERE x = 1", "SELECT nonsense"] };
      expect(await warehouse.startScript(broken)).toBe("started");
      expect(await warehouse.scriptResult("s-2")).toEqual({
        status: "failed",
        message: expect.stringContaining("nonsense"),
      });
      expect(await warehouse.query("SELECT x FROM `marts.t` ORDER BY x")).toEqual([{ x: 1 }, { x: 2 }]);
    });

    it("lists tables and views of its three schemas", async () => {
      await warehouse.startScript({ id: "v", statements: ["CREATE OR REPLACE VIEW `marts.v` AS SELECT 1 AS x"] });
      const relations = await warehouse.relations();
      expect(relations).toContainEqual({ schema: "staging", name: "listen_events", kind: "table" });
      expect(relations).toContainEqual({ schema: "control", name: "touched_hours", kind: "table" });
      expect(relations).toContainEqual({ schema: "marts", name: "v", kind: "view" });
    });

    it("gives plain values, and means by them what BigQuery means", async () => {
      expect(
        await warehouse.query(`SELECT
          CAST(9007199254740991 AS INT64) AS safe, CAST(9007199254740993 AS INT64) AS unsafe,
          DATE(TIMESTAMP_MILLIS(1767250800000)) AS day, TIMESTAMP_MILLIS(1767250800000) AS moment,
          EXTRACT(HOUR FROM TIMESTAMP_MILLIS(1767250800000)) AS hour,
          TO_HEX(MD5('a')) AS hash, UNIX_SECONDS(TIMESTAMP_MILLIS(-1)) AS before_1970, DIV(-7, 2) AS div,
          SAFE_DIVIDE(1, 0) AS nothing, SAFE_DIVIDE(1, 4) AS quarter, 'a\`b' AS tick`),
      ).toEqual([
        {
          safe: 9007199254740991,
          unsafe: "9007199254740993",
          day: "2026-01-01",
          moment: 1767250800000,
          hour: 7,
          hash: "0cc175b9c0f1b6a831c399e269772661",
          before_1970: -1,
          div: -3,
          nothing: null,
          quarter: 0.25,
          tick: "a`b",
        },
      ]);
      expect(await warehouse.query("SELECT x FROM (SELECT 1 AS x UNION ALL SELECT NULL) AS t ORDER BY x")).toEqual([
        { x: null },
        { x: 1 },
      ]);
    });

    it("answers a query that is wrong with the error query_failed", async () => {
      await expect(warehouse.query("SELECT nonsense")).rejects.toMatchObject({ code: "query_failed" });
    });
  });
}
