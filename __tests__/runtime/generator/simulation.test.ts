import { createNullSink } from "../../../runtime/generator/sinks/null-sink";
import { EVENTS } from "../../../runtime/schema/events";
import { validatorOf } from "../../../runtime/schema/validator";
import { BUILT_IN, bySession, configurationWith, generateInto, START_S, simulate, type WireEvent } from "./simulate";

const USERS = 60;
/** Session ids are the user id and six digits. */
const userOf = (event: WireEvent) => Math.floor(event.sessionId / 1_000_000);
const pairs = <T>(list: readonly T[]) => list.slice(1).map((item, index) => [list[index] as T, item] as const);

describe("the simulated events", () => {
  // Twelve times as many users after a year: enough join within three weeks.
  const events = simulate({ users: USERS, days: 21, configuration: { ...BUILT_IN, growthRate: 12 } });

  it("pass the schema's validator, every one, with an id of their own", () => {
    const validators = new Map(EVENTS.map((event) => [event.topic as string, validatorOf(event)]));
    expect(events.filter((event) => validators.get(event.topic)?.validate(event).length !== 0)).toEqual([]);
    expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
  });

  it("hold the fields of their definition, and no others", () => {
    const known = new Map(
      EVENTS.map(({ topic, fields }) => [topic as string, new Set<string>(fields.map((f) => f.wire))]),
    );
    const found = new Map(EVENTS.map(({ topic }) => [topic as string, new Set<string>()]));
    for (const { topic, key, ...fields } of events) for (const name of Object.keys(fields)) found.get(topic)?.add(name);
    expect(found).toEqual(known);
  });

  it("come in all four kinds, with upgrades to paid", () => {
    for (const { topic } of EVENTS) expect(events.filter((event) => event.topic === topic).length).toBeGreaterThan(5);
    const upgrades = events.filter((event) => event.topic === "status_change_events" && event.level === "paid");
    expect(upgrades.length).toBeGreaterThan(0);
  });

  it("stand in the order of time over all users", () => {
    expect(pairs(events).filter(([before, after]) => after.ts < before.ts)).toEqual([]);
    expect(events[0]?.ts).toBeGreaterThanOrEqual(START_S * 1000);
  });

  it("are keyed by user id, or by session id where the user is not shown", () => {
    expect(events.filter((event) => event.key !== String(event.userId ?? event.sessionId))).toEqual([]);
    expect(events.some((event) => event.userId === undefined)).toBe(true);
  });

  it("show the user only where show-user-details says so", () => {
    const shown = new Map(BUILT_IN.machine.states.map((state) => [state.auth, state.showsUser]));
    const wrong = events.filter(({ auth, userId }) => auth !== undefined && (userId !== undefined) !== shown.get(auth));
    expect(wrong).toEqual([]);
  });

  it("count the pages of a session without a gap", () => {
    const steps = bySession(events).flatMap(pairs);
    expect(steps.filter(([before, after]) => after.itemInSession !== before.itemInSession + 1)).toEqual([]);
  });

  it("keep the least gap between two sessions of a user", () => {
    const sessions = bySession(events).sort((a, b) => (a[0]?.sessionId ?? 0) - (b[0]?.sessionId ?? 0));
    let compared = 0;
    for (const [before, after] of pairs(sessions)) {
      const [last, first] = [before.at(-1), after[0]];
      if (last === undefined || first === undefined || userOf(last) !== userOf(first)) continue;
      expect(first.ts - last.ts).toBeGreaterThanOrEqual(BUILT_IN.sessionGapS * 1000);
      compared++;
    }
    expect(compared).toBeGreaterThan(USERS);
  });

  it("follow a redirect after exactly one second", () => {
    const gaps = bySession(events).flatMap((session) =>
      pairs(session)
        .filter(([before]) => before.status === 307)
        .map(([before, after]) => after.ts - before.ts),
    );
    expect(gaps.length).toBeGreaterThan(50);
    expect(new Set(gaps)).toEqual(new Set([1000]));
  });

  it("begin the next song when the last one has ended, never earlier", () => {
    const waits = bySession(events, "listen_events")
      .flatMap(pairs)
      .map(([before, after]) => after.ts - before.ts - Math.floor(before.duration ?? 0) * 1000);
    expect(waits.filter((waitMs) => waitMs < 0)).toEqual([]);
    expect(waits.filter((waitMs) => waitMs === 0).length).toBeGreaterThan(1000);
  });

  it("never come before the user's registration, and none registers twice", () => {
    const shown = events.filter((event) => event.userId !== undefined);
    expect(shown.filter((event) => event.ts < (event.registration ?? 0))).toEqual([]);
    const registrations = new Set(shown.map((event) => `${event.userId} ${event.registration}`));
    expect(registrations.size).toBe(new Set(shown.map((event) => event.userId)).size);
    const duringTheRun = shown.filter((event) => (event.registration ?? 0) >= START_S * 1000);
    expect(duringTheRun.length).toBeGreaterThan(0);
  });

  it("give one auth event for each attempt to log in, with its outcome", () => {
    const attempts = bySession(events).flatMap((session) =>
      pairs(session).flatMap(([before, after]) => (before.page === "Login" ? [after] : [])),
    );
    const auths = events.filter((event) => event.topic === "auth_events");
    const place = (event: WireEvent) => `${event.sessionId} ${event.itemInSession}`;
    expect(auths.map(place).sort()).toEqual(attempts.map(place).sort());
    const outcomes = new Map(attempts.map((event) => [place(event), event.auth === "Logged In"]));
    expect(auths.filter((auth) => auth.success !== outcomes.get(place(auth)))).toEqual([]);
  });

  it("give a status change with the new level exactly where level or membership change", () => {
    const member = (event: WireEvent) => (event.auth === "Guest" || event.auth === "Cancelled" ? event.auth : "member");
    const changes = bySession(events).flatMap((session) =>
      pairs(session)
        .filter(([before, after]) => before.level !== after.level || member(before) !== member(after))
        .map(([, after]) => `${after.sessionId} ${after.itemInSession} ${after.level} ${after.auth}`),
    );
    const written = events
      .filter((event) => event.topic === "status_change_events")
      .map((event) => `${event.sessionId} ${event.itemInSession} ${event.level} ${event.auth}`);
    expect(written.sort()).toEqual(changes.sort());
    expect(written.length).toBeGreaterThan(10);
  });

  it("end for good with the cancellation", () => {
    const leaving = configurationWith((file) => {
      for (const transition of file.transitions) if (transition.dest.page === "Cancel") transition.p = 0.07;
    });
    const all = simulate({ users: 100, days: 21, configuration: leaving });
    const gone = new Map<number, number>();
    const risen: WireEvent[] = [];
    for (const event of all) {
      if (event.sessionId > (gone.get(userOf(event)) ?? Number.POSITIVE_INFINITY)) risen.push(event);
      if (event.auth === "Cancelled") gone.set(userOf(event), event.sessionId);
    }
    expect(risen).toEqual([]);
    expect(gone.size).toBeGreaterThan(0);
  });
});

