import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openCatalog } from "../../../runtime/generator/catalog/open-catalog";
import { syntheticCatalog } from "../../../runtime/generator/catalog/synthetic";
import { type Configuration, parseConfiguration } from "../../../runtime/generator/config/configuration";
import type { Topic } from "../../../runtime/schema/events";
import { SILENT } from "../../../runtime/support/logging";
import { compareSides } from "../../../scripts/bench/eventsim-stats/compare";
import type { TopicObservations } from "../../../scripts/bench/eventsim-stats/observe";
import { observeOurs } from "../../../scripts/bench/eventsim-stats/ours";
import { observeFolder, registrationOf, type Windows, windowsOf } from "../../../scripts/bench/eventsim-stats/sample";
import { BUILT_IN } from "./simulate";

const SHARED = join(__dirname, "../../../../shared/data/music");
const SAMPLES = join(__dirname, "../../../../shared/data/eventsim-sample");
const itWithSamples = existsSync(SHARED) ? it : it.skip;

const DAY_S = 86_400;
const START_S = Date.UTC(2024, 2, 1) / 1000;
const windowOf = (days: number, topics: readonly Topic[]): Windows =>
  new Map(topics.map((topic) => [topic, [{ fromS: START_S + 1, toS: START_S + days * DAY_S - 1 }]]));

const read = (name: string): Configuration =>
  parseConfiguration(join(SHARED, name), readFileSync(join(SHARED, name), "utf8"));

/** A run of eventsim: example-config.json, 30,000 users of whom 28,945 were seen, six weeks (event-model.md). */
const USERS = 30_000;
const LINES_OF_EVENTSIM = { page_view_events: 3_155_521, auth_events: 40_785, status_change_events: 2_525 };
const SESSIONS_OF_EVENTSIM = 389_858;
const PERCENT_OF_EVENTSIM: Readonly<Record<string, number>> = {
  "NextSong 200, Logged In, paid": 67.46,
  "NextSong 200, Logged In, free": 17.03,
  "Home 200, Logged In, free": 4.62,
  "Home 200, Logged In, paid": 3.13,
  "Home 200, Logged Out, paid": 1.56,
  "Login 307, Logged Out, paid": 0.76,
  "Downgrade 200, Logged In, paid": 0.76,
  "Logout 307, Logged In, paid": 0.72,
};

describe("the statistics of whole runs", () => {
  itWithSamples(
    "differ nowhere from eventsim's samples in compat mode, with all of their users",
    async () => {
      const windows = await windowsOf(SAMPLES);
      const startS = (await registrationOf(SAMPLES, windows)) as number;
      const options = { configuration: read("example-config.json"), catalog: await openCatalog(SHARED, SILENT) };
      const ours = observeOurs({ ...options, eventsimCompat: true, users: USERS, startS, seed: 1 }, windows);
      const { tests } = compareSides(await observeFolder(SAMPLES, windows), ours);
      expect(tests.length).toBeGreaterThan(60);
      expect(tests.filter(({ differs }) => differs)).toEqual([]);
    },
    240_000,
  );

  /** How often something came, and the mean share of each page, in several runs of a part of the users. */
  itWithSamples(
    "meet eventsim's figures of six weeks within what several seeds tell of chance",
    () => {
      const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
      const users = 750;
      const configuration = read("example-config.json");
      const catalog = syntheticCatalog(1);
      const topics = Object.keys(LINES_OF_EVENTSIM) as (keyof typeof LINES_OF_EVENTSIM)[];
      const figures = seeds.map((seed) => {
        const run = { configuration, catalog, eventsimCompat: true, users, startS: START_S, seed };
        return figuresOf(observeOurs(run, windowOf(42, topics)));
      });
      const expected: Record<string, number> = { "sessions begun": SESSIONS_OF_EVENTSIM / USERS };
      for (const topic of topics) expected[topic] = LINES_OF_EVENTSIM[topic] / USERS;
      for (const [page, percent] of Object.entries(PERCENT_OF_EVENTSIM)) expected[page] = percent / 100;
      for (const [name, ofEventsim] of Object.entries(expected)) {
        const values = figures.map((figure) => (name in PERCENT_OF_EVENTSIM ? figure(name) : figure(name) / users));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
        // Of one run with eventsim's number of users, and of our mean.
        const error = Math.sqrt(variance * (users / USERS + 1 / values.length));
        const z = (ofEventsim - mean) / error;
        expect({ name, z, within: Math.abs(z) < 4 }).toEqual({ name, z, within: true });
      }
    },
    400_000,
  );

  it("tell an alpha that is ten per cent off, given six days of ten thousand users", () => {
    const windows = windowOf(6, ["page_view_events"]);
    // The same seed on both sides: no chance helps or hides the difference, whatever the engine makes of a seed.
    const run = (configuration: Configuration) => {
      const options = { configuration, catalog: syntheticCatalog(1), eventsimCompat: true, startS: START_S, seed: 1 };
      return observeOurs({ ...options, users: 10_000 }, windows);
    };
    const { tests } = compareSides(run(BUILT_IN), run({ ...BUILT_IN, alphaS: 1.1 * BUILT_IN.alphaS }));
    const found = tests.filter(({ differs }) => differs).map(({ what }) => what);
    expect(found).toContain("seconds to other pages, each user's mean");
  }, 400_000);
});

/** Sessions begun, lines by topic, and the share of each page. */
function figuresOf(side: ReadonlyMap<string, TopicObservations>): (name: string) => number {
  const pages = side.get("page_view_events")?.shares.get("pages");
  const volume = (topic: string, what: string) => side.get(topic)?.volumes.get(what)?.total("") ?? 0;
  return (name) => {
    if (name === "sessions begun") return volume("page_view_events", name);
    if (name in LINES_OF_EVENTSIM) return volume(name, "lines");
    return (pages?.total(name) ?? 0) / volume("page_view_events", "lines");
  };
}
