import { runMarts } from "../../../runtime/loader/marts";
import compiled from "../../../runtime/marts/compiled.json";
import { martsGraph } from "../../../runtime/marts/graph";
import { SILENT } from "../../../runtime/support/logging";
import type { Warehouse } from "../../../runtime/warehouse/warehouse";
import { TestLake, type TestRow } from "./lake-fixture";
import { dumpMarts, loadOnce, NEVER, openTestWarehouse, optionsOf, smallGraph } from "./loader-fixture";

const TOPICS = ["listen_events", "page_view_events", "auth_events", "status_change_events"] as const;

describe("the marts", () => {
  let lake: TestLake;
  let warehouse: Warehouse;

  beforeEach(async () => {
    lake = await TestLake.create();
    warehouse = await openTestWarehouse(lake);
  });

  afterEach(async () => {
    await warehouse.close();
    await lake.remove();
  });

  /** What one plan over the whole lake gives, in a warehouse of its own. */
  async function rebuiltMarts() {
    const whole = await openTestWarehouse(lake, `whole-${Math.random()}`);
    await loadOnce(optionsOf(lake, whole));
    const dump = await dumpMarts(whole);
    await whole.close();
    return dump;
  }

  async function append(rows: readonly TestRow[]): Promise<void> {
    await lake.append(rows);
    await loadOnce(optionsOf(lake, warehouse));
  }

  async function levels(): Promise<string[]> {
    const rows = await warehouse.query(
      "SELECT user_id, level, valid_from, valid_to, is_current FROM `marts.dim_users` WHERE user_id IS NOT NULL ORDER BY user_id, valid_from",
    );
    return rows.map((row) => {
      const from = new Date(Number(row.valid_from)).toISOString().slice(11, 16);
      const to = row.is_current === true ? "now" : new Date(Number(row.valid_to)).toISOString().slice(11, 16);
      return `${row.user_id} ${row.level} ${from}-${to}`;
    });
  }

  const listen = (time: string, more: Partial<TestRow> = {}): TestRow => ({
    topic: "listen_events",
    at: `2026-01-01T${time}:00Z`,
    user_id: 1,
    level: "free",
    ...more,
  });

  it.each([1, 2, 3])(
    "built plan after plan, in the order of seed %d, are those of one plan",
    async (seed) => {
      const random = seededRandom(seed);
      for (let plan = 0; plan < 4; plan++) await append(randomEvents(random, 12));
      expect(await dumpMarts(warehouse)).toEqual(await rebuiltMarts());
    },
    60_000,
  );

  it("follow a listener from free to paid and back, over hours and plans", async () => {
    await append([listen("07:10"), listen("07:20", { user_id: 2, level: "paid" })]);
    expect(await levels()).toEqual(["1 free 07:10-now", "2 paid 07:20-now"]);
    await append([
      listen("08:10", { topic: "status_change_events", level: "paid" }),
      listen("08:20", { level: "paid" }),
    ]);
    await append([listen("09:30", { topic: "auth_events" })]);
    expect(await levels()).toEqual([
      "1 free 07:10-08:10",
      "1 paid 08:10-09:30",
      "1 free 09:30-now",
      "2 paid 07:20-now",
    ]);
    expect(
      await warehouse.query("SELECT free_to_paid, paid_to_free, active_free_users FROM `marts.conversions_daily`"),
    ).toEqual([{ free_to_paid: 1, paid_to_free: 1, active_free_users: 1 }]);
    expect(await dumpMarts(warehouse)).toEqual(await rebuiltMarts());
  }, 60_000);

  it("move a boundary when a late event tells of an earlier change, without touching later facts", async () => {
    await append([listen("07:10"), listen("09:10", { level: "paid" })]);
    expect(await levels()).toEqual(["1 free 07:10-09:10", "1 paid 09:10-now"]);
    await append([listen("08:05", { topic: "page_view_events", level: "paid" })]);
    expect(await levels()).toEqual(["1 free 07:10-08:05", "1 paid 08:05-now"]);
    await append([listen("08:30"), listen("06:50", { level: "paid" })]);
    expect(await levels()).toEqual([
      "1 paid 06:50-07:10",
      "1 free 07:10-08:05",
      "1 paid 08:05-08:30",
      "1 free 08:30-09:10",
      "1 paid 09:10-now",
    ]);
    expect(await warehouse.query("SELECT COUNT(*) AS n FROM `marts.wide_streams` WHERE level = 'paid'")).toEqual([
      { n: 2 },
    ]);
    expect(await dumpMarts(warehouse)).toEqual(await rebuiltMarts());
  }, 60_000);

  it("let the status change win over the page that asked for it, at the same moment", async () => {
    await append([
      listen("07:10", { topic: "status_change_events", level: "paid", item_in_session: 4 }),
      listen("07:10", { topic: "page_view_events", level: "free", item_in_session: 4 }),
      listen("07:11", { topic: "page_view_events", level: "paid", item_in_session: 5 }),
    ]);
    expect(await levels()).toEqual(["1 paid 07:10-now"]);
  });

  it("keep one row of an event that stands on several offsets, in one hour or in two", async () => {
    await append([listen("07:10", { event_id: "e1" }), listen("08:10", { event_id: "e2", song_title: "late" })]);
    await append([listen("07:10", { event_id: "e1" }), listen("06:10", { event_id: "e2", song_title: "early" })]);
    expect(await warehouse.query("SELECT event_id, song_title FROM `marts.wide_streams` ORDER BY event_id")).toEqual([
      { event_id: "e1", song_title: "x" },
      { event_id: "e2", song_title: "early" },
    ]);
    expect(await warehouse.query("SELECT SUM(listens) AS n FROM `marts.listens_hourly`")).toEqual([{ n: 2 }]);
    expect(await dumpMarts(warehouse)).toEqual(await rebuiltMarts());
  }, 60_000);

  it("give the unknown member to streams that name nobody", async () => {
    await append([listen("07:10", { user_id: undefined, level: "paid" })]);
    expect(await warehouse.query("SELECT user_key FROM `marts.fact_streams`")).toEqual([{ user_key: "unknown" }]);
    expect(await warehouse.query("SELECT user_id, level FROM `marts.wide_streams`")).toEqual([
      { user_id: null, level: "paid" },
    ]);
    for (const [dimension, key] of Object.entries({
      dim_users: "user_key",
      dim_songs: "song_key",
      dim_artists: "artist_key",
      dim_location: "location_key",
      dim_datetime: "datetime_key",
    })) {
      expect(
        await warehouse.query(`SELECT COUNT(*) AS n FROM \`marts.${dimension}\` WHERE ${key} = 'unknown'`),
      ).toEqual([{ n: 1 }]);
    }
  });

  it("tell apart names that run into each other, and an artist who is called unknown", async () => {
    await append([
      listen("07:10", { artist_name: "ab", song_title: "c" }),
      listen("07:10", { artist_name: "a", song_title: "bc" }),
      listen("07:10", { artist_name: "unknown", song_title: "unknown" }),
    ]);
    expect(await warehouse.query("SELECT COUNT(DISTINCT song_key) AS n FROM `marts.dim_songs`")).toEqual([{ n: 4 }]);
  });

  it("number the days of the week from Monday", async () => {
    await append([listen("07:10"), listen("07:10", { at: "2026-01-04T23:30:00Z" })]);
    expect(
      await warehouse.query(
        "SELECT event_date, hour, weekday, is_weekend FROM `marts.dim_datetime` WHERE event_hour IS NOT NULL ORDER BY event_hour",
      ),
    ).toEqual([
      { event_date: "2026-01-01", hour: 7, weekday: 4, is_weekend: false },
      { event_date: "2026-01-04", hour: 23, weekday: 7, is_weekend: true },
    ]);
  });

  it("document exactly the columns that they have", async () => {
    await append([listen("07:10")]);
    for (const { target, actionDescriptor } of compiled.tables) {
      const rows = await warehouse.query(
        `SELECT column_name FROM information_schema.columns WHERE table_schema = '${target.schema}' AND table_name = '${target.name}' ORDER BY ordinal_position`,
      );
      const documented = actionDescriptor.columns.map((column) => column.path.join("."));
      expect([target.name, documented]).toEqual([target.name, rows.map((row) => row.column_name)]);
    }
  });

  it("lose the streams of a file that was removed", async () => {
    await append([listen("07:10", { user_id: 1 }), listen("08:10", { user_id: 2 })]);
    const path = "date=2026-01-01/hour=7/0-0-test.parquet";
    await lake.commit("listen_events", [{ remove: { path, dataChange: true } }]);
    await loadOnce(optionsOf(lake, warehouse));
    expect(await warehouse.query("SELECT COUNT(*) AS n FROM `marts.fact_streams`")).toEqual([{ n: 1 }]);
  });
});