describe("chance", () => {
  const bytes = (seed: number) => JSON.stringify(simulate({ seed, users: 20, days: 7 }));

  it("gives the same bytes for the same seed, and others for another", () => {
    expect(bytes(1)).toBe(bytes(1));
    expect(bytes(2)).not.toBe(bytes(1));
  });

  it("gives a user the same events alone and among others", () => {
    const fifth = (events: readonly WireEvent[]) => events.filter((event) => userOf(event) === 5);
    const among = fifth(simulate({ users: 40, days: 14 }));
    const alone = fifth(simulate({ users: 1, days: 14, configuration: { ...BUILT_IN, firstUserId: 5 } }));
    expect(alone.length).toBeGreaterThan(10);
    expect(alone).toEqual(among);
  });

  it("numbers the users from first-user-id on, those who join included", () => {
    const growing = simulate({
      users: 50,
      days: 15,
      configuration: { ...BUILT_IN, firstUserId: 1000, growthRate: 12 },
    });
    const ids = [...new Set(growing.map(userOf))].sort((a, b) => a - b);
    expect(ids[0]).toBeGreaterThanOrEqual(1000);
    expect(ids.at(-1)).toBeGreaterThanOrEqual(1055);
    expect(ids.at(-1)).toBeLessThan(1100);
  });

  it("ends where growth is tiny: nobody joins, and nobody is waited for", () => {
    const one = simulate({ users: 1, days: 7, configuration: { ...BUILT_IN, growthRate: 1e-12 } });
    expect(new Set(one.map(userOf))).toEqual(new Set([1]));
  });
});

describe("generate", () => {
  it("stops after exactly the events asked for, all topics together", async () => {
    const sink = createNullSink();
    const generated = await generateInto(sink, { events: 12_345, days: 365 });
    expect(generated.ending).toBe("events");
    expect(sink.counts.generated).toBe(12_345);
    expect(Object.values(sink.counts.byTopic).reduce((a, b) => a + b)).toBe(12_345);
  });

  it("sends one topic's records only, the very same, where a topic is given", async () => {
    const keys: string[] = [];
    const sink = {
      ...createNullSink(),
      write: (topic: string, _key: string, value: string | Uint8Array, start?: number, end?: number) => {
        keys.push(`${topic} ${Buffer.from(value.slice(start, end) as Uint8Array).toString()}`);
        return undefined;
      },
    };
    await generateInto(sink, { users: 30, days: 7 }, "auth_events");
    const ids = simulate({ users: 30, days: 7 })
      .filter((event) => event.topic === "auth_events")
      .map((event) => event.eventId);
    expect(keys.map((line) => (JSON.parse(line.slice("auth_events ".length)) as WireEvent).eventId)).toEqual(ids);
  });

  it("waits where the sink is full", async () => {
    let waiting = false;
    let writes = 0;
    const sink = {
      ...createNullSink(),
      write: () => {
        expect(waiting).toBe(false);
        writes++;
        waiting = true;
        return new Promise<void>((resolve) =>
          setImmediate(() => {
            waiting = false;
            resolve();
          }),
        );
      },
    };
    await generateInto(sink, { events: 50 });
    expect(writes).toBe(50);
  });
});
