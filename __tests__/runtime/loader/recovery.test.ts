import { Loader, type LoaderOptions } from "../../../runtime/loader/loader";
import type { Warehouse } from "../../../runtime/warehouse/warehouse";
import { TestLake } from "./lake-fixture";
import { dumpMarts, loadOnce, openTestWarehouse, optionsOf, smallGraph, stagingOffsets } from "./loader-fixture";

/** Calls without an effect: to die there is to die at the next one. */
const HARMLESS = ["uri", "get", "list", "query", "relations"];

/** Dies at one of its calls: before the call does anything, or after it has, with the answer lost. */
class Mortal {
  #calls = 0;

  constructor(
    private readonly diesAt: number,
    private readonly answerLost: boolean,
  ) {}

  wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, property, receiver) => {
        const value = Reflect.get(object, property, receiver);
        if (typeof value !== "function" || HARMLESS.includes(String(property))) return value;
        return async (...given: unknown[]) => {
          this.#calls += 1;
          const dies = this.#calls === this.diesAt;
          if (dies && !this.answerLost) throw new Error("killed");
          const answer = await Reflect.apply(value, object, given);
          if (dies) throw new Error("killed");
          return answer;
        };
      },
    });
  }
}

/** @returns did it die? */
async function loadAndDie(options: LoaderOptions, mortal: Mortal): Promise<boolean> {
  const { store, warehouse } = options;
  try {
    await loadOnce({ ...options, store: mortal.wrap(store), warehouse: mortal.wrap(warehouse) });
    return false;
  } catch (error) {
    if ((error as Error).message !== "killed") throw error;
    return true;
  }
}

describe("a loader that dies", () => {
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

  it.each([
    ["before the call", false],
    ["with the answer lost", true],
  ])(
    "at any of its calls, %s, leaves what the next one finishes exactly",
    async (_, answerLost) => {
      const options = optionsOf(lake, warehouse, { graph: smallGraph() });
      const expected: string[] = [];
      let deaths = 0;
      for (let call = 1; ; call++) {
        // A late event into an hour that is there, and a new hour: both must come out right whatever died.
        const hour = new Date(Date.UTC(2026, 0, 1, call)).toISOString();
        await lake.append([
          { topic: "listen_events", at: "2026-01-01T00:30:00Z" },
          { topic: "listen_events", at: hour },
        ]);
        expected.push(`0-${expected.length}`, `0-${expected.length + 1}`);
        const died = await loadAndDie(options, new Mortal(call, answerLost));
        if (died) deaths += 1;
        await loadOnce(options);
        expect((await stagingOffsets(warehouse)).listen_events).toEqual(expected);
        expect(await warehouse.query("SELECT COUNT(*) AS n FROM `marts.small`")).toEqual([{ n: expected.length }]);
        if (!died) break;
      }
      // Every step of the protocol is among them; and no load was ever repeated.
      expect(deaths).toBeGreaterThanOrEqual(12);
      expect(await warehouse.query("SELECT COUNT(*) AS n FROM control.load_jobs WHERE id NOT LIKE '%-1'")).toEqual([
        { n: 0 },
      ]);
    },
    120_000,
  );

  it("between two marts leaves marts that the next one makes as if nothing had been", async () => {
    const options = optionsOf(lake, warehouse);
    await lake.append(someEvents("2026-01-01T07:00:00Z", "free"));
    await loadOnce(options);
    for (const [index, name] of ["dim_users", "fact_streams", "listens_hourly", "conversions_daily"].entries()) {
      await lake.append(someEvents(`2026-01-01T${10 + index}:00:00Z`, index % 2 === 0 ? "paid" : "free"));
      const dying = new Proxy(warehouse, {
        get(target, property, receiver) {
          if (property !== "startScript") return Reflect.get(target, property, receiver);
          return async (script: Parameters<Warehouse["startScript"]>[0]) => {
            const answer = await target.startScript(script);
            if (script.id.includes(`-marts-${name}-`)) throw new Error("killed");
            return answer;
          };
        },
      });
      await expect(loadOnce({ ...options, warehouse: dying })).rejects.toThrow("killed");
      await loadOnce(options);
    }
    const whole = await openTestWarehouse(lake, "whole");
    await loadOnce({ ...options, warehouse: whole });
    expect(await dumpMarts(warehouse)).toEqual(await dumpMarts(whole));
    await whole.close();
  }, 60_000);

  it("when it is asked to stop, ends between two batches, and the next run finishes the plan", async () => {
    await lake.append(someEvents("2026-01-01T07:00:00Z", "free"));
    const stop = new AbortController();
    const stopping = new Proxy(warehouse, {
      get(target, property, receiver) {
        if (property === "startLoads") stop.abort();
        return Reflect.get(target, property, receiver);
      },
    });
    const loader = await Loader.start(optionsOf(lake, stopping, { stop: stop.signal }));
    await loader.loadOnce();
    expect(await loader.summary()).toMatchObject({ plans: 0, marts: {} });
    expect((await loadOnce(optionsOf(lake, warehouse))).plans).toBe(1);
  });
});

function someEvents(at: string, level: string) {
  return (["listen_events", "page_view_events", "auth_events", "status_change_events"] as const).map((topic) => ({
    topic,
    at,
    level,
    user_id: 7,
  }));
}
