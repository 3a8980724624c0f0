import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import { type Incidents, NO_INCIDENTS } from "../../../../runtime/generator/incidents/incidents";
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
} from "../simulate";

const userOf = (event: WireEvent) => Math.floor(event.sessionId / 1_000_000);
const share = <T>(list: readonly T[], is: (item: T) => boolean) => list.filter(is).length / list.length;

describe("devices", () => {
  const configuration = { ...BUILT_IN, betaS: DAY_S / 2 };
  const agents = (eventsimCompat: boolean) => {
    const sessions = bySession(simulate({ users: 30, days: 6, configuration, eventsimCompat }));
    const byUser = new Map<number, string[]>();
    for (const [first, ...others] of sessions) {
      if (first === undefined) continue;
      expect(others.filter(({ userAgent }) => userAgent !== first.userAgent)).toEqual([]);
      byUser.set(userOf(first), [...(byUser.get(userOf(first)) ?? []), first.userAgent]);
    }
    return [...byUser.values()];
  };

  it("are one to three a user, one a session", () => {
    const users = agents(false).filter((list) => list.length > 4);
    const devices = users.map((list) => new Set(list).size);
    expect(new Set(devices)).toEqual(new Set([1, 2, 3]));
    // The first device is the one most used.
    const most = users.filter((list) => new Set(list).size > 1);
    const first = most.map((list) => Math.max(...list.map((one) => share(list, (other) => other === one))));
    expect(first.reduce((a, b) => a + b) / first.length).toBeGreaterThan(0.55);
  });

  it("are one a user in eventsim's way", () => {
    expect(agents(true).filter((list) => new Set(list).size > 1)).toEqual([]);
  });
});

