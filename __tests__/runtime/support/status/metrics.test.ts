import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatorReports } from "../../../../runtime/generator/metrics";
import { TOPICS } from "../../../../runtime/kafka/topics";
import { loaderReports } from "../../../../runtime/loader/metrics";
import { processorReports } from "../../../../runtime/processor/metrics";
import { type ExportedMetric, METRIC_PREFIX, metricsOf, type Reports } from "../../../../runtime/support/metrics";
import type { Broker } from "../../../../scripts/kafka/broker";
import { startBroker } from "../../../../scripts/kafka/broker";
import { buildBundle, type Program } from "../../../../stacks/constructs/bundle";
import { eventually } from "../../../support/eventually";
import { type MetricFamily, parseOpenMetrics } from "../../../support/open-metrics";
import { get, statusUrlOf } from "../../../support/prober";
import { type RunningProgram, runBundle } from "../../../support/program";

/** /metrics of the bundles, as they run: everything that is declared is there, and nothing else of ours. */

jest.setTimeout(60_000);

const REPORTS = {
  generator: generatorReports,
  processor: processorReports,
  loader: loaderReports,
} as const satisfies Readonly<Partial<Record<Program, Reports>>>;

const folder = mkdtempSync(join(tmpdir(), "rhythmic-metrics-"));
const running = new Map<keyof typeof REPORTS, RunningProgram>();
let broker: Broker;

beforeAll(async () => {
  broker = await startBroker({ dir: join(folder, "kafka"), topics: TOPICS });
  const lake = join(folder, "lake");
  const environments = {
    generator: { KAFKA_BROKERS: broker.brokers, GENERATOR_EVENTS_PER_SECOND_MAX: "200" },
    processor: { KAFKA_BROKERS: broker.brokers, LAKE_URL: lake, PROCESSOR_CUT_INTERVAL_MS: "500" },
    loader: { LAKE_URL: lake, WAREHOUSE_URL: join(folder, "w.duckdb"), LOADER_INTERVAL_MS: "500" },
  };
  for (const [program, environment] of Object.entries(environments)) {
    running.set(program as keyof typeof REPORTS, runBundle(program as Program, { STATUS_PORT: "0", ...environment }));
  }
});

afterAll(async () => {
  for (const { process, ended } of running.values()) {
    process.kill("SIGKILL");
    await ended;
  }
  broker.kill();
  await broker.exited;
  rmSync(folder, { recursive: true, force: true });
});

async function scrape(program: keyof typeof REPORTS) {
  const url = statusUrlOf(running.get(program)?.stderr() ?? "");
  if (url === undefined) throw new Error(`${program} has not said where it answers`);
  const { statusCode, headers, body } = await get(`${url}/metrics`);
  expect([statusCode, headers["content-type"]]).toEqual([
    200,
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  ]);
  return parseOpenMetrics(body);
}

/** Of a family: the name without what its samples alone have. */
function familyOf({ name, kind }: ExportedMetric): string {
  return kind === "counter" ? name.replace(/_total$/, "") : name;
}

function valuesOf(families: ReadonlyMap<string, MetricFamily>, name: string): number[] {
  return [...families.values()].flatMap(({ samples }) =>
    samples.flatMap((sample) => (sample.name === name ? [sample.value] : [])),
  );
}

describe.each(Object.entries(REPORTS) as [keyof typeof REPORTS, Reports][])(
  "/metrics of the %s",
  (program, reports) => {
    const declared = metricsOf(program, reports);

    test("has every declared metric with its type, help and labels, and none of ours besides", async () => {
      await eventually("it answers", () => statusUrlOf(running.get(program)?.stderr() ?? "") !== undefined);
      const families = await scrape(program);
      const ours = [...families.values()].filter(({ name }) => name.startsWith(METRIC_PREFIX));
      expect(ours.map(({ name, type, help }) => ({ name, type, help })).toSorted(byName)).toEqual(
        declared.map((one) => ({ name: familyOf(one), type: one.kind, help: one.description })).toSorted(byName),
      );
      for (const metric of declared) {
        for (const { labels } of families.get(familyOf(metric))?.samples ?? []) {
          expect(Object.keys(labels).toSorted()).toEqual(Object.keys(metric.labels).toSorted());
        }
      }
      // What Node says of itself, by prom-client.
      expect([...families.keys()]).toEqual(
        expect.arrayContaining(["process_cpu_seconds", "nodejs_heap_size_used_bytes"]),
      );
    });

    test("says which bundle runs, that it is ready, and how many warnings and errors there were", async () => {
      await eventually("it is ready", async () => valuesOf(await scrape(program), "rhythmic_ready")[0] === 1);
      const families = await scrape(program);
      expect(families.get("rhythmic_program_info")?.samples).toEqual([
        { name: "rhythmic_program_info", labels: { program, bundle: buildBundle(program).sha256 }, value: 1 },
      ]);
      expect(valuesOf(families, "rhythmic_healthy")).toEqual([1]);
      expect(families.get("rhythmic_log_lines")?.samples.map(({ labels }) => labels)).toEqual([
        { severity: "WARNING" },
        { severity: "ERROR" },
      ]);
    });
  },
);

test("what a commit and a load brought is counted there as in the lines of the log", async () => {
  for (const [program, metric, message, field] of [
    ["processor", "rhythmic_processor_committed_rows_total", processorReports.committed.message, "rows"],
    ["loader", "rhythmic_loader_loaded_rows_total", loaderReports.loaded.message, "rows"],
  ] as const) {
    await eventually(`${program} has counted something`, async () =>
      valuesOf(await scrape(program), metric).some((value) => value > 0),
    );
    const run = running.get(program);
    const logged = () =>
      (run?.stderr() ?? "")
        .split("\n")
        .filter((line) => line.includes(`"message":"${message}"`))
        .reduce((sum, line) => sum + Number((JSON.parse(line) as Readonly<Record<string, unknown>>)[field]), 0);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    // Lines and scrapes are never of one moment: what is scraped lies between what was logged before and after.
    const before = logged();
    const scraped = sum(valuesOf(await scrape(program), metric));
    await eventually("the lines have arrived", () => logged() >= scraped);
    expect(scraped).toBeGreaterThanOrEqual(before);
  }
});

test("no two metrics of all programs have one name, and none clashes with another's samples", () => {
  const names = Object.entries(REPORTS).flatMap(([program, reports]) => metricsOf(program, reports).slice(4));
  const families = names.flatMap((one) => [one.name, familyOf(one)].filter((name, i, all) => all.indexOf(name) === i));
  expect(new Set(families).size).toBe(families.length);
  for (const { name, kind, unit } of names) {
    expect(name).toMatch(/^rhythmic_[a-z][a-z0-9_]*$/);
    expect(name.endsWith("_total")).toBe(kind === "counter");
    if (unit === "s") expect(name).toMatch(/_seconds(_total)?$/);
    if (unit === "By") expect(name).toMatch(/_bytes(_total)?$/);
  }
});

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
