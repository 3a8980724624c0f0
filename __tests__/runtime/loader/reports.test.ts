import { Loader } from "../../../runtime/loader/loader";
import { loaderReports } from "../../../runtime/loader/metrics";
import type { Warehouse } from "../../../runtime/warehouse/warehouse";
import { eventually } from "../../support/eventually";
import { collectLines } from "../../support/lines";
import { TestLake } from "./lake-fixture";
import { openTestWarehouse, optionsOf, smallGraph } from "./loader-fixture";

describe("the loader's reports", () => {
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

  it("say what a plan loaded, and after every look how old what the warehouse shows is", async () => {
    await lake.append([
      { topic: "listen_events", at: "2026-01-01T07:10:00.000Z" },
      { topic: "listen_events", at: "2026-01-01T08:10:00.000Z" },
    ]);
    const log = collectLines();
    const stop = new AbortController();
    const loader = await Loader.start(optionsOf(lake, warehouse, { graph: smallGraph(), log, stop: stop.signal }));
    const running = loader.loadForever(10);
    const reported = (message: string) => log.lines.filter((line) => line.message === message);
    // With nothing new in the lake the warehouse stays up to date, and it is said.
    await eventually("three looks ended well", () => reported(loaderReports.upToDate.message).length >= 3);
    stop.abort();
    await running;
    expect(reported(loaderReports.loaded.message).map(({ context }) => context)).toEqual([
      { plan: 1, hours: 2, rows: 2 },
    ]);
    for (const { context } of reported(loaderReports.upToDate.message)) {
      expect(context.loadAgeSeconds).toBeGreaterThanOrEqual(0);
      expect(context.loadAgeSeconds).toBeLessThan(25);
    }
  });

  it("are silent about a look that failed", async () => {
    const log = collectLines();
    const stop = new AbortController();
    const loader = await Loader.start(optionsOf(lake, warehouse, { graph: smallGraph(), log, stop: stop.signal }));
    jest.spyOn(lake.store, "list").mockImplementation(() => {
      stop.abort();
      throw new Error("no listing");
    });
    await expect(loader.loadForever(10)).rejects.toThrow("no listing");
    expect(log.lines.filter(({ message }) => message === loaderReports.upToDate.message)).toEqual([]);
    jest.restoreAllMocks();
  });
});
