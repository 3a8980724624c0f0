import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import type { Configuration } from "../../../../runtime/generator/config/configuration";
import { compareSides, type Side } from "../../../../scripts/bench/eventsim-stats/compare";
import { observeOurs } from "../../../../scripts/bench/eventsim-stats/ours";
import {
  intersect,
  observeFolder,
  registrationOf,
  type Windows,
  windowsOf,
} from "../../../../scripts/bench/eventsim-stats/sample";
import { BUILT_IN, configurationWith } from "../../../runtime/generator/simulate";

const DAY_S = 86_400;
const START_S = Date.UTC(2024, 2, 1) / 1000;
const CATALOG = syntheticCatalog(1);

const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-stats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const line = (timeS: number, sessionId: number, itemInSession: number, more: object = {}) =>
  JSON.stringify({
    ts: timeS * 1000,
    sessionId,
    itemInSession,
    level: "free",
    page: "Home",
    auth: "Logged In",
    ...more,
  });

/** A folder with these lines of page views. */
function sampleOf(name: string, lines: readonly string[]): string {
  const sample = mkdtempSync(path.join(folder, `${name}-`));
  writeFileSync(path.join(sample, "page_view_events.ndjson"), `${lines.join("\n")}\n`);
  return sample;
}

/** A hundred lines, one a second, then a hole of a day, then a hundred more. */
const cutTwice = [0, 100_000].flatMap((fromS) =>
  Array.from({ length: 100 }, (_, index) => line(START_S + fromS + index, index % 10, Math.floor(index / 10))),
);

describe("a sample", () => {
  it("is cut into the windows of which it holds everything", async () => {
    const windows = await windowsOf(sampleOf("twice", cutTwice));
    expect(windows.get("page_view_events")).toEqual([
      { fromS: START_S, toS: START_S + 99 },
      { fromS: START_S + 100_000, toS: START_S + 100_099 },
    ]);
    const whole = await windowsOf(sampleOf("whole", cutTwice.slice(0, 100)));
    expect(intersect(whole, windows).get("page_view_events")).toEqual([{ fromS: START_S, toS: START_S + 99 }]);
  });

  it("is seen window by window: no transition, gap or session reaches over an edge", async () => {
    const sample = sampleOf("edges", cutTwice);
    const seen = (await observeFolder(sample, await windowsOf(sample))).get("page_view_events");
    // Ten sessions of ten pages in each window; the second time with the same ids, as those who go on would have.
    expect(seen?.quantities.get("lines of a session")?.size).toBe(20);
    expect(seen?.shares.get("after Home undefined, Logged In, free")?.total("(nothing more)")).toBe(20);
    expect(seen?.quantities.get("seconds to other pages")?.sorted().at(-1)).toBe(10);
  });

  it("tells when its run began, by the registration of its first user", async () => {
    const first = line(START_S + 5, 1, 0, { userId: 2, registration: START_S * 1000 });
    const sample = sampleOf("registered", [line(START_S + 4, 9, 0), first]);
    expect(await registrationOf(sample, await windowsOf(sample))).toBe(START_S);
  });

  it("that is none is refused with the file and the line", async () => {
    const broken = sampleOf("broken", [line(START_S, 1, 0), "{"]);
    await expect(windowsOf(broken)).rejects.toThrow(
      'page_view_events.ndjson, line 2, is no event ("{"); a line must be a JSON object with ts, sessionId, itemInSession and level.',
    );
    const backwards = sampleOf("backwards", [line(START_S, 1, 0), line(START_S - 1, 1, 1)]);
    await expect(windowsOf(backwards)).rejects.toThrow(/is not in the order of time/);
    const empty = mkdtempSync(path.join(folder, "empty-"));
    await expect(windowsOf(empty)).rejects.toThrow(/holds no event \(nothing\); it must hold at least one of/);
  });
});

describe("a comparison of two runs", () => {
  const windows: Windows = new Map(
    (["page_view_events", "auth_events", "status_change_events"] as const).map((topic) => [
      topic,
      [{ fromS: START_S, toS: START_S + 8 * DAY_S }],
    ]),
  );

  function run(seed: number, configuration: Configuration = BUILT_IN, eventsimCompat = true): Side {
    return observeOurs({ configuration, catalog: CATALOG, eventsimCompat, users: 400, startS: START_S, seed }, windows);
  }
  const first = run(1);
  const differing = (second: Side) =>
    compareSides(first, second)
      .tests.filter(({ differs }) => differs)
      .map(({ what }) => what);

  it("finds nothing between two seeds", () => {
    expect(differing(run(2))).toEqual([]);
  });

  it("finds one probability that is two per cent off, in its row and nowhere else among the transitions", () => {
    const changed = configurationWith((file) => {
      const most = file.transitions
        .filter(({ source, dest }) => source.page === "NextSong" && source.level === "paid" && dest.page === "NextSong")
        .sort((a, b) => b.p - a.p)[0];
      if (most !== undefined) most.p *= 0.98;
    });
    const found = differing(run(2, changed)).filter((what) => what.startsWith("after "));
    expect(found).toEqual(["after NextSong 200, Logged In, paid"]);
  });

  it("finds our own rules where eventsim's are meant: hours by local time, the second of a redirect, new levels", () => {
    const found = differing(run(2, BUILT_IN, false));
    expect(found).toContain("hours in which sessions begin (UTC)");
    expect(found).toContain("seconds into a redirect");
    expect(found).toContain("kinds");
  });

  it("finds users that are half as quick again", () => {
    const found = differing(run(2, { ...BUILT_IN, alphaS: BUILT_IN.alphaS / 1.5 }));
    expect(found).toContain("seconds to other pages, each user's mean");
  });
});
