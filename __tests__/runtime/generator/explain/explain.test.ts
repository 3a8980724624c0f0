import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import type { Configuration } from "../../../../runtime/generator/config/configuration";
import { explain } from "../../../../runtime/generator/explain/explain";
import { simulationOf } from "../../../../runtime/generator/generate";
import { effectiveConfiguration, planOf } from "../../../../runtime/generator/options";
import { type GeneratorSettings, generatorSettings } from "../../../../runtime/generator/settings";
import { readSettings } from "../../../../runtime/support/program";
import { BUILT_IN, configurationWith } from "../simulate";

const catalog = syntheticCatalog(1);
const NOW_S = Date.UTC(2026, 0, 1) / 1000;

function partsOf(argv: readonly string[], file: Configuration) {
  const settings = readSettings({ name: "generator", settings: generatorSettings }, argv, {}) as GeneratorSettings;
  const configuration = effectiveConfiguration(settings, file);
  const plan = planOf(settings, configuration, "files", NOW_S);
  return {
    settings,
    plan,
    configuration,
    catalog,
    sampleEvents: 60_000,
    simulate: (part: typeof plan) => simulationOf({ plan: part, configuration, catalog, eventsimCompat: false }),
  };
}

const explained = (argv: readonly string[] = [], configuration = BUILT_IN) => explain(partsOf(argv, configuration));
/** The cells of a row of a table, by how it begins. */
const row = (text: string, ...begin: readonly string[]) =>
  text
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find((cells) => begin.every((cell, index) => cells[index + 1] === cell))
    ?.slice(1, -1);

function eventsOf(argv: readonly string[]): Map<string, number> {
  const parts = partsOf(argv, BUILT_IN);
  const simulation = parts.simulate(parts.plan);
  const counts = new Map<string, number>();
  for (let count = simulation.visit(); count > 0; count = simulation.visit()) {
    for (const { topic } of simulation.events.slice(0, count)) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  }
  return counts;
}

describe("a dry run", () => {
  const small = explained(["--users", "20", "--end-days-ago", "344", "--tag", "control", "--late-rate", "0.01"]);

  it("says each setting and who gave it", () => {
    expect(row(small, "Users at the start")).toEqual(["Users at the start", "20", "--users"]);
    expect(row(small, "Seed")).toEqual(["Seed", "1", "configuration, seed"]);
    expect(row(small, "Start")).toEqual(["Start", "2025-01-01T00:00:00Z", "default"]);
    expect(row(small, "End")).toEqual(["End", "2025-01-22T00:00:00Z (after 21 days)", "--end-days-ago"]);
    expect(row(small, "Tag")).toEqual(["Tag", "control", "--tag"]);
    expect(row(small, "Users who join")).toEqual(["Users who join", "50 % a year", "configuration, growth-rate"]);
    expect(row(small, "Events that come late")?.slice(1)).toEqual(["1 %, up to 10 minutes", "--late-rate"]);
    expect(row(small, "Broken records")?.slice(1)).toEqual(["none", "default"]);
    expect(row(small, "Configuration")?.slice(1)).toEqual(["the built-in configuration", "default"]);
  });

  it("of a small run gives the run's own figures", () => {
    const counts = eventsOf(["--users", "20", "--end-days-ago", "344"]);
    expect(small).toContain("these are the figures of the run itself");
    const shown = (topic: string) => Number(row(small, topic)?.[2]?.replaceAll(",", ""));
    for (const [topic, count] of counts) expect(shown(topic)).toBe(Number(count.toPrecision(3)));
    expect(counts.size).toBe(4);
  });

  it("of a large run estimates it, and says how surely", () => {
    const argv = ["--users", "200", "--end-days-ago", "323"];
    const text = explained(argv);
    expect(text).toMatch(
      /From 20 groups of \d+ users like those of the run, simulated for 42 days, scaled to 200 users/,
    );
    for (const [topic, count] of eventsOf(argv)) {
      const [value = "", percent = ""] = (row(text, topic)?.[2] ?? "").split(" ± ");
      const estimate = Number(value.replaceAll(",", ""));
      const within = (estimate * Number.parseFloat(percent)) / 100;
      expect(Math.abs(estimate - count)).toBeLessThan(within);
      expect(within / count).toBeLessThan(0.7);
    }
    expect(explained(argv)).toBe(text);
  });

  it("of a run without an end says what a day gives", () => {
    const text = explained(["--users", "50000", "--continuous", "--start", "2025-12-01"]);
    expect(row(text, "End")?.[1]).toBe("none");
    expect(row(text, "page_view_events")?.[2]).toBe("no end");
    expect(row(text, "page_view_events")?.[1]).toMatch(/^[\d,]+ ± /);
    expect(text).toContain("What comes after it is taken to be like it.");
  });

  it("of a number of events ends there", () => {
    const text = explained(["--users", "20", "--events", "500"]);
    expect(row(text, "all events, all topics")?.[2]).toBe("500");
    const large = explained(["--users", "50000", "--events", "10000000"]);
    expect(row(large, "all events, all topics")?.[2]).toMatch(/^10,000,000\b/);
  });

  it("shows each state with its method, share of visits, end and likeliest next pages", () => {
    const free = row(small, "NextSong", "PUT", "200", "Logged In", "free");
    expect(free?.slice(6)).toEqual(["10.5 %", "NextSong 73 %, Home 4.5 %, Thumbs Up 3.5 %, 9 more"]);
    expect(row(small, "Cancellation Confirmation")?.slice(6)).toEqual(["100 %, for good", "none"]);
    expect(row(small, "Submit Downgrade")?.[7]).toBe("Home [free] 99.8 %, Error 0.2 %");
    const states = small.slice(small.indexOf("## States"), small.indexOf("## Diagram"));
    const shares = states.split("\n").map((line) => Number.parseFloat(line.split("|")[6] ?? ""));
    const sum = shares.filter((share) => !Number.isNaN(share)).reduce((total, share) => total + share, 0);
    expect(sum).toBeGreaterThan(99);
    expect(sum).toBeLessThan(101);
  });

  it("shows incidents, and which of them lie outside the run", () => {
    const described = [
      { line: 3, fromS: NOW_S - 400 * 86_400, toS: NOW_S - 399 * 86_400, text: "nobody in CA comes or acts" },
      { line: 4, fromS: NOW_S - 360 * 86_400, toS: NOW_S - 359 * 86_400, text: "errors are 2 times as likely" },
    ];
    const text = explain({ ...partsOf(["--users", "5"], BUILT_IN), incidents: { described } });
    expect(row(text, "3")?.[3]).toBe("nobody in CA comes or acts (outside the run)");
    expect(row(text, "4")).toEqual([
      "4",
      "2025-01-06T00:00:00Z",
      "2025-01-07T00:00:00Z",
      "errors are 2 times as likely",
    ]);
  });

  it("of a service where nobody comes, or all leave at once, ends too", () => {
    const rare = configurationWith((file) => {
      file.beta = 1e9;
    });
    expect(explained(["--users", "3"], rare)).toContain("## Diagram");
    const gone = configurationWith((file) => {
      Object.assign(file, { "attrition-rate": 1000 });
      file["growth-rate"] = 0;
    });
    expect(explained(["--users", "3"], gone)).toMatch(/3 leave for good within .*; then there are 0\./);
  });
});
