import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { declarePlatform } from "../../../main";
import { isKnown } from "../../../scripts/cost/catalogue";
import { type CostReport, costOf } from "../../../scripts/cost/cost";
import { formatReport } from "../../../scripts/cost/format";
import { PRICES } from "../../../scripts/cost/prices";
import { volumesOf } from "../../../scripts/cost/volumes";
import type { Environment, EnvironmentName } from "../../../stacks/environment-record";
import { selectEnvironment } from "../../../stacks/environments";
import { synthesizeInto } from "../../../stacks/synthesis/synthesize";
import { platformOf, type SynthesizedPlatform, type SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import { removeFakeBundles } from "../../stacks/fake-bundles";

jest.mock("../../../stacks/constructs/bundle", () => require("../../stacks/fake-bundles").bundleModule);
afterAll(removeFakeBundles);

const EVENTS_PER_DAY = 1_000_000;

function platformWith(name: EnvironmentName = "dev", changes: Partial<Environment> = {}): SynthesizedPlatform {
  const outdir = mkdtempSync(path.join(tmpdir(), "rhythmic-cost-test-"));
  try {
    const environment = { ...selectEnvironment({ RHYTHMIC_ENV: name }), ...changes };
    return synthesizeInto((app) => declarePlatform(app, environment), outdir);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The platform with resources of a type changed. */
function changed(
  platform: SynthesizedPlatform,
  type: string,
  change: (resource: SynthesizedResource) => Partial<SynthesizedResource>,
): SynthesizedPlatform {
  const stacks = platform.stacks.map((stack) => ({
    ...stack,
    resources: stack.resources.map((resource) =>
      resource.type === type ? { ...resource, ...change(resource) } : resource,
    ),
  }));
  return platformOf(stacks);
}

const withAttributes = (platform: SynthesizedPlatform, type: string, attributes: Readonly<Record<string, unknown>>) =>
  changed(platform, type, (resource) => ({ attributes: { ...resource.attributes, ...attributes } }));

const dev = platformWith();
const prod = platformWith("prod");
const reckoned = (platform: SynthesizedPlatform, eventsPerDay = EVENTS_PER_DAY) => costOf(platform, { eventsPerDay });

/** Quantity, price and sum of the lines of a kind. */
function linesOf({ lines, unpriced }: CostReport, what: string) {
  return [...lines, ...unpriced]
    .filter((line) => line.what === what)
    .map(({ quantity, unitPriceUsd, usdPerMonth }) => [quantity, unitPriceUsd, usdPerMonth]);
}

describe("machines", () => {
  test("every machine of a group is paid for, Kafka's too, whose group has no size", () => {
    expect(linesOf(reckoned(dev), "machine e2-medium")).toEqual([[1, 24.4591683, 24.4591683]]);
    const three = linesOf(reckoned(prod), "machine e2-standard-2")[0];
    expect(three).toEqual([3, 48.9183366, expect.closeTo(146.755, 3)]);
  });

  test("another machine type changes the answer by the difference of the prices", () => {
    const { kafka } = selectEnvironment({});
    const larger = platformWith("dev", { kafka: { ...kafka, type: "e2-standard-4" } });
    const difference = reckoned(larger).totalUsdPerMonth - reckoned(dev).totalUsdPerMonth;
    expect(difference).toBeCloseTo(97.8366732 - 24.4591683, 6);
  });

  test("a larger disk costs more, with every boot disk counted", () => {
    expect(linesOf(reckoned(prod), "boot disk pd-balanced").map(([gb]) => gb)).toEqual([10, 20, 30, 10]);
    expect(linesOf(reckoned(dev), "disk pd-balanced")).toEqual([[50, 0.1, 5]]);
  });

  test("an address that the internet reaches is paid for", () => {
    const open = withAttributes(dev, "google_compute_instance_template", {
      network_interface: [{ access_config: [{}] }],
    });
    expect(linesOf(reckoned(open), "external address")).toHaveLength(4);
    expect(linesOf(reckoned(dev), "external address")).toHaveLength(0);
  });

  test("snapshots hold what Kafka keeps, and a day's records for each day that they are kept", () => {
    const { kafkaDays, kafkaGbPerDay } = volumesOf(EVENTS_PER_DAY, 1, 1, 60_000);
    const quantity = (kafkaDays + 7) * kafkaGbPerDay;
    const [line] = linesOf(reckoned(dev), "snapshots, 7 days");
    expect(line).toEqual([expect.closeTo(quantity, 6), 0.05, expect.closeTo(quantity * 0.05, 6)]);
  });

  test("a way out to the internet costs its gateway, and its data by use", () => {
    const report = reckoned(platformWith("dev", { nat: true }));
    expect(linesOf(report, "Cloud NAT gateway")).toEqual([[1, 32.704, 32.704]]);
    expect(linesOf(report, "Cloud NAT data")).toEqual([[undefined, 0.045, undefined]]);
    expect(linesOf(reckoned(dev), "Cloud NAT gateway")).toEqual([]);
  });

  test("commitments and spot machines are shown as what they would save", () => {
    const { onDemandUsd, oneYearUsd, threeYearsUsd, spotUsd } = reckoned(dev).machines;
    expect(onDemandUsd).toBeCloseTo(3 * 12.22958415 + 24.4591683, 6);
    expect(oneYearUsd).toBeCloseTo(3 * 7.704636445 + 15.40927289, 6);
    expect([threeYearsUsd, spotUsd].every((usd) => usd > 0 && usd < onDemandUsd)).toBe(true);
  });

  test.each<[string, string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      "a machine type",
      "google_compute_instance_template",
      { machine_type: "n9-huge" },
      /^The machine type of kafka\/generator\/template is "n9-huge"; allowed: what the price list of 2026-07-30 has, e2-small, e2-medium, e2-standard-2, e2-standard-4\.$/,
    ],
    [
      "a region",
      "google_compute_instance_group_manager",
      { zone: "europe-west1-b" },
      /^The place of kafka\/generator\/group is "europe-west1-b"; allowed: us-central1, the region of the price list of 2026-07-30\.$/,
    ],
    [
      "a disk type",
      "google_compute_disk",
      { type: "pd-golden" },
      /^The disk type of kafka\/kafka\/data is "pd-golden"; allowed: .*pd-balanced/,
    ],
  ])("%s without a price is refused, with what is allowed", (_, type, attributes, message) => {
    expect(() => reckoned(withAttributes(dev, type, attributes))).toThrow(message);
  });
});

describe("stores", () => {
  const lakeGb = (report: CostReport) => report.lines.filter(({ what }) => what.startsWith("data files"));

  test("the lake's files cost what their class costs at their age, by the bucket's own rule", () => {
    const [standard, nearline] = lakeGb(reckoned(dev));
    expect([standard?.what, standard?.unitPriceUsd]).toEqual(["data files, STANDARD", 0.02]);
    expect([nearline?.what, nearline?.unitPriceUsd]).toEqual(["data files, NEARLINE", 0.01]);
    expect((nearline?.quantity ?? 0) / (standard?.quantity ?? 1)).toBeCloseTo((365 - 90) / 90, 6);
  });

  test("without such a rule all of it stays STANDARD", () => {
    const lines = lakeGb(reckoned(withAttributes(dev, "google_storage_bucket", { lifecycle_rule: [] })));
    expect(lines.map(({ what }) => what)).toEqual(["data files, STANDARD"]);
  });

  test("more events cost more storage and nothing else", () => {
    const [few, many] = [reckoned(dev), reckoned(dev, 10 * EVENTS_PER_DAY)];
    const dearer = many.lines.filter((line, index) => (line.usdPerMonth ?? 0) > (few.lines[index]?.usdPerMonth ?? 0));
    expect(dearer.map(({ what }) => what)).toEqual([
      "data files, STANDARD",
      "data files, NEARLINE",
      "snapshots, 7 days",
    ]);
  });

  test("larger files hold an event in fewer bytes", () => {
    const standard = (report: CostReport) => lakeGb(report)[0]?.quantity ?? 0;
    expect(standard(reckoned(dev, 10 * EVENTS_PER_DAY))).toBeLessThan(8 * standard(reckoned(dev)));
  });

  test("staging is reckoned up to its expiry and has no price", () => {
    const listens = (platform: SynthesizedPlatform) =>
      reckoned(platform).unpriced.find(({ resource }) => resource === "listen_events");
    expect(listens(dev)?.unitPriceUsd).toBeUndefined();
    // Sixty days in dev; in prod the twelve months that are reckoned come before the expiry.
    const gbPerDay = (EVENTS_PER_DAY * 0.4465 * 340) / 2 ** 30;
    expect(listens(dev)?.quantity).toBeCloseTo(60 * gbPerDay, 6);
    expect(listens(prod)?.quantity).toBeCloseTo(365 * gbPerDay, 6);
  });
});

test("a key's old versions are counted, since they stay", () => {
  // Rotated every 90 days: four times in twelve months.
  const versions = linesOf(reckoned(prod), "key versions");
  expect(versions.length).toBeGreaterThan(0);
  for (const line of versions) expect(line).toEqual([5, undefined, undefined]);
});

test("fewer commits make fewer and larger files", () => {
  const [often, seldom] = [60_000, 600_000].map((intervalMs) => volumesOf(20 * EVENTS_PER_DAY, 1, 3, intervalMs));
  expect(seldom?.lakeFilesPerDay).toBeLessThan((often?.lakeFilesPerDay ?? 0) / 8);
  expect(seldom?.lakeGbPerDay).toBeLessThan(0.6 * (often?.lakeGbPerDay ?? 0));
  // Twelve partitions, a commit a minute: what no rate can pass.
  expect(often?.lakeFilesPerDay).toBeLessThanOrEqual(12 * 1_440);
});

describe("the report", () => {
  test("is the sum of its lines, by stack and in all", () => {
    const { lines, stacks, totalUsdPerMonth } = reckoned(prod);
    const sum = lines.reduce((total, { quantity, unitPriceUsd }) => total + (quantity ?? 0) * (unitPriceUsd ?? 0), 0);
    expect(totalUsdPerMonth).toBeCloseTo(sum, 6);
    expect(stacks.reduce((total, { usdPerMonth }) => total + usdPerMonth, 0)).toBeCloseTo(sum, 6);
    const onGoogleCloud = prod.stacks.filter(({ resources }) => resources.some(({ type }) => /^google_/.test(type)));
    expect(stacks.map(({ stack }) => stack)).toEqual(onGoogleCloud.map(({ name }) => name));
  });

  test("knows of every type of resource that the platform declares whether it costs", () => {
    const types = new Set([...dev.resources, ...prod.resources].map(({ type }) => type));
    expect([...types].filter((type) => /^google_/.test(type) && !isKnown(type))).toEqual([]);
  });

  test("names a resource that it does not know instead of passing over it", () => {
    const strange = changed(dev, "google_compute_network", () => ({ type: "google_filestore_instance" }));
    expect(reckoned(strange).unpriced.map(({ what }) => what)).toContain(
      "google_filestore_instance, which npm run cost does not know",
    );
  });

  test("says from when and where the prices are, and shows every line and the total", () => {
    const report = reckoned(dev);
    const text = formatReport(report, "dev");
    expect(text).toContain(`Prices of ${PRICES.generated} for us-central1: ${PRICES.source}.`);
    for (const { resource } of report.lines) expect(text).toContain(resource);
    expect(text).toContain(report.totalUsdPerMonth.toFixed(2));
    expect(text).toContain("1,000,000 events a day");
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %p events a day", (eventsPerDay) => {
    expect(() => costOf(dev, { eventsPerDay })).toThrow(/^The number of events a day is .*; allowed: a number above 0/);
  });
});
