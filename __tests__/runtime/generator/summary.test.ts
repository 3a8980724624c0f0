import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Disturber } from "../../../runtime/generator/disturbances/disturber";
import { addFigures, type Figures, figuresOf, summaryOf, writeSummary } from "../../../runtime/generator/summary";
import { RhythmicError } from "../../../runtime/support/errors";
import { plannedEvents, RememberingSink, takeAll } from "./disturbances/disturbed-events";

const START_S = Date.UTC(2026, 0, 1) / 1000;
const counts = {
  generated: 12,
  acknowledged: 11,
  bytes: 3_000,
  byTopic: { listen_events: 7, page_view_events: 5, auth_events: 0, status_change_events: 0 },
};
const facts = {
  plan: { seed: 7, users: 3, startS: START_S, endS: START_S + 60, events: 12 },
  configuration: { hash: "of the configuration" },
  catalogueHash: "of the catalogue",
  ending: "events",
} as const;

async function disturbedFigures(count: number): Promise<Figures> {
  const sink = new RememberingSink();
  const rates = { late: 0.3, lateMaxS: 9, duplicate: 0.3, malformed: 0.2 };
  const disturber = new Disturber({ rates, seed: 5, sink });
  await takeAll(disturber, sink, plannedEvents(count, 3));
  await disturber.drain();
  const byTopic: Record<string, number> = {};
  for (const { topic } of sink.delivered) byTopic[topic] = (byTopic[topic] ?? 0) + 1;
  const { length } = sink.delivered;
  return figuresOf({ generated: length, acknowledged: length, bytes: 100 * length, byTopic }, disturber.counts, 1);
}

const sumOf = (byName: Readonly<Record<string, number>>) =>
  Object.values(byName).reduce((sum, count) => sum + count, 0);

describe("the figures of a run", () => {
  test("are those of the sink where delivery is not disturbed", () => {
    expect(figuresOf(counts, undefined, 1.23456)).toEqual({
      ...counts,
      events: 12,
      eventsByTopic: counts.byTopic,
      pages: {},
      late: 0,
      lateByTopic: {},
      duplicates: 0,
      duplicatesByTopic: {},
      malformed: 0,
      malformedByTopic: {},
      malformedBy: {},
      hurried: 0,
      seconds: 1.235,
    });
  });

  test("agree with each other where it is", async () => {
    const figures = await disturbedFigures(400);
    expect(Math.min(figures.late, figures.duplicates, figures.malformed)).toBeGreaterThan(20);
    expect(figures.events).toBe(400);
    expect(figures.generated).toBe(figures.events + figures.duplicates);
    for (const what of ["events", "late", "duplicates", "malformed"] as const) {
      expect([what, sumOf(figures[`${what}ByTopic`])]).toEqual([what, figures[what]]);
    }
    expect(sumOf(figures.malformedBy)).toBe(figures.malformed);
    for (const [topic, events] of Object.entries(figures.eventsByTopic)) {
      expect(figures.byTopic[topic]).toBe(events + (figures.duplicatesByTopic[topic] ?? 0));
    }
  });

  test("add up, in whatever order, also where one start disturbed and the other did not", async () => {
    const disturbed = await disturbedFigures(60);
    const some = fc.integer({ min: 0, max: 1e12 });
    const plain = fc
      .record({ generated: some, acknowledged: some, bytes: some, byTopic: fc.constant({ auth_events: 3 }) })
      .map((books) => figuresOf(books, undefined, 1));
    fc.assert(
      fc.property(plain, fc.oneof(plain, fc.constant(disturbed)), (one, other) => {
        const sum = addFigures(one, other);
        expect(sum).toEqual(addFigures(other, one));
        expect(sum.bytes).toBe(one.bytes + other.bytes);
        expect(sum.byTopic.auth_events).toBe((one.byTopic.auth_events ?? 0) + (other.byTopic.auth_events ?? 0));
        expect(sum.malformedBy).toEqual(other.malformedBy);
        expect(sum.seconds).toBe(2);
      }),
    );
    expect(addFigures(disturbed, disturbed).lateByTopic.listen_events).toBe(
      2 * (disturbed.lateByTopic.listen_events ?? 0),
    );
  });
});

describe("the summary", () => {
  const figures = figuresOf(counts, undefined, 2, { Home: 3, NextSong: 2 });

  test("tells a run from its beginning", () => {
    const walked = { users: 4, sessions: 5, nowS: START_S + 30 };
    expect(summaryOf({ ...facts, figures, walked })).toEqual({
      ...figures,
      perSecond: 6,
      users: 4,
      sessions: 5,
      seed: 7,
      configurationHash: "of the configuration",
      catalogueHash: "of the catalogue",
      shard: null,
      start: "2026-01-01T00:00:00Z",
      resumedAt: null,
      reached: "2026-01-01T00:00:30Z",
      ending: "events",
      error: null,
      total: { starts: 1, ...figures },
    });
  });

  test("tells a run that went on, and all of its starts", () => {
    const earlier = { starts: 2, figures: addFigures(figures, figures), reachedS: START_S + 20 };
    const walked = { users: 4, sessions: 5, nowS: START_S + 30 };
    const summary = summaryOf({ ...facts, figures, walked, earlier, shard: { index: 2, count: 4 } });
    expect(summary).toMatchObject({ generated: 12, resumedAt: "2026-01-01T00:00:20Z", shard: "2/4" });
    expect(summary.total).toMatchObject({ starts: 3, generated: 36, acknowledged: 33, bytes: 9_000, seconds: 6 });
    expect(summary.total.pages).toEqual({ Home: 9, NextSong: 6 });
    expect(summary.total.byTopic).toMatchObject({ listen_events: 21, page_view_events: 15 });
  });

  test("tells why a run has failed, and where it would have gone on", () => {
    const error = new RhythmicError("delivery_failed", "Kafka said no.");
    expect(summaryOf({ ...facts, figures, ending: "failed", error })).toMatchObject({
      ending: "failed",
      error: "Kafka said no.",
      reached: "2026-01-01T00:00:00Z",
      users: 0,
    });
    const earlier = { starts: 1, figures, reachedS: START_S + 20 };
    expect(summaryOf({ ...facts, figures, ending: "failed", error, earlier }).reached).toBe("2026-01-01T00:00:20Z");
  });

  test("is one line of JSON in a file that is there whole, or a sentence", () => {
    const folder = mkdtempSync(join(tmpdir(), "rhythmic-summary-"));
    try {
      const summary = summaryOf({ ...facts, figures });
      writeSummary(join(folder, "summary.json"), summary);
      const text = readFileSync(join(folder, "summary.json"), "utf8");
      expect(text).toMatch(/^\{.*\}\n$/);
      expect(JSON.parse(text)).toEqual(summary);
      expect(readdirSync(folder)).toEqual(["summary.json"]);
      expect(() => writeSummary(join(folder, "none", "summary.json"), summary)).toThrow(
        /^The summary .* can't be written \((Error: )?ENOENT.*\); give --summary the path of a file in a folder that is there\.$/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
