import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openCatalog } from "../../../runtime/generator/catalog/open-catalog";
import { type Configuration, parseConfiguration } from "../../../runtime/generator/config/configuration";
import { SILENT } from "../../../runtime/support/logging";
import { compareSides } from "../../../scripts/bench/eventsim-stats/compare";
import { observeOurs } from "../../../scripts/bench/eventsim-stats/ours";
import { observeFolder, registrationOf, windowsOf } from "../../../scripts/bench/eventsim-stats/sample";
import { BUILT_IN, bySession, DAY_S, START_S, simulate, type WireEvent } from "./simulate";

const SHARED = join(__dirname, "../../../../shared/data/music");
const SAMPLES = join(__dirname, "../../../../shared/data/eventsim-sample");
/** Of the run that the samples are cut out of (event-model.md). */
const USERS_OF_SAMPLES = 30_000;
const itWithSamples = existsSync(SHARED) ? it : it.skip;

/** Transitions of all sessions, by source and target; the last page of a session leads to "". */
function transitions(events: readonly WireEvent[]): Map<string, Map<string, number>> {
  const name = (event: WireEvent) => `${event.page}, ${event.status}, ${event.auth}, ${event.level}`;
  const table = new Map<string, Map<string, number>>();
  for (const session of bySession(events)) {
    for (const [index, event] of session.entries()) {
      const next = session[index + 1];
      // The last sessions are cut off by the end of the run.
      if (next === undefined && event.ts > (START_S + 13 * DAY_S) * 1000) continue;
      const row = table.get(name(event)) ?? new Map<string, number>();
      table.set(name(event), row);
      const to = next === undefined ? "" : name(next);
      row.set(to, (row.get(to) ?? 0) + 1);
    }
  }
  return table;
}

/** Pearson's statistic of the observed transitions against the file's, and its degrees of freedom. */
function chiSquare(configuration: Configuration, file: string, events: readonly WireEvent[]) {
  const observed = transitions(events);
  const expected = new Map<string, Map<string, number>>();
  interface Named {
    page: string;
    status: number;
    auth: string;
    level: string;
  }
  const name = ({ page, status, auth, level }: Named) => `${page}, ${status}, ${auth}, ${level}`;
  const list = JSON.parse(readFileSync(file, "utf8")).transitions as { source: Named; dest: Named; p: number }[];
  for (const { source, dest, p } of list) {
    const row = expected.get(name(source)) ?? new Map<string, number>([["", 1]]);
    expected.set(name(source), row);
    row.set(name(dest), p);
    row.set("", (row.get("") ?? 0) - p);
  }
  expect(expected.size).toBeLessThanOrEqual(configuration.machine.states.length);
  let statistic = 0;
  let freedom = 0;
  for (const [source, row] of observed) {
    const total = [...row.values()].reduce((sum, count) => sum + count, 0);
    // A state without transitions ends its session.
    const probabilities = expected.get(source) ?? new Map([["", 1]]);
    expect([...row.keys()].filter((target) => !((probabilities.get(target) ?? 0) > 0))).toEqual([]);
    let cells = 0;
    for (const [target, p] of probabilities) {
      // The usual rule: cells of fewer than five expected say nothing.
      if (p * total < 5) continue;
      statistic += ((row.get(target) ?? 0) - p * total) ** 2 / (p * total);
      cells++;
    }
    freedom += Math.max(0, cells - 1);
  }
  return { statistic, freedom };
}

describe("the walk's statistics", () => {
  const builtInFile = join(__dirname, "../../../runtime/generator/config/music-service.json");

  it("follow the transitions of the configuration (chi-square, five deviations)", () => {
    const events = simulate({ users: 200, days: 14, seed: 5 });
    const { statistic, freedom } = chiSquare(BUILT_IN, builtInFile, events);
    expect(freedom).toBeGreaterThan(60);
    expect(Math.abs(statistic - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom));
  });

  itWithSamples(
    "follow eventsim's two configurations in compat mode (skipped where ../shared/data is not there)",
    () => {
      for (const file of ["example-config.json", "alt-example-config.json"].map((name) => join(SHARED, name))) {
        const configuration = parseConfiguration(file, readFileSync(file, "utf8"));
        const events = simulate({ users: 300, days: 14, configuration, eventsimCompat: true });
        const { statistic, freedom } = chiSquare(configuration, file, events);
        expect(Math.abs(statistic - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom));
      }
    },
  );

  // Both sides are cut to the windows of the samples, and counted by users (scripts/bench/eventsim-stats).
  itWithSamples(
    "differ nowhere from eventsim's samples in compat mode (skipped where ../shared/data is not there)",
    async () => {
      const windows = await windowsOf(SAMPLES);
      expect([...windows.values()].map((list) => list.length)).toEqual([2, 2, 2, 2]);
      const file = join(SHARED, "example-config.json");
      const configuration = parseConfiguration(file, readFileSync(file, "utf8"));
      const catalog = await openCatalog(SHARED, SILENT);
      const start = { startS: (await registrationOf(SAMPLES, windows)) as number, seed: 1, eventsimCompat: true };
      const ours = observeOurs({ configuration, catalog, users: Math.round(USERS_OF_SAMPLES / 10), ...start }, windows);
      const { tests } = compareSides(await observeFolder(SAMPLES, windows), ours, { usersRatio: 1 / 10 });
      expect(tests.length).toBeGreaterThan(40);
      expect(tests.filter(({ differs }) => differs)).toEqual([]);
    },
  );

  it("repeats eventsim's errors in compat mode only", () => {
    const compat = simulate({ users: 80, days: 14, eventsimCompat: true });
    const steps = bySession(compat).flatMap((session) =>
      session.slice(1).map((after, i) => [session[i], after] as const),
    );
    const before = steps.filter(([, after]) => after.status === 307).map(([last, after]) => after.ts - (last?.ts ?? 0));
    expect(new Set(before)).toEqual(new Set([1000]));
    const changes = compat.filter((event) => event.topic === "status_change_events");
    const pages = compat.filter((event) => event.page === "Submit Upgrade" || event.page === "Submit Downgrade");
    expect(changes.map((event) => [event.ts, event.level])).toEqual(pages.map((event) => [event.ts, event.level]));
  });
});
