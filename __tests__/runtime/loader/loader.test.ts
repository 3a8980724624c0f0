import { hourPartition } from "../../../runtime/lake/lake-layout";
import type { Plan } from "../../../runtime/lake/load-plans";
import { Loader, type LoaderOptions } from "../../../runtime/loader/loader";
import type { Warehouse } from "../../../runtime/warehouse/warehouse";
import { TestLake, type TestRow } from "./lake-fixture";
import { loadOnce, openTestWarehouse, optionsOf, smallGraph, stagingOffsets } from "./loader-fixture";

const SEVEN = "2026-01-01T07:10:00.000Z";
const EIGHT = "2026-01-01T08:10:00.000Z";

describe("the loader", () => {
  let lake: TestLake;
  let warehouse: Warehouse;
  let options: LoaderOptions;

  beforeEach(async () => {
    lake = await TestLake.create();
    warehouse = await openTestWarehouse(lake);
    options = optionsOf(lake, warehouse, { graph: smallGraph() });
  });

  afterEach(async () => {
    await warehouse.close();
    await lake.remove();
  });

  const listen = (at: string, more: Partial<TestRow> = {}): TestRow => ({ topic: "listen_events", at, ...more });

  async function plans(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of lake.store.list("loads/")) names.push(name.replace(/^loads\/[0-9a-f-]{36}\//, ""));
    return names;
  }

  async function readPlan(number: string): Promise<Plan> {
    const name = `loads/${await warehouse.id()}/plan-${number}.json`;
    return JSON.parse(new TextDecoder().decode(await lake.store.get(name))) as Plan;
  }

  it("registers a new warehouse with an empty plan, also where the lake has no table yet", async () => {
    expect(await loadOnce(options)).toEqual({
      plans: 0,
      hours: 0,
      stagingRows: { listen_events: 0, page_view_events: 0, auth_events: 0, status_change_events: 0 },
      marts: {},
    });
    expect(await plans()).toEqual(["plan-00000000.json"]);
    expect(await readPlan("00000000")).toMatchObject({ plan: 0, versions: {}, hours: [], expired: [] });
  });

  it("plans every hour with every file of it, loads them, builds the marts and sets the marks", async () => {
    await lake.append([listen(SEVEN), listen(EIGHT)]);
    await lake.append([listen(SEVEN), { topic: "auth_events", at: SEVEN }]);
    expect(await loadOnce(options)).toEqual({
      plans: 1,
      hours: 3,
      stagingRows: { listen_events: 3, page_view_events: 0, auth_events: 1, status_change_events: 0 },
      marts: { small: 3 },
    });
    expect(await plans()).toEqual([
      "plan-00000000.json",
      "plan-00000001.done.json",
      "plan-00000001.json",
      "plan-00000001.loaded.json",
    ]);
    expect(await readPlan("00000001")).toEqual({
      plan: 1,
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.any(String),
      versions: { listen_events: 2, auth_events: 1 },
      expired: [],
      hours: [
        {
          topic: "listen_events",
          eventHour: "2026-01-01T07:00:00.000Z",
          files: [
            "events/listen_events/date=2026-01-01/hour=7/0-0-test.parquet",
            "events/listen_events/date=2026-01-01/hour=7/0-2-test.parquet",
          ],
          expectedRows: 2,
        },
        {
          topic: "listen_events",
          eventHour: "2026-01-01T08:00:00.000Z",
          files: ["events/listen_events/date=2026-01-01/hour=8/0-1-test.parquet"],
          expectedRows: 1,
        },
        {
          topic: "auth_events",
          eventHour: "2026-01-01T07:00:00.000Z",
          files: ["events/auth_events/date=2026-01-01/hour=7/0-0-test.parquet"],
          expectedRows: 1,
        },
      ],
    });
  });

  it("makes no plan where nothing is new", async () => {
    await lake.append([listen(SEVEN)]);
    await loadOnce(options);
    expect((await loadOnce(options)).plans).toBe(0);
    expect(await plans()).toHaveLength(4);
  });

  it("loads the hours that changed and no others, with the old files of a late event's hour", async () => {
    await lake.append([listen(SEVEN), listen(EIGHT)]);
    await loadOnce(options);
    await lake.append([listen(SEVEN)]);
    const summary = await loadOnce(options);
    expect(summary).toMatchObject({ plans: 1, hours: 1, stagingRows: { listen_events: 3 }, marts: { small: 3 } });
    expect((await readPlan("00000002")).hours).toMatchObject([
      { eventHour: "2026-01-01T07:00:00.000Z", expectedRows: 2 },
    ]);
  });

  it("touches nothing for a compaction, and takes the compacted file when its hour changes", async () => {
    const files = [
      await lake.writeFile("listen_events", Date.parse("2026-01-01T07:00:00Z"), [listen(SEVEN)]),
      await lake.writeFile("listen_events", Date.parse("2026-01-01T07:00:00Z"), [listen(SEVEN)]),
    ];
    await lake.commit("listen_events", files);
    await loadOnce(options);
    // What a compaction leaves: the same rows (partition 0, offsets 0 and 1) in one file.
    const compacted = await lake.writeFile("listen_events", Date.parse("2026-01-01T07:00:00Z"), [
      listen(SEVEN, { kafka_offset: 0, event_id: "listen_events/0/0" }),
      listen(SEVEN, { kafka_offset: 1, event_id: "listen_events/0/1" }),
    ]);
    await lake.commit("listen_events", [
      ...files.map((file) => ({ remove: { path: "add" in file ? file.add.path : "", dataChange: false } })),
      ...("add" in compacted ? [{ add: { ...compacted.add, dataChange: false } }] : []),
    ]);
    expect(await loadOnce(options)).toMatchObject({ plans: 1, hours: 0, stagingRows: { listen_events: 2 } });
    await lake.append([listen(SEVEN)]);
    expect(await loadOnce(options)).toMatchObject({ plans: 1, hours: 1, stagingRows: { listen_events: 3 } });
    expect((await readPlan("00000003")).hours[0]?.files).toHaveLength(2);
  });

  it("empties an hour whose last file was removed, also where the log leaves out the file's partition", async () => {
    await lake.append([listen(SEVEN), listen(EIGHT)]);
    await loadOnce(options);
    const path = "date=2026-01-01/hour=7/0-0-test.parquet";
    await lake.commit("listen_events", [{ remove: { path, dataChange: true } }]);
    const summary = await loadOnce(options);
    expect(summary).toMatchObject({ hours: 1, stagingRows: { listen_events: 1 }, marts: { small: 1 } });
  });

  it("counts hours that are older than staging keeps as expired, and does not load them", async () => {
    const now = new Date().toISOString();
    await lake.append([listen(SEVEN), listen(SEVEN), listen(now)]);
    const summary = await loadOnce({ ...options, stagingExpiryDays: 30 });
    expect(summary).toMatchObject({ hours: 1, stagingRows: { listen_events: 1 } });
    expect((await readPlan("00000001")).expired).toEqual([
      { topic: "listen_events", eventHour: "2026-01-01T07:00:00.000Z", rows: 2 },
    ]);
  });

  it("halts where a load gives other counts than the plan, and never marks the plan", async () => {
    const file = await lake.writeFile("listen_events", Date.parse("2026-01-01T07:00:00Z"), [listen(SEVEN)]);
    if ("add" in file) {
      await lake.commit("listen_events", [{ add: { ...file.add, stats: JSON.stringify({ numRecords: 2 }) } }]);
    }
    await expect(loadOnce(options)).rejects.toMatchObject({
      code: "load_mismatch",
      message: expect.stringContaining("must have 2 rows; the load wrote 1"),
    });
    expect(await plans()).toEqual(["plan-00000000.json", "plan-00000001.json"]);
  });

  it("halts where the same partition and offset stands in an hour twice", async () => {
    await lake.append([listen(SEVEN, { kafka_offset: 5 }), listen(SEVEN, { kafka_offset: 5 })]);
    await expect(loadOnce(options)).rejects.toThrow(/staging holds 2, 1 of them distinct/);
  });

  it("halts where rows lie in the wrong hour's file", async () => {
    const file = await lake.writeFile("listen_events", Date.parse("2026-01-01T07:00:00Z"), [listen(EIGHT)]);
    await lake.commit("listen_events", [file]);
    await expect(loadOnce(options)).rejects.toMatchObject({ code: "load_mismatch" });
  });

  it("gives up after a few attempts where a file can't be read, and goes on counting them in the next run", async () => {
    const path = "date=2026-01-01/hour=7/0-0-gone.parquet";
    const partitionValues = hourPartition(Date.parse(SEVEN));
    const stats = JSON.stringify({ numRecords: 1 });
    await lake.commit("listen_events", [
      { add: { path, partitionValues, size: 1, modificationTime: 0, dataChange: true, stats } },
    ]);
    await expect(loadOnce(options)).rejects.toMatchObject({ code: "load_failed" });
    await expect(loadOnce(options)).rejects.toThrow(/now attempt 6.*gone\.parquet/);
  });

  it("refuses a lake that is older than what the warehouse was loaded from", async () => {
    await lake.append([listen(SEVEN)]);
    await lake.append([listen(SEVEN)]);
    await loadOnce(options);
    await lake.store.remove("events/listen_events/_delta_log/00000000000000000002.json");
    await expect(loadOnce(options)).rejects.toMatchObject({
      code: "lake_mismatch",
      message: expect.stringContaining("stands at version 1, but the warehouse was loaded up to 2"),
    });
  });

  it("refuses a plan that is no plan", async () => {
    await loadOnce(options);
    await lake.store.replace(`loads/${await warehouse.id()}/plan-00000001.json`, new TextEncoder().encode('{"plan":'));
    await expect(loadOnce(options)).rejects.toMatchObject({ code: "lake_corrupt" });
  });

  it("stops quietly where another loader has finished its plan, and goes on with what came next", async () => {
    await lake.append([listen(SEVEN)]);
    let asleep = true;
    const sleeper: Warehouse = new Proxy(warehouse, {
      get(target, property, receiver) {
        if (property !== "hourCounts" || !asleep) return Reflect.get(target, property, receiver);
        return async (topic: string, hours: readonly number[]) => {
          asleep = false;
          await loadOnce(options);
          await lake.append([listen(SEVEN), listen(EIGHT)]);
          await loadOnce(options);
          return target.hourCounts(topic, hours);
        };
      },
    });
    const summary = await loadOnce({ ...options, warehouse: sleeper });
    expect(summary).toMatchObject({ plans: 0, stagingRows: { listen_events: 3 }, marts: { small: 3 } });
    expect(await plans()).toHaveLength(7);
    expect(await stagingOffsets(warehouse)).toMatchObject({ listen_events: ["0-0", "0-1", "0-2"] });
  });

  it("goes on looking until it is stopped, and survives what passes by itself", async () => {
    const stop = new AbortController();
    let looks = 0;
    const store = new Proxy(lake.store, {
      get(target, property, receiver) {
        if (property !== "list") return Reflect.get(target, property, receiver);
        return (...call: Parameters<typeof target.list>) => {
          looks += 1;
          if (looks === 40) stop.abort();
          return target.list(...call);
        };
      },
    });
    const loader = await Loader.start({ ...options, store, stop: stop.signal });
    await lake.append([listen(SEVEN)]);
    await loader.loadForever(1);
    expect(await loader.summary()).toMatchObject({ plans: 1, stagingRows: { listen_events: 1 } });
  });
});
