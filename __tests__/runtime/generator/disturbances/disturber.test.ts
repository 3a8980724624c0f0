import fc from "fast-check";
import {
  type DisturbanceCounts,
  type DisturbanceRates,
  Disturber,
  disturbs,
} from "../../../../runtime/generator/disturbances/disturber";
import { drainPaced, FIRST_S, type Planned, plannedEvents, RememberingSink, takeAll } from "./disturbed-events";

const NONE: DisturbanceRates = { late: 0, lateMaxS: 600, duplicate: 0, malformed: 0 };
const HUNDREDTH = 0.01;

/** Everything that the events become, in order. */
async function disturbed(
  events: readonly Planned[],
  rates: Partial<DisturbanceRates>,
  options: { seed?: number; everySecond?: boolean; fullEvery?: number; heldBytesMax?: number } = {},
) {
  const { seed = 7, everySecond = false, fullEvery, ...limits } = options;
  const sink = new RememberingSink(fullEvery);
  const disturber = new Disturber({ rates: { ...NONE, ...rates }, seed, sink, ...limits });
  await takeAll(disturber, sink, events, everySecond);
  if (everySecond) await drainPaced(disturber, sink);
  else await disturber.drain();
  return { delivered: sink.delivered, counts: disturber.counts, disturber };
}

const recordsOf = (delivered: RememberingSink["delivered"]) =>
  delivered.map(({ topic, key, text }) => [topic, key, text]);
const sortedRecords = (delivered: RememberingSink["delivered"]) => recordsOf(delivered).map(String).sort();
const latin1 = (json: string) => Buffer.from(json).toString("latin1");

/** How often each event was delivered as it is; what is delivered beside that, counted. */
function deliveries(events: readonly Planned[], delivered: RememberingSink["delivered"]) {
  const times = new Map(events.map(({ json }) => [latin1(json), 0]));
  let others = 0;
  for (const { text } of delivered) {
    const before = times.get(text);
    if (before === undefined) others++;
    else times.set(text, before + 1);
  }
  return { times: [...times.values()], others };
}

function addedUp(counts: readonly DisturbanceCounts[]) {
  const sum = (of: (count: DisturbanceCounts) => number) => counts.reduce((total, count) => total + of(count), 0);
  const { events, late, duplicates, malformed } = {
    events: sum((count) => count.events),
    late: sum((count) => count.late),
    duplicates: sum((count) => count.duplicates),
    malformed: sum((count) => count.malformed),
  };
  return { events, late, duplicates, malformed };
}

const someRate = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
const someRates = fc.record({
  late: someRate,
  lateMaxS: fc.integer({ min: 1, max: 2_000 }),
  duplicate: someRate,
  malformed: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
});
const someSeed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const EVENTS_EACH = 150;
const someEvents = fc
  .record({ users: fc.integer({ min: 1, max: 12 }), gapS: fc.constantFrom(0, 1, 7, 90) })
  .map(({ users, gapS }) => plannedEvents(EVENTS_EACH, users, gapS));

