import { Random } from "../../../../runtime/generator/random";
import { localClock, UTC_CLOCK } from "../../../../runtime/generator/walk/local-time";
import { EVENTSIM_RULES, OUR_RULES } from "../../../../runtime/generator/walk/rules";
import { SessionTimes } from "../../../../runtime/generator/walk/session-times";

const DAY_S = 86_400;
const HOUR_S = 3600;
const START_S = Date.UTC(2025, 0, 1) / 1000;
const GAP_S = 1800;
const newYork = localClock({ city: "X", state: "NY", zip: "00000", longitudeDeg: -74, latitudeDeg: 40 });

interface Options {
  readonly clock?: (timeS: number) => number;
  readonly daily?: number;
  readonly weekend?: number;
  readonly rules?: typeof OUR_RULES;
  readonly startS?: number;
  readonly sessions?: number;
  readonly betaS?: number;
  readonly user?: number;
}

function timesOf({ daily = 0.09, weekend = 0.5, rules = OUR_RULES }: Options): SessionTimes {
  return new SessionTimes(
    {
      daily: { damping: daily },
      weekend: { damping: weekend, offsetS: 3 * HOUR_S, scaleS: 6 * HOUR_S },
      sessionGapS: GAP_S,
    },
    rules,
  );
}

/** Starts of sessions of one user over years. */
function starts(options: Options): number[] {
  const times = timesOf(options);
  const random = new Random(1, 9, options.user ?? 1);
  const list: number[] = [];
  for (let timeS = options.startS ?? START_S; list.length < (options.sessions ?? 15_000); ) {
    timeS = times.next(timeS, options.betaS ?? 43_200, options.clock ?? UTC_CLOCK, random);
    list.push(timeS);
  }
  return list;
}

/** The hour of the day around which most begin: the direction of the sum of all. */
function peakHour(list: readonly number[], clock: (timeS: number) => number = UTC_CLOCK): number {
  const angle = (timeS: number) => (((timeS + clock(timeS)) % DAY_S) / DAY_S) * 2 * Math.PI;
  const x = list.reduce((sum, timeS) => sum + Math.cos(angle(timeS)), 0);
  const y = list.reduce((sum, timeS) => sum + Math.sin(angle(timeS)), 0);
  return ((Math.atan2(y, x) / (2 * Math.PI)) * 24 + 24) % 24;
}

describe("when sessions begin", () => {
  it("error 8: the warp of the day never breaks the least gap between two sessions; eventsim's does", () => {
    const gaps = (list: readonly number[]) => list.slice(1).map((timeS, index) => timeS - (list[index] ?? 0));
    expect(Math.min(...gaps(starts({ clock: newYork })))).toBeGreaterThanOrEqual(GAP_S);
    expect(Math.min(...gaps(starts({ rules: EVENTSIM_RULES })))).toBeLessThan(GAP_S);
    // Not even eventsim goes back in time.
    expect(Math.min(...gaps(starts({ rules: EVENTSIM_RULES })))).toBeGreaterThanOrEqual(0);
  });

  it("error 9: the day has its peak at the same hour of the place; eventsim's at the same UTC hour everywhere", () => {
    // The warp gathers what lies around 15 o'clock.
    expect(Math.abs(peakHour(starts({ weekend: 0 })) - 15)).toBeLessThan(0.7);
    const local = starts({ weekend: 0, clock: newYork });
    expect(Math.abs(peakHour(local) - 19.6)).toBeLessThan(1);
    expect(Math.abs(peakHour(local, newYork) - 15)).toBeLessThan(0.7);
  });

  it("follows the hour of the place through the changes of its clock", () => {
    const local = starts({ weekend: 0, clock: newYork, daily: 0.15 });
    const ofMonth = (month: number) => local.filter((timeS) => new Date(timeS * 1000).getUTCMonth() === month);
    const [winter, summer] = [ofMonth(0), ofMonth(6)].map((list) => peakHour(list));
    expect(Math.abs((winter ?? 0) - (summer ?? 0) - 1)).toBeLessThan(0.5);
  });

  it("is rarer at weekends by the weekend's damping", () => {
    const weekendShare = (list: readonly number[]) =>
      list.filter((timeS) => [0, 6].includes(new Date(timeS * 1000).getUTCDay())).length / list.length;
    expect(weekendShare(starts({ weekend: 0 }))).toBeCloseTo(2 / 7, 1);
    const damped = weekendShare(starts({}));
    expect(damped).toBeGreaterThan(0.14);
    expect(damped).toBeLessThan(0.2);
  });

  /** Hours after the midnight of a day, by the clock, in which sessions begin where free days are damped altogether. */
  function hoursAround(day: string, options: Options): number[] {
    const clock = options.clock ?? UTC_CLOCK;
    const midnightS = Date.parse(`${day}T00:00:00Z`) / 1000;
    const list = starts({ daily: 0, weekend: 1, betaS: 600, startS: midnightS - 2 * DAY_S, sessions: 400, ...options });
    return list.map((timeS) => (timeS + clock(timeS) - midnightS) / HOUR_S);
  }

  it("is damped on a holiday in the middle of the week, with the ramps of a weekend, by the days of the place", () => {
    for (const clock of [UTC_CLOCK, newYork]) {
      // Independence Day, a Thursday: nobody from 3 to 21 o'clock, half of all at both midnights.
      const users = Array.from({ length: 300 }, (_, user) => hoursAround("2024-07-04", { clock, user, sessions: 110 }));
      const within = (from: number, to: number) => users.flat().filter((hour) => hour >= from && hour < to).length;
      expect(within(3, 21)).toBe(0);
      const ordinary = within(-13, -3) / 10;
      const kept = [-3, -1, 0, 2, 21, 23, 24, 26].map((hour) => within(hour, hour + 1) / ordinary);
      // The middle of each hour on ramps of six hours that begin and end three hours off midnight.
      const expected = [5.5, 3.5, 2.5, 0.5, 0.5, 2.5, 3.5, 5.5].map((hours) => hours / 6);
      kept.forEach((share, index) => {
        expect(Math.abs(share - (expected[index] as number))).toBeLessThan(0.17);
      });
    }
  });

  it("is damped on holidays that eventsim does not know, but not in compat mode", () => {
    const during = (rules: typeof OUR_RULES) =>
      hoursAround("2024-06-19", { rules }).filter((hour) => hour > 3 && hour < 21).length;
    expect(during(OUR_RULES)).toBe(0);
    expect(during(EVENTSIM_RULES)).toBeGreaterThan(10);
    const independenceDay = hoursAround("2024-07-04", { rules: EVENTSIM_RULES });
    expect(independenceDay.filter((hour) => hour > 3 && hour < 21)).toEqual([]);
  });

  it("lies within one beta before the start at the earliest, for those who are there from the beginning", () => {
    const times = timesOf({ weekend: 0 });
    const random = new Random(1, 9, 3);
    const betaS = 5 * DAY_S;
    const firsts = Array.from({ length: 4000 }, () => times.first(START_S, betaS, UTC_CLOCK, random));
    expect(Math.min(...firsts)).toBeGreaterThanOrEqual(START_S - betaS);
    // The process is steady: in the beta before the start lie the first sessions of all but exp(-1) of the users.
    const before = firsts.filter((timeS) => timeS < START_S).length / firsts.length;
    expect(Math.abs(before - (1 - Math.exp(-1)))).toBeLessThan(0.05);
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