describe("the executor of the marts", () => {
  let lake: TestLake;
  let warehouse: Warehouse;

  beforeEach(async () => {
    lake = await TestLake.create();
    warehouse = await openTestWarehouse(lake);
    await lake.append([{ topic: "listen_events", at: "2026-01-01T07:00:00Z" }]);
  });

  afterEach(async () => {
    await warehouse.close();
    await lake.remove();
  });

  it("builds a mart anew as a whole when its definition changes", async () => {
    await loadOnce(optionsOf(lake, warehouse, { graph: smallGraph() }));
    await lake.append([{ topic: "listen_events", at: "2026-01-01T08:00:00Z" }]);
    const query = "SELECT event_id, event_hour, level FROM `staging.listen_events`";
    await loadOnce(optionsOf(lake, warehouse, { graph: smallGraph(query) }));
    expect(await warehouse.query("SELECT level FROM `marts.small`")).toEqual([{ level: "x" }, { level: "x" }]);
  });

  it("makes a view where a table of that name stood", async () => {
    await loadOnce(optionsOf(lake, warehouse, { graph: smallGraph() }));
    const view = { target: { schema: "marts", name: "small" }, type: "view", query: "SELECT 1 AS x" };
    await lake.append([{ topic: "listen_events", at: "2026-01-01T08:00:00Z" }]);
    const graph = martsGraph({ tables: [view], operations: [], assertions: [] });
    await loadOnce(optionsOf(lake, warehouse, { graph }));
    expect(await warehouse.relations()).toContainEqual({ schema: "marts", name: "small", kind: "view" });
  });

  it("does not run a plan's statements twice", async () => {
    await loadOnce(optionsOf(lake, warehouse, { graph: smallGraph() }));
    const [row] = await warehouse.query("SELECT id FROM control.scripts WHERE id LIKE '%-touched_hours-1'");
    const uuid = String(row?.id).replace("-touched_hours-1", "");
    const slept = { plan: 1, uuid, createdAt: "", versions: {}, hours: [], expired: [] };
    await runMarts({ warehouse, graph: smallGraph(), log: SILENT, pollMs: 1, stop: NEVER }, slept);
    expect(await warehouse.query("SELECT COUNT(*) AS n FROM `control.touched_hours`")).toEqual([{ n: 1 }]);
  });

  it("names the assertions that do not hold, and never marks the plan done", async () => {
    const twice =
      "SELECT event_id, event_hour FROM `staging.listen_events` CROSS JOIN (SELECT 1 AS x UNION ALL SELECT 2)";
    const attempt = loadOnce(optionsOf(lake, warehouse, { graph: smallGraph(twice) }));
    await expect(attempt).rejects.toMatchObject({
      code: "mart_wrong",
      message: expect.stringContaining("small_is_unique (1 rows)"),
    });
    const done = `loads/${await warehouse.id()}/plan-00000001.done.json`;
    expect(await lake.store.get(done)).toBeUndefined();
  });

  it("runs operations as they stand", async () => {
    const target = { schema: "control", name: "note" };
    const queries = ["CREATE OR REPLACE TABLE `marts.note` AS SELECT 1 AS x", "INSERT INTO `marts.note` SELECT 2"];
    const graph = martsGraph({ tables: [], operations: [{ target, queries }], assertions: [] });
    expect((await loadOnce(optionsOf(lake, warehouse, { graph }))).marts).toEqual({ note: 2 });
  });
});

/** A small generator of pseudo-random numbers in [0, 1), so that a failing order can be run again (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Few users, songs, hours and event ids, so that plans meet in all of them; times may tie. */
function randomEvents(random: () => number, count: number): TestRow[] {
  const below = (limit: number) => Math.floor(random() * limit);
  return Array.from({ length: count }, () => {
    const topic = TOPICS[below(2) === 0 ? 0 : below(TOPICS.length)] ?? "listen_events";
    const atMs = Date.UTC(2026, 0, 1, 20) + below(8) * 3_600_000 + below(4) * 900_000;
    return {
      topic,
      at: new Date(atMs).toISOString(),
      user_id: below(5) === 0 ? undefined : below(3),
      level: below(2) === 0 ? "free" : "paid",
      first_name: ["Ada", "Bo"][below(2)],
      artist_name: `artist ${below(3)}`,
      song_title: `song ${below(3)}`,
      duration_s: 100 + below(3) / 3,
      zip: `0${below(3)}`,
      longitude_deg: -below(90),
      latitude_deg: below(90),
      item_in_session: below(3),
      event_id: below(3) === 0 ? `repeated-${below(5)}` : undefined,
    };
  });
}
