import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Configuration, parseConfiguration } from "../../../runtime/generator/config/configuration";
import { Random } from "../../../runtime/generator/random";
import { localClock, UTC_CLOCK } from "../../../runtime/generator/walk/local-time";
import { EVENTSIM_RULES, OUR_RULES } from "../../../runtime/generator/walk/rules";
import { SessionTimes } from "../../../runtime/generator/walk/session-times";
import { BUILT_IN, bySession, DAY_S, START_S, simulate, type WireEvent } from "./simulate";

const SHARED = join(__dirname, "../../../../shared/data/music");
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

  // Figures of a run of eventsim: example-config.json, 28,945 users, six weeks.
  itWithSamples("show eventsim's mix of pages in compat mode (skipped where ../shared/data is not there)", () => {
    const file = join(SHARED, "example-config.json");
    const configuration = parseConfiguration(file, readFileSync(file, "utf8"));
    const views = simulate({ users: 1200, days: 14, configuration, eventsimCompat: true }).filter(
      (e) => e.page !== undefined,
    );
    const share = (page: string, level: string, auth = "Logged In") =>
      (100 * views.filter((e) => e.page === page && e.level === level && e.auth === auth).length) / views.length;
    // 1,200 users differ much in how often they come (log-normal, sigma 1): their paid share alone strays by some
    // three per cent of its value for every deviation; five are allowed, and the rare pages by their own numbers.
    expect(Math.abs(share("NextSong", "paid") - 67.46)).toBeLessThan(5);
    expect(Math.abs(share("NextSong", "free") - 17.03)).toBeLessThan(3);
    expect(Math.abs(share("Home", "free") - 4.62)).toBeLessThan(0.8);
    expect(Math.abs(share("Home", "paid") - 3.13)).toBeLessThan(0.3);
    expect(Math.abs(share("Home", "paid", "Logged Out") - 1.56)).toBeLessThan(0.25);
    expect(Math.abs(share("Downgrade", "paid") - 0.76)).toBeLessThan(0.1);
  });

  it("repeats eventsim's errors in compat mode only", () => {
    const compat = simulate({ users: 150, days: 14, eventsimCompat: true });
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

describe("when sessions begin", () => {
  const place = (state: string, longitudeDeg: number) => ({
    city: "X",
    state,
    zip: "00000",
    longitudeDeg,
    latitudeDeg: 40,
  });
  const newYork = localClock(place("NY", -74));

  /** Starts of sessions of one user over years. */
  function starts(clock: (timeS: number) => number, weekendDamping: number, rules = OUR_RULES) {
    const times = new SessionTimes(
      {
        daily: { damping: 0.09 },
        weekend: { damping: weekendDamping, offsetS: 10_800, scaleS: 21_600 },
        sessionGapS: 1800,
      },
      rules,
    );
    const random = new Random(1, 9, 1);
    const list: number[] = [];
    for (let timeS = START_S; list.length < 40_000; ) {
      timeS = times.next(timeS, 43_200, clock, random);
      list.push(timeS);
    }
    return list;
  }

  /** The hour of the day around which most begin: the direction of the sum of all. */
  function peakHour(list: readonly number[], aheadS = 0): number {
    const angle = (timeS: number) => (((timeS + aheadS) % DAY_S) / DAY_S) * 2 * Math.PI;
    const x = list.reduce((sum, timeS) => sum + Math.cos(angle(timeS)), 0);
    const y = list.reduce((sum, timeS) => sum + Math.sin(angle(timeS)), 0);
    return ((Math.atan2(y, x) / (2 * Math.PI)) * 24 + 24) % 24;
  }

  it("follows the clock of the place, and UTC in eventsim's way", () => {
    // The warp gathers what lies around 15 o'clock.
    expect(Math.abs(peakHour(starts(UTC_CLOCK, 0)) - 15)).toBeLessThan(0.7);
    const local = starts(newYork, 0);
    expect(Math.abs(peakHour(local) - 19.6)).toBeLessThan(1);
    expect(Math.abs(peakHour(local.map((timeS) => timeS + newYork(timeS))) - 15)).toBeLessThan(0.7);
  });

  it("knows the clocks of the states, daylight saving included, and goes by the longitude elsewhere", () => {
    expect([newYork(Date.UTC(2025, 0, 15) / 1000), newYork(Date.UTC(2025, 6, 15) / 1000)]).toEqual([-18_000, -14_400]);
    const phoenix = localClock(place("AZ", -112));
    expect(phoenix(Date.UTC(2025, 6, 15) / 1000)).toBe(-25_200);
    expect(localClock(place("GU", 144.8))(START_S)).toBe(36_000);
  });

  it("is rarer at weekends by the weekend's damping", () => {
    const weekendShare = (list: readonly number[]) =>
      list.filter((timeS) => [0, 6].includes(new Date(timeS * 1000).getUTCDay())).length / list.length;
    expect(weekendShare(starts(UTC_CLOCK, 0))).toBeCloseTo(2 / 7, 1);
    const damped = weekendShare(starts(UTC_CLOCK, 0.5));
    expect(damped).toBeGreaterThan(0.14);
    expect(damped).toBeLessThan(0.2);
  });

  it("keeps the least gap, which eventsim's warp breaks", () => {
    const gaps = (list: readonly number[]) => list.slice(1).map((timeS, index) => timeS - (list[index] ?? 0));
    expect(Math.min(...gaps(starts(newYork, 0.5)))).toBeGreaterThanOrEqual(1800);
    expect(Math.min(...gaps(starts(UTC_CLOCK, 0.5, EVENTSIM_RULES)))).toBeLessThan(1800);
  });

  it("never hangs, however odd the configuration", () => {
    for (const [damping, betaS, sessionGapS] of [
      [1, 0.001, 0],
      [0, 0.001, 0],
      [1, 1e9, 1e9],
      [0.09, 1, 1],
    ] as const) {
      const times = new SessionTimes(
        { daily: { damping }, weekend: { damping: 1, offsetS: 0, scaleS: 0 }, sessionGapS },
        OUR_RULES,
      );
      const random = new Random(1, 9, 2);
      let timeS = START_S;
      for (let session = 0; session < 20; session++) {
        const nextS = times.next(timeS, betaS, newYork, random);
        expect(nextS).toBeGreaterThanOrEqual(timeS + sessionGapS);
        timeS = nextS;
      }
    }
  });
});