describe("shards", () => {
  it("give together what the whole gives, event for event, whoever joins and leaves", () => {
    const configuration = { ...BUILT_IN, growthRate: 12, attritionRate: 3, firstUserId: 100 };
    const options = { users: 16, days: 10, configuration };
    const texts = (events: readonly WireEvent[]) => events.map((event) => JSON.stringify(event));
    const whole = texts(simulate(options)).sort();
    const parts = [1, 2, 3].map((index) => simulationOfTest({ ...options, shard: { index, count: 3 } }));
    const events = parts.map(eventsOf);
    events.forEach((list, shard) => {
      expect(list.length).toBeGreaterThan(100);
      expect(list.filter((event) => (userOf(event) - 100) % 3 !== shard)).toEqual([]);
    });
    expect(events.flatMap(texts).sort()).toEqual(whole);
    const all = simulationOfTest(options);
    drain(all);
    expect(parts.reduce((sum, { users }) => sum + users, 0)).toBe(all.users);
    expect(parts.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(all.sessions);
  });
});

describe("a visit's second", () => {
  it("is told before the visit, and asking changes nothing", () => {
    const options = { users: 20, days: 5, configuration: { ...BUILT_IN, growthRate: 20 } };
    const asked = simulationOfTest(options);
    const events: string[] = [];
    for (let count = 1; count > 0; ) {
      const nextS = asked.nextS();
      expect(asked.nextS()).toBe(nextS);
      count = asked.visit();
      if (count === 0) expect(nextS).toBe(Number.POSITIVE_INFINITY);
      else expect(asked.nowS).toBe(nextS);
      for (const { bytes, start, end } of asked.events.slice(0, count)) {
        events.push((JSON.parse(Buffer.from(bytes.subarray(start, end)).toString()) as WireEvent).eventId);
      }
    }
    expect(events).toEqual(simulate(options).map((event) => event.eventId));
  });
});

describe("sessions whose pages take no time", () => {
  /** From Home everything leads to Home again, but for next to nothing. */
  const endless = configurationWith((file) => {
    const fromHome = file.transitions.filter(({ source }) => source.page === "Home");
    const homes = new Map(fromHome.map(({ source }) => [JSON.stringify(source), source]));
    for (const transition of fromHome) transition.p *= 1e-9;
    file.transitions = file.transitions.filter(
      ({ source, dest }) => source.page !== "Home" || JSON.stringify(source) !== JSON.stringify(dest),
    );
    for (const source of homes.values()) file.transitions.push({ source, dest: source, p: 1 - 1e-8 });
    file["new-session"] = file["new-session"].filter(({ page }) => page === "Home");
  });

  it("still let the time go on, at 128 pages a second", () => {
    const simulation = simulationOfTest({ users: 2, days: 1, configuration: { ...endless, alphaS: 0.001, betaS: 60 } });
    const fromS = simulation.nextS();
    let visits = 0;
    while (visits < 50_000 && simulation.visit() > 0) visits++;
    expect(simulation.nowS - fromS).toBeGreaterThanOrEqual(Math.floor(visits / 2 / 128) - 1);
  });

  it("do not keep the beginning waiting, where they began long before it", () => {
    const configuration = { ...endless, alphaS: 0.001, betaS: 1e8 };
    const simulation = simulationOfTest({ users: 20, days: 1, configuration });
    expect(simulation.nextS()).toBeGreaterThanOrEqual(START_S);
  });
});

describe("songs", () => {
  it("are the neighbours of the last one where the catalogue knows them; the first of a session is any", () => {
    const catalog = syntheticCatalog(7);
    const { songs } = catalog;
    const next = (song: number) => (song < 0 ? 17 : (song + 1) % songs.size);
    const titles = new Map(
      Array.from({ length: songs.size }, (_, song) => {
        const { artist, song: title } = JSON.parse(`{${Buffer.from(songs.bytesOf(song)).toString()}}`);
        return [`${artist}\n${title}`, song];
      }),
    );
    const ordered = Object.assign(Object.create(songs), { drawAfter: next }) as typeof songs;
    const events = simulate({ users: 20, days: 7, catalog: { ...catalog, songs: ordered } });
    // What was played before the run nobody has seen.
    const whole = new Set(events.filter((event) => event.itemInSession === 0).map((event) => event.sessionId));
    const inRun = events.filter((event) => whole.has(event.sessionId));
    const sessions = bySession(inRun, "listen_events").map((session) =>
      session.map(({ artist, song }) => titles.get(`${artist}\n${song}`)),
    );
    expect(sessions.length).toBeGreaterThan(20);
    for (const session of sessions) expect(session).toEqual(session.map((_, index) => 17 + index));
  });
});

describe("a tag", () => {
  it("stands in every event that shows the user, and in no other", () => {
    const events = simulate({ users: 20, days: 7, configuration: { ...BUILT_IN, tag: 'group "B"' } });
    expect(events.filter(({ tag, userId }) => tag !== (userId === undefined ? undefined : 'group "B"'))).toEqual([]);
    expect(events.some(({ userId }) => userId === undefined)).toBe(true);
  });
});

describe("incidents", () => {
  const [fromS, toS] = [START_S + 4 * DAY_S, START_S + 6 * DAY_S];
  const within = (event: WireEvent) => event.ts >= fromS * 1000 && event.ts < toS * 1000;
  const during = (change: Partial<Incidents>): Incidents => ({ ...NO_INCIDENTS, firstS: fromS, lastS: toS, ...change });
  const at = (timeS: number) => timeS >= fromS && timeS < toS;

  it("silence a region: nobody there is seen until its end, sessions are cut and ids stay in order", () => {
    const options = { users: 50, days: 8, configuration: { ...BUILT_IN, betaS: 3 * DAY_S } };
    const silent = (state: string) => state === "CA" || state === "TX" || state === "NY";
    const incidents = during({ silentUntilS: (state, timeS) => (silent(state) && at(timeS) ? toS : undefined) });
    const usual = simulate(options);
    const events = simulate({ ...options, incidents });
    expect(usual.filter((event) => within(event) && silent(event.state)).length).toBeGreaterThan(100);
    expect(events.filter((event) => within(event) && silent(event.state))).toEqual([]);
    const after = events.filter((event) => event.ts >= toS * 1000 && silent(event.state));
    expect(after.length).toBeGreaterThan(100);
    // Who lives elsewhere notices nothing.
    const elsewhere = (list: readonly WireEvent[]) =>
      list.filter((event) => !silent(event.state)).map(({ eventId, ts }) => `${eventId} ${ts}`);
    expect(elsewhere(events).join()).toBe(elsewhere(usual).join());
    expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
    // Nobody registers twice.
    const shown = events.filter((event) => event.userId !== undefined);
    const registrations = new Set(shown.map((event) => `${event.userId} ${event.registration}`));
    expect(registrations.size).toBe(new Set(shown.map((event) => event.userId)).size);
    for (const session of bySession(events)) {
      const first = session[0]?.itemInSession ?? 0;
      expect(session.map((event) => event.itemInSession - first)).toEqual(session.map((_, item) => item));
      expect(session.filter((event) => event.ts < (event.registration ?? 0))).toEqual([]);
    }
  });

  it("lose nobody by a silence without end but those who live there", () => {
    const incidents = during({
      lastS: Number.POSITIVE_INFINITY,
      silentUntilS: (state, timeS) => (state === "CA" && timeS >= fromS ? Number.POSITIVE_INFINITY : undefined),
    });
    const events = simulate({ users: 100, days: 10, incidents });
    expect(events.filter((event) => event.ts >= fromS * 1000 && event.state === "CA")).toEqual([]);
    expect(events.filter((event) => event.ts >= fromS * 1000).length).toBeGreaterThan(100);
  });

  it("multiply errors while they last", () => {
    const incidents = during({ errorFactorAt: (timeS) => (at(timeS) ? 30 : 1) });
    const options = { users: 100, days: 7, configuration: { ...BUILT_IN, betaS: 2 * DAY_S } };
    const errors = (list: readonly WireEvent[]) => share(list, (event) => (event.status ?? 0) >= 400);
    const pages = simulate({ ...options, incidents }).filter((event) => event.page !== undefined);
    const usual = errors(pages.filter((event) => event.ts < fromS * 1000));
    const more = errors(pages.filter((event) => within(event) && event.itemInSession > 0)) / usual;
    expect(more).toBeGreaterThan(12);
    expect(more).toBeLessThan(40);
  });

  it("give a viral song its share of all that is played", () => {
    const incidents = during({ viralSongAt: (timeS) => (at(timeS) ? { song: 5_000, share: 0.3 } : undefined) });
    const catalog = syntheticCatalog(7);
    const { song } = JSON.parse(`{${Buffer.from(catalog.songs.bytesOf(5_000)).toString()}}`) as { song: string };
    const listens = simulate({ users: 80, days: 8, catalog, incidents }).filter((e) => e.topic === "listen_events");
    const viral = share(listens.filter(within), (event) => event.song === song);
    expect(Math.abs(viral - 0.3)).toBeLessThan(0.05);
    expect(
      share(
        listens.filter((event) => event.ts < fromS * 1000),
        (event) => event.song === song,
      ),
    ).toBeLessThan(0.01);
  });
});
