import {
  BUILT_IN,
  bySession,
  configurationWith,
  DAY_S,
  drain,
  eventsOf,
  START_S,
  simulate,
  simulationOfTest,
  type WireEvent,
} from "./simulate";

/** Session ids are the user id and six digits. */
const userOf = (event: WireEvent) => Math.floor(event.sessionId / 1_000_000);
const usersOf = (events: readonly WireEvent[]) => new Set(events.map(userOf));
const pairs = <T>(list: readonly T[]) => list.slice(1).map((item, index) => [list[index] as T, item] as const);
const endS = (days: number) => START_S + days * DAY_S;

/**
 * What eventsim gets wrong in its walk (numbers of docs/generator.md), that ours does not, and that compat mode repeats
 * it where it changes statistics. The others are tested where they were made: dates and continuous mode with the
 * options and the runner, gaps, hours and text with session times and the catalogue, delivery with Kafka.
 */
describe("eventsim's errors", () => {
  /** Two weeks by our rules and by eventsim's. */
  const [ours, compat] = [false, true].map((eventsimCompat) => simulate({ users: 130, days: 14, eventsimCompat }));

  it("2: attrition is the yearly rate, not a billion times as much by a missing pair of parentheses", () => {
    const [days, betaS] = [60, 2 * DAY_S];
    const left = (attritionRate: number, eventsimCompat = false, users = 100) => {
      const configuration = { ...BUILT_IN, betaS, attritionRate };
      const simulation = simulationOfTest({ users, days, configuration, eventsimCompat });
      drain(simulation);
      return simulation.usersLeft / users;
    };
    // Some cancel; of the others e^(-rate * years) stay, and a few who have not been there for long.
    const stay = left(4, false, 250) / left(0, false, 250);
    expect(Math.abs(stay - Math.exp((-4 * days) / 365.25))).toBeLessThan(0.1);
    // Everybody leaves at the end of the first session, at any rate.
    const configuration = { ...BUILT_IN, betaS, attritionRate: 1e-6 };
    const gone = simulate({ users: 30, days: 14, configuration, eventsimCompat: true });
    expect(Math.max(...gone.map((event) => event.sessionId % 1_000_000))).toBe(0);
    expect(left(1e-6, true)).toBeLessThan(0.1);
    expect(left(1e-6)).toBeGreaterThan(0.9);
  });

  it("3: growth adds nobody past the end, and ends where the rate is tiny", () => {
    const grown = simulationOfTest({ users: 100, days: 14, configuration: { ...BUILT_IN, growthRate: 12 } });
    const events = eventsOf(grown);
    const newcomers = events.filter((event) => userOf(event) > 100);
    const registered = newcomers.flatMap(({ registration }) => (registration === undefined ? [] : [registration]));
    expect(registered.length).toBeGreaterThan(0);
    expect(Math.max(...registered)).toBeLessThan(endS(14) * 1000);
    // 100 * (e^(12 * 14 / 365.25) - 1) = 58 are expected.
    expect(Math.abs(grown.users - 158)).toBeLessThan(4 * Math.sqrt(90));
    for (const growthRate of [1e-300, 1e-12, Number.MIN_VALUE]) {
      const tiny = simulationOfTest({ users: 1, days: 7, configuration: { ...BUILT_IN, growthRate } });
      drain(tiny);
      expect(tiny.users).toBe(1);
    }
  });

  it("4: the first user's id is the one that is given, not the number of users and one more", () => {
    for (const firstUserId of [0, 1, 7_000]) {
      const users = [...usersOf(simulate({ users: 30, days: 14, configuration: { ...BUILT_IN, firstUserId } }))];
      expect(Math.min(...users)).toBeLessThan(firstUserId + 5);
      expect(Math.min(...users)).toBeGreaterThanOrEqual(firstUserId);
      expect(Math.max(...users)).toBeLessThanOrEqual(firstUserId + 29);
    }
  });

  it("5: an attempt to log in gives one auth event; eventsim repeats it after each redirect", () => {
    const perAttempt = (events: readonly WireEvent[] = []) => {
      const auths = events.filter((event) => event.topic === "auth_events").length;
      const attempts = bySession(events)
        .flatMap(pairs)
        .filter(([before]) => before.page === "Login").length;
      expect(attempts).toBeGreaterThan(50);
      return auths / attempts;
    };
    expect(perAttempt(ours)).toBe(1);
    expect(perAttempt(compat)).toBeGreaterThan(1.02);
  });

  it("6: a status change carries the level that begins, not the one that ends", () => {
    /** The changes of level, with the page on which each is written and the level of the page after it. */
    const changes = (events: readonly WireEvent[] = []) => {
      const place = ({ sessionId, itemInSession }: WireEvent, after = 0) => `${sessionId} ${itemInSession + after}`;
      const pages = new Map(events.filter(({ page }) => page !== undefined).map((event) => [place(event), event]));
      return events
        .filter((event) => event.topic === "status_change_events")
        .map((event) => ({
          written: event.level,
          page: pages.get(place(event)),
          before: pages.get(place(event, -1)),
          after: pages.get(place(event, 1)),
        }))
        .filter(({ before, page, after }) => (after ?? page)?.level !== before?.level);
    };
    // eventsim writes it on the page that asks for the change, where the old level still holds.
    const theirs = changes(compat);
    expect(theirs.length).toBeGreaterThan(3);
    expect(theirs.filter(({ written, before }) => written !== before?.level)).toEqual([]);
    const mended = changes(ours).filter(({ page, before }) => page?.level !== before?.level);
    expect(mended.length).toBeGreaterThan(3);
    expect(mended.filter(({ written, page, before }) => written !== page?.level || written === before?.level)).toEqual(
      [],
    );
  });

  it("7: no event comes before its user's registration; eventsim's newcomers begin before they have joined", () => {
    const events = simulate({ users: 100, days: 14, configuration: { ...BUILT_IN, growthRate: 12 } });
    const shown = events.filter((event) => event.registration !== undefined);
    expect(usersOf(events.filter((event) => userOf(event) > 100)).size).toBeGreaterThan(20);
    expect(shown.filter((event) => event.ts < (event.registration ?? 0))).toEqual([]);
  });

  it("13: who has gone for good waits nowhere, and every event has a time", () => {
    const configuration = configurationWith((file) => {
      for (const transition of file.transitions) if (transition.dest.page === "Cancel") transition.p = 0.07;
    });
    const simulation = simulationOfTest({ users: 100, days: 21, configuration });
    const before = simulation.usersLeft;
    const events = eventsOf(simulation);
    const gone = usersOf(events.filter(({ auth }) => auth === "Cancelled"));
    expect(gone.size).toBeGreaterThan(5);
    expect(simulation.usersLeft).toBe(before - gone.size);
    expect(events.filter(({ ts }) => !(ts >= START_S * 1000 && ts < endS(21) * 1000))).toEqual([]);
  });
});
