import { syntheticCatalog } from "../../../runtime/generator/catalog/synthetic";
import { type GenerateOptions, generate } from "../../../runtime/generator/generate";
import type { Plan } from "../../../runtime/generator/options";
import { Counter } from "../../../runtime/generator/sinks/counter";
import type { EventSink } from "../../../runtime/kafka/event-sink";
import { FakeClock } from "./fake-clock";
import { BUILT_IN } from "./simulate";

/** Runs that go with the wall clock, with a clock that only sleeps move. */

const NOW_S = Date.UTC(2026, 0, 14, 12) / 1000;
const AT_ONCE = Number.POSITIVE_INFINITY;
const CATALOG = syntheticCatalog(1);

interface Written {
  /** The event's own time, seconds since 1970. */
  readonly atS: number;
  /** When it was written, seconds by the wall clock. */
  readonly wallS: number;
  readonly id: string;
  /** Had it been handed on by a flush? When, by the wall clock. */
  handedOnS: number | undefined;
}

/** A sink that notes when what comes. */
function watchingSink(clock: FakeClock) {
  const counts = new Counter();
  const written: Written[] = [];
  const sink: EventSink = {
    counts,
    write(topic, _key, value, start, end) {
      const { ts, eventId } = JSON.parse(Buffer.from(value.slice(start, end) as Uint8Array).toString());
      counts.took(topic, 1);
      written.push({ atS: ts / 1000, wallS: clock.wallMs() / 1000, id: eventId, handedOnS: undefined });
      return undefined;
    },
    async flush() {
      for (const one of written) one.handedOnS ??= clock.wallMs() / 1000;
    },
    close: async () => undefined,
  };
  return { sink, written };
}

async function run(
  plan: Partial<Plan>,
  change: (parts: {
    clock: FakeClock;
    stop: AbortController;
    sink: EventSink;
  }) => Partial<GenerateOptions> = () => ({}),
) {
  const clock = new FakeClock(NOW_S * 1000);
  // No sleep of a machine is exact.
  clock.oversleepMs = () => 1.7;
  const stop = new AbortController();
  const { sink, written } = watchingSink(clock);
  const changed = change({ clock, stop, sink });
  const generated = await generate({
    plan: {
      seed: 5,
      users: 600,
      startS: NOW_S,
      endS: NOW_S + 3_600,
      events: AT_ONCE,
      realTime: { speed: AT_ONCE, intoFuture: false },
      ...plan,
    },
    configuration: BUILT_IN,
    catalog: CATALOG,
    sink,
    eventsimCompat: false,
    stop: stop.signal,
    progress: { update: () => undefined },
    handOn: () => sink.flush(),
    clock,
    ...changed,
  });
  await sink.flush();
  return { clock, written, generated };
}

test("eventsim's error 12: no event comes before its time, and none late", async () => {
  const { written, generated } = await run({});
  expect(generated.ending).toBe("time");
  expect(written.length).toBeGreaterThan(400);
  const lateMs = written.map(({ atS, wallS }) => (wallS - atS) * 1000);
  expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...lateMs)).toBeLessThan(10);
});

test("who watches the output grow sees each event within moments, though the sink gathers them", async () => {
  const { written } = await run({});
  const waitedMs = written.map(({ wallS, handedOnS }) => ((handedOnS ?? Number.NaN) - wallS) * 1000);
  expect(Math.max(...waitedMs)).toBeLessThanOrEqual(60);
});

test("the past comes at once and in order, then each event in its time; the events are those of any run", async () => {
  const startS = NOW_S - 4 * 3_600;
  const { written } = await run({ startS, endS: NOW_S + 600 });
  const plan = { seed: 5, users: 600, startS, endS: NOW_S + 600, events: AT_ONCE };
  const plain = await run({}, () => ({ plan }));
  expect(plain.written.map(({ id }) => id)).toEqual(written.map(({ id }) => id));
  const past = written.filter(({ atS }) => atS <= NOW_S);
  expect(past.length).toBeGreaterThan(1_000);
  expect(Math.max(...past.map(({ wallS }) => wallS))).toBeLessThan(NOW_S + 1);
  expect(written.every(({ wallS, atS }) => wallS >= atS)).toBe(true);
  expect(written.map(({ atS }) => atS)).toEqual(written.map(({ atS }) => atS).sort((a, b) => a - b));
});

test.each([30, 3_600])(
  "from the past it goes %d times as fast until the present is reached, within 1 %%",
  async (speed) => {
    const pastS = 7_200;
    const startS = NOW_S - pastS;
    const { written } = await run({ startS, endS: NOW_S + 600, realTime: { speed, intoFuture: false } });
    const togetherS = NOW_S + pastS / (speed - 1);
    for (const { atS, wallS } of written) {
      const dueS = Math.max(atS, NOW_S + (atS - startS) / speed);
      expect(wallS).toBeGreaterThanOrEqual(dueS - 1e-6);
      expect(wallS - dueS).toBeLessThan(0.01);
    }
    const last = written.filter(({ wallS }) => wallS <= togetherS).at(-1);
    const measured = ((last?.atS ?? 0) - startS) / ((last?.wallS ?? 0) - NOW_S);
    expect(Math.abs(measured / speed - 1)).toBeLessThan(0.01);
  },
);

test("to an end in the future that was given files are filled at the speed", async () => {
  const realTime = { speed: 600, intoFuture: true };
  const { clock, written, generated } = await run({ endS: NOW_S + 36_000, realTime });
  expect(generated.ending).toBe("time");
  expect(written.at(-1)?.atS).toBeGreaterThan(NOW_S + 35_000);
  expect(clock.wallMs() / 1000 - NOW_S).toBeLessThan(61);
});

