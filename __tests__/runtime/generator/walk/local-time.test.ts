import { localClock, UTC_CLOCK } from "../../../../runtime/generator/walk/local-time";

const place = (state: string, longitudeDeg: number, latitudeDeg = 40) => ({
  city: "X",
  state,
  zip: "00000",
  longitudeDeg,
  latitudeDeg,
});
const at = (time: string) => Date.parse(time) / 1000;
const hours = (clock: (timeS: number) => number, time: string) => clock(at(time)) / 3600;

describe("the clock of a place", () => {
  it("is that of its state, daylight saving included", () => {
    const newYork = localClock(place("NY", -74));
    expect([hours(newYork, "2025-01-15T12:00:00Z"), hours(newYork, "2025-07-15T12:00:00Z")]).toEqual([-5, -4]);
    const phoenix = localClock(place("AZ", -112));
    expect([hours(phoenix, "2025-01-15T12:00:00Z"), hours(phoenix, "2025-07-15T12:00:00Z")]).toEqual([-7, -7]);
  });

  it("changes at the very second", () => {
    // 49 U.S.C. 260a: at two o'clock of the second Sunday of March and the first of November.
    for (const [clock, spring, autumn, winter] of [
      [localClock(place("NY", -74)), "2024-03-10T07:00:00Z", "2024-11-03T06:00:00Z", -5],
      [localClock(place("CA", -118)), "2031-03-09T10:00:00Z", "2031-11-02T09:00:00Z", -8],
      // Before 1987 it began on the last Sunday of April.
      [localClock(place("IL", -88)), "1975-02-23T08:00:00Z", "1975-10-26T07:00:00Z", -6],
    ] as const) {
      expect([clock(at(spring) - 1), clock(at(spring))]).toEqual([winter * 3600, (winter + 1) * 3600]);
      expect([clock(at(autumn) - 1), clock(at(autumn))]).toEqual([(winter + 1) * 3600, winter * 3600]);
    }
  });

  it("goes back and forth in time without learning anything wrong", () => {
    const clock = localClock(place("CO", -105));
    const years = Array.from({ length: 60 }, (_, index) => 1970 + ((index * 37) % 130));
    expect(new Set(years.map((year) => hours(clock, `${year}-01-15T00:00:00Z`)))).toEqual(new Set([-7]));
    // 1974 and 1975 began daylight saving early (the oil crisis).
    const summers = years.filter((year) => year > 1975).map((year) => hours(clock, `${year}-07-01T00:00:00Z`));
    expect(new Set(summers)).toEqual(new Set([-6]));
  });

  it("is that of the part of a state with two time zones", () => {
    const winter = (state: string, longitudeDeg: number, latitudeDeg: number) =>
      hours(localClock(place(state, longitudeDeg, latitudeDeg)), "2025-01-15T12:00:00Z");
    // Miami and Pensacola, Houston and El Paso, Memphis and Knoxville, Boise and Lewiston, Louisville and Paducah,
    // Indianapolis, Gary and Evansville, Omaha and Scottsbluff, Sioux Falls and Rapid City, Fargo, Dickinson, Williston.
    expect([winter("FL", -80.2, 25.8), winter("FL", -87.2, 30.4)]).toEqual([-5, -6]);
    expect([winter("TX", -95.4, 29.8), winter("TX", -106.5, 31.8)]).toEqual([-6, -7]);
    expect([winter("TN", -90, 35.1), winter("TN", -83.9, 36)]).toEqual([-6, -5]);
    expect([winter("ID", -116.2, 43.6), winter("ID", -117, 46.4)]).toEqual([-7, -8]);
    expect([winter("KY", -85.8, 38.3), winter("KY", -88.6, 37.1)]).toEqual([-5, -6]);
    expect([winter("IN", -86.2, 39.8), winter("IN", -87.3, 41.6), winter("IN", -87.6, 38)]).toEqual([-5, -6, -6]);
    expect([winter("NE", -96, 41.3), winter("NE", -103.7, 41.9)]).toEqual([-6, -7]);
    expect([winter("SD", -96.7, 43.5), winter("SD", -103.2, 44.1)]).toEqual([-6, -7]);
    expect([winter("ND", -96.8, 46.9), winter("ND", -102.8, 46.9), winter("ND", -103.6, 48.1)]).toEqual([-6, -7, -6]);
  });

  it("goes by the longitude where the state is none of ours, and is UTC in eventsim's way", () => {
    expect(hours(localClock(place("GU", 144.8)), "2025-01-15T12:00:00Z")).toBe(10);
    expect(UTC_CLOCK(at("2025-07-15T12:00:00Z"))).toBe(0);
  });
});