describe("the disturber, whatever the rates, the seed and the delays", () => {
  test("delivers every event once, but for the malformed, and the repeated twice", async () => {
    await fc.assert(
      fc.asyncProperty(someEvents, someRates, someSeed, async (events, rates, seed) => {
        const { delivered, counts, disturber } = await disturbed(events, rates, { seed });
        const { times, others } = deliveries(events, delivered);
        expect(times.filter((count) => count === 0)).toHaveLength(counts.malformed);
        expect(times.filter((count) => count === 2)).toHaveLength(counts.duplicates);
        expect(times.filter((count) => count > 2)).toHaveLength(0);
        expect(others).toBe(counts.malformed);
        expect(delivered).toHaveLength(events.length + counts.duplicates);
        expect({ events: counts.events, holding: disturber.holding }).toEqual({ events: events.length, holding: 0 });
        expect(addedUp([counts])).toEqual(addedUp(Object.values(counts.byTopic) as unknown as DisturbanceCounts[]));
        expect(Object.values(counts.malformedBy).reduce((sum, count) => sum + count)).toBe(counts.malformed);
      }),
      { numRuns: 30 },
    );
  });

  test("gives the same after a stop anywhere and a start from what was saved", async () => {
    const cut = fc.integer({ min: 0, max: EVENTS_EACH });
    await fc.assert(
      fc.asyncProperty(someEvents, someRates, someSeed, cut, async (events, rates, seed, at) => {
        const whole = await disturbed(events, rates, { seed });
        const sink = new RememberingSink();
        const before = new Disturber({ rates, seed, sink });
        await takeAll(before, sink, events.slice(0, at));
        const saved = before.save();
        const after = Disturber.restore({ rates, seed, sink }, saved);
        expect(Buffer.compare(after.save(), saved)).toBe(0);
        expect(after.nextS).toBe(before.nextS);
        await takeAll(after, sink, events.slice(at));
        await after.drain();
        expect(recordsOf(sink.delivered)).toEqual(recordsOf(whole.delivered));
        expect(addedUp([before.counts, after.counts])).toEqual(addedUp([whole.counts]));
      }),
      { numRuns: 30 },
    );
  });

  test("does to the parts of the users what it does to the whole", async () => {
    const parts = fc.integer({ min: 2, max: 5 });
    await fc.assert(
      fc.asyncProperty(someEvents, someRates, someSeed, parts, async (events, rates, seed, count) => {
        const whole = await disturbed(events, rates, { seed });
        const shards = await Promise.all(
          Array.from({ length: count }, (_, index) =>
            disturbed(
              events.filter(({ userId }) => userId % count === index),
              rates,
              { seed },
            ),
          ),
        );
        const union = shards.flatMap(({ delivered }) => sortedRecords(delivered)).sort();
        expect(union).toEqual(sortedRecords(whole.delivered));
        expect(addedUp(shards.map(({ counts }) => counts))).toEqual(addedUp([whole.counts]));
      }),
      { numRuns: 30 },
    );
  });

  test("writes the same in the same order as fast as it goes, second by second, and into a sink that is full", async () => {
    const everyFew = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(someEvents, someRates, someSeed, everyFew, async (events, rates, seed, fullEvery) => {
        const fast = await disturbed(events, rates, { seed });
        const paced = await disturbed(events, rates, { seed, everySecond: true });
        const full = await disturbed(events, rates, { seed, fullEvery });
        expect(recordsOf(paced.delivered)).toEqual(recordsOf(fast.delivered));
        expect(recordsOf(full.delivered)).toEqual(recordsOf(fast.delivered));
      }),
      { numRuns: 30 },
    );
  });

  test("loses nothing where there is no room for what is late", async () => {
    const room = fc.integer({ min: 0, max: 20_000 });
    await fc.assert(
      fc.asyncProperty(someEvents, someRates, room, async (events, rates, heldBytesMax) => {
        const roomy = await disturbed(events, rates);
        const narrow = await disturbed(events, rates, { heldBytesMax });
        expect(sortedRecords(narrow.delivered)).toEqual(sortedRecords(roomy.delivered));
        expect({ ...addedUp([narrow.counts]) }).toEqual(addedUp([roomy.counts]));
        expect(roomy.counts.hurried).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});

describe("the disturber", () => {
  const events = plannedEvents(20_000, 40);
  const share = (count: number) => count / events.length;

  test("passes the events on as they are where all rates are 0, and is not needed then", async () => {
    const { delivered } = await disturbed(events.slice(0, 500), {});
    expect(delivered.map(({ text }) => text)).toEqual(events.slice(0, 500).map(({ json }) => latin1(json)));
    expect(disturbs(NONE)).toBe(false);
    for (const what of ["late", "duplicate", "malformed"] as const)
      expect(disturbs({ ...NONE, [what]: 0.1 })).toBe(true);
  });

  test("keeps to the rates, each for itself, and draws every way to be malformed equally", async () => {
    const { counts } = await disturbed(events, { late: 0.2, duplicate: 0.1, malformed: 0.05 });
    const wellFormed = 0.95;
    // Four deviations of a share of 20,000 are at most a hundredth.
    expect(Math.abs(share(counts.malformed) - 0.05)).toBeLessThan(HUNDREDTH);
    expect(Math.abs(share(counts.late) - 0.2 * wellFormed)).toBeLessThan(HUNDREDTH);
    expect(Math.abs(share(counts.duplicates) - 0.1 * wellFormed)).toBeLessThan(HUNDREDTH);
    const ways = Object.values(counts.malformedBy);
    for (const count of ways) {
      expect(Math.abs(count - counts.malformed / ways.length)).toBeLessThan(
        4 * Math.sqrt(counts.malformed / ways.length),
      );
    }
  });

  test("decides about lateness and repetition independently", async () => {
    const { delivered } = await disturbed(events, { late: 0.5, duplicate: 0.5 }, { everySecond: true });
    const isLate = new Map<string, boolean>();
    const times = new Map<string, number>();
    for (const { text, atS } of delivered) {
      if (!isLate.has(text)) isLate.set(text, atS * 1000 > JSON.parse(text).ts);
      times.set(text, (times.get(text) ?? 0) + 1);
    }
    const both = [...isLate].filter(([text, late]) => late && times.get(text) === 2).length;
    expect(Math.abs(share(both) - 0.25)).toBeLessThan(1.5 * HUNDREDTH);
  });

  test("delivers late events from one second to the most late, evenly, with their key", async () => {
    const { delivered, counts } = await disturbed(events, { late: 0.3, lateMaxS: 60 }, { everySecond: true });
    const delays = delivered.map(({ text, atS }) => atS - JSON.parse(text).ts / 1000).filter((delay) => delay !== 0);
    expect(delays).toHaveLength(counts.late);
    expect([Math.min(...delays), Math.max(...delays)]).toEqual([1, 60]);
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    expect(Math.abs(mean - 30.5)).toBeLessThan((4 * 17.3) / Math.sqrt(delays.length));
    expect(delivered.filter(({ key, text }) => JSON.parse(text).eventId.split("-")[1] !== key)).toEqual([]);
  });

  test("brings late events out of order, within a key as well", async () => {
    const { delivered, counts } = await disturbed(plannedEvents(5_000, 10, 3), { late: 0.1 });
    const latest = new Map<string, number>();
    let behind = 0;
    for (const { key, text } of delivered) {
      const { ts } = JSON.parse(text);
      if (ts < (latest.get(key) ?? 0)) behind++;
      latest.set(key, Math.max(ts, latest.get(key) ?? 0));
    }
    // A user's events are 30 s apart, the delays 300 s on average: nearly every late event is overtaken.
    expect(behind).toBeGreaterThan(0.85 * counts.late);
    expect(behind).toBeLessThanOrEqual(counts.late);
  });

  test("repeats some events at once and others up to a minute later", async () => {
    const { delivered } = await disturbed(events.slice(0, 4_000), { duplicate: 0.5 }, { everySecond: true });
    const first = new Map<string, number>();
    const delays: number[] = [];
    for (const { text, atS } of delivered) {
      const before = first.get(text);
      if (before === undefined) first.set(text, atS);
      else delays.push(atS - before);
    }
    expect(Math.max(...delays)).toBe(60);
    const atOnce = delays.filter((delay) => delay === 0).length / delays.length;
    expect(Math.abs(atOnce - 0.5)).toBeLessThan(0.05);
  });

  test("writes what is due before what happens, at the same second by user and ordinal", async () => {
    const sink = new RememberingSink();
    const disturber = new Disturber({ rates: { ...NONE, late: 1, lateMaxS: 1 }, seed: 1, sink });
    const [json, topic, atS] = ["{}", "auth_events", FIRST_S] as const;
    const named = [
      [3, 1],
      [2, 9],
      [3, 0],
      [10, 4],
    ] as const;
    await takeAll(
      disturber,
      sink,
      named.map(([userId, ordinal]) => ({ json, topic, atS, userId, ordinal })),
    );
    expect({ nextS: disturber.nextS, holding: disturber.holding }).toEqual({ nextS: FIRST_S + 1, holding: 4 });
    expect(disturber.release(FIRST_S)).toBeUndefined();
    expect(sink.delivered).toEqual([]);
    await takeAll(disturber, sink, [{ json, topic, atS: FIRST_S + 1, userId: 1, ordinal: 0 }]);
    expect(sink.delivered.map(({ key }) => key)).toEqual(["2", "3", "3", "10"]);
    expect(disturber.holding).toBe(1);
  });

  test("holds no more than it has room for, and counts what it hurries", async () => {
    const sink = new RememberingSink();
    const disturber = new Disturber({ rates: { ...NONE, late: 1 }, seed: 1, sink, heldBytesMax: 10_000 });
    await takeAll(disturber, sink, events.slice(0, 100));
    expect(disturber.holding).toBeGreaterThan(5);
    expect(disturber.holding).toBeLessThan(30);
    expect(disturber.counts.hurried).toBe(100 - disturber.holding);
    const { holding } = disturber;
    await disturber.drain();
    // There is room again.
    await takeAll(disturber, sink, events.slice(100, 200));
    expect(disturber.holding).toBe(holding);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "x\n"],
    ["too few bytes", '[{"dueS":1,"userId":1,"ordinal":1,"copy":0,"topic":"auth_events","key":"1","bytes":3}]\nab'],
  ])("refuses to go on with %s", (_what, saved) => {
    expect(() => Disturber.restore({ rates: NONE, seed: 1, sink: new RememberingSink() }, Buffer.from(saved))).toThrow(
      /^The records that were held back can't be read \(.*; remove the state file to begin anew\.$/,
    );
  });
});