test("a Kafka that is slow is waited for; then what was missed comes at once, in order", async () => {
  let stalledS = 0;
  const { written } = await run({}, ({ clock, sink }) => ({
    sink: {
      ...sink,
      counts: sink.counts,
      write(...event) {
        const full = sink.write(...event);
        if (stalledS > 0 || clock.wallMs() < (NOW_S + 1_800) * 1000) return full;
        stalledS = Math.floor(clock.wallMs() / 1000);
        clock.pass(600_000);
        return Promise.resolve();
      },
    },
  }));
  const missed = written.filter(({ atS }) => atS > stalledS && atS < stalledS + 600);
  expect(missed.length).toBeGreaterThan(50);
  for (const { wallS } of missed) expect(wallS - (stalledS + 600)).toBeLessThan(2);
  expect(written.map(({ atS }) => atS)).toEqual(written.map(({ atS }) => atS).sort((a, b) => a - b));
});

test("a machine that slept for an hour, and a clock that is set back, change the order of nothing", async () => {
  const { clock, written } = await run({ endS: NOW_S + 7_200 }, ({ clock: machine }) => {
    let sleeps = 0;
    machine.onSleep = () => {
      sleeps++;
      // The steady clock stands still while the machine sleeps.
      if (sleeps === 200) machine.offsetMs += 3_600_000;
      if (sleeps === 400) machine.offsetMs -= 120_000;
    };
    return {};
  });
  expect(clock.sleeps.every((ms) => ms > 0 && ms <= 1_000)).toBe(true);
  expect(written.map(({ atS }) => atS)).toEqual(written.map(({ atS }) => atS).sort((a, b) => a - b));
  expect(written.every(({ wallS, atS }) => wallS >= atS)).toBe(true);
});

test("SIGTERM ends a long sleep, and what is held back is written", async () => {
  const { clock, generated, written } = await run({ users: 1, endS: NOW_S + 864_000 }, ({ stop, clock: machine }) => {
    machine.onSleep = () => {
      if (machine.sleeps.length === 5) stop.abort();
    };
    return { rates: { late: 1, lateMaxS: 600, duplicate: 0, malformed: 0 } };
  });
  expect(generated.ending).toBe("stopped");
  expect(clock.sleeps.length).toBe(6);
  expect(written.every(({ atS }) => atS <= NOW_S + 6)).toBe(true);
});

test("a late event comes when it is due, though nobody else comes meanwhile", async () => {
  const { written } = await run({ endS: NOW_S + 7_200 }, () => ({
    rates: { late: 1, lateMaxS: 60, duplicate: 0, malformed: 0 },
  }));
  expect(written.length).toBeGreaterThan(50);
  const before = written.filter(({ wallS }) => wallS < NOW_S + 7_000);
  for (const { atS, wallS } of before) {
    expect(wallS - atS).toBeGreaterThanOrEqual(1);
    expect(wallS - atS).toBeLessThan(60.1);
  }
});

test("a rate is held within 1 % in a run of many events", async () => {
  const { written } = await run({ users: 2_000, startS: NOW_S - 7_200, endS: NOW_S }, () => ({
    eventsPerSecondMax: 400,
  }));
  const seconds = (written.at(-1)?.wallS ?? 0) - NOW_S;
  expect(written.length).toBeGreaterThan(2_000);
  expect(Math.abs(written.length / seconds / 400 - 1)).toBeLessThan(0.01);
});

/** Records of every second of the wall clock, the last left out. */
function bySecond(written: readonly Written[]): number[] {
  const counts = new Map<number, number>();
  for (const { wallS } of written) counts.set(Math.floor(wallS), (counts.get(Math.floor(wallS)) ?? 0) + 1);
  return [...counts.values()].slice(0, -1);
}

// The rate was held by the simulation's events: twice as many records came where all were repeated, what was held back
// came at once at the end, and of a topic with few events less than was allowed.
test.each<[string, Partial<GenerateOptions>]>([
  ["all are repeated", { rates: { late: 0, lateMaxS: 600, duplicate: 1, malformed: 0 } }],
  ["all are held back until the end", { rates: { late: 1, lateMaxS: 604_800, duplicate: 0, malformed: 0 } }],
  ["one topic alone is written", { topic: "listen_events" }],
])("a rate is that of the records: %s", async (_what, changes) => {
  const { written } = await run({ users: 2_000, startS: NOW_S - 7_200, endS: NOW_S }, () => ({
    eventsPerSecondMax: 400,
    ...changes,
  }));
  const seconds = (written.at(-1)?.wallS ?? 0) - NOW_S;
  expect(written.length).toBeGreaterThan(1_000);
  expect(written.length / seconds / 400).toBeGreaterThan(0.98);
  expect(written.length / seconds / 400).toBeLessThan(1.02);
  expect(Math.max(...bySecond(written))).toBeLessThanOrEqual(400 + 20);
});

// All users were put on their way in one piece, nearly a minute for ten millions, and no signal was heard meanwhile.
test("SIGTERM is heard while the users are put on their way, and no state is written of half of them", async () => {
  const saves: unknown[] = [];
  const { generated, written } = await run({ users: 50_000 }, ({ clock, stop }) => {
    let turns = 0;
    clock.turn = async () => {
      if (++turns === 3) stop.abort();
    };
    const savePoints = { waitMs: 0, save: async (...moment: unknown[]) => void saves.push(moment) };
    return { savePoints };
  });
  expect(generated).toMatchObject({ ending: "stopped", users: 3_000, reachedS: NOW_S });
  expect([written.length, saves.length]).toEqual([0, 0]);
});
