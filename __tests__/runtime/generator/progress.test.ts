import { RunProgress, type Standing } from "../../../runtime/generator/progress";
import { figuresOf, summaryOf } from "../../../runtime/generator/summary";
import type { ProgressFields } from "../../../runtime/support/progress";

const START_S = Date.UTC(2026, 0, 1) / 1000;
const DAY_S = 86_400;
const FOR_EVER = Number.POSITIVE_INFINITY;

/** A run's progress under a clock that the test moves. */
function progressOf(limits: { endS?: number; events?: number }) {
  const said: { message: string; fields: ProgressFields }[] = [];
  let nowMs = 50_000;
  const say = (message: string, fields: ProgressFields = {}) => void said.push({ message, fields });
  const progress = new RunProgress({
    progress: { update: say, done: say },
    startS: START_S,
    endS: limits.endS ?? FOR_EVER,
    events: limits.events ?? FOR_EVER,
    clockMs: () => nowMs,
  });
  const at = (seconds: number, standing: Partial<Standing>) => {
    nowMs = 50_000 + seconds * 1_000;
    progress.update({ events: 0, records: 0, simulatedS: START_S, ...standing });
    return said.at(-1);
  };
  return { progress, said, at };
}

describe("the progress of a run", () => {
  test("tells records, rate, simulated time, share done and time left", () => {
    const { at } = progressOf({ endS: START_S + 10 * DAY_S });
    expect(at(0, { records: 0 })?.message).toBe("0 records, 2026-01-01T00:00:00Z, 0.0 %");
    const later = at(8, { records: 1_600_000, simulatedS: START_S + DAY_S });
    expect(later?.message).toBe("1,600,000 records, 200,000/s, 2026-01-02T00:00:00Z, 10.0 %, 1 min 12 s left");
    expect(later?.fields).toEqual({
      records: 1_600_000,
      recordsPerSecond: 200_000,
      simulatedTime: "2026-01-02T00:00:00Z",
      percentDone: 10,
      secondsLeft: 72,
    });
  });

  test("takes the rate and the time left from the last ten seconds", () => {
    const { at } = progressOf({ events: 10_000 });
    for (let second = 0; second <= 60; second++) at(second, { records: 100 * second, events: 100 * second });
    for (let second = 61; second <= 80; second++) {
      const count = 6_000 + 20 * (second - 60);
      at(second, { records: count, events: count });
    }
    expect(at(81, { records: 6_420, events: 6_420 })?.fields).toMatchObject({ recordsPerSecond: 20, secondsLeft: 179 });
  });

  test("counts as done what comes first, the events or the time", () => {
    const { at } = progressOf({ events: 1_000, endS: START_S + DAY_S });
    expect(at(0, { events: 250, simulatedS: START_S + DAY_S / 10 })?.fields.percentDone).toBe(25);
    expect(at(1, { events: 300, simulatedS: START_S + DAY_S / 2 })?.fields.percentDone).toBe(50);
    expect(at(2, { events: 300, simulatedS: START_S + 2 * DAY_S })?.fields.percentDone).toBe(100);
  });

  test("tells a continuous run's distance to the present, and no share where there is no end", () => {
    const { at } = progressOf({ endS: Date.UTC(9999, 11, 31) / 1000 });
    const first = at(0, { records: 5, behindS: 93_600 });
    expect(first?.message).toBe("5 records, 2026-01-01T00:00:00Z, 1 d 2 h behind");
    expect(first?.fields).not.toHaveProperty("percentDone");
    expect(at(1, { records: 9, behindS: 0.2 })?.message).toBe("9 records, 4/s, 2026-01-01T00:00:00Z, at the present");
    expect(at(2, { records: 9, behindS: 59.6 })?.message).toMatch(/1 min behind$/);
  });

  test("looks at the clock alone, most of the time", () => {
    const { at, said } = progressOf({});
    for (let look = 0; look < 1_000; look++) at(look / 1_000, { records: look });
    expect(said.length).toBe(10);
  });

  test("ends with what was written, and with what delivery did wrong where it did", () => {
    const plan = { seed: 1, users: 2, startS: START_S, endS: FOR_EVER, events: FOR_EVER };
    const facts = { plan, configuration: { hash: "c" }, catalogueHash: "s", ending: "time" } as const;
    const counts = { generated: 1_050, acknowledged: 1_049, bytes: 99, byTopic: {} };
    const { progress, said } = progressOf({});
    progress.done(summaryOf({ ...facts, figures: figuresOf(counts, undefined, 2.345) }));
    expect(said.at(-1)?.message).toBe("1050 events generated, 1049 acknowledged, 2.3 s");
    const disturbed = { events: 1_000, late: 10, duplicates: 50, malformed: 3, hurried: 0 };
    progress.done(summaryOf({ ...facts, figures: { ...figuresOf(counts, undefined, 2), ...disturbed } }));
    expect(said.at(-1)).toEqual({
      message: "1050 records of 1000 events generated, 1049 acknowledged, 10 late, 50 repeated, 3 malformed, 2.0 s",
      fields: {
        events: 1_000,
        records: 1_050,
        acknowledged: 1_049,
        late: 10,
        duplicates: 50,
        malformed: 3,
        seconds: 2,
        ending: "time",
      },
    });
  });
});
