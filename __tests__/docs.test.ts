import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { constantIn } from "../scripts/generate-files/source-constants";
import { kafkaHeapMib } from "../stacks/constructs/machine-types";
import type { Attributes } from "../stacks/synthesis/synthesized";
import { removeFakeBundles } from "./stacks/fake-bundles";
import { synthesizePlatform } from "./stacks/synthesize-platform";

jest.mock("../stacks/constructs/bundle", () => require("./stacks/fake-bundles").bundleModule);
afterAll(removeFakeBundles);

const ROOT = path.join(__dirname, "..");
const PAGES = [
  "README.md",
  ...readdirSync(path.join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const textOf = (page: string) => readFileSync(path.join(ROOT, page), "utf8");

describe.each(PAGES)("%s", (page) => {
  const text = textOf(page);

  test("names no command that there is not", () => {
    const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/\bnpm run ([a-z]+(?:[:-][a-z]+)*)/g)].map(([, name]) => name ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("names no file of the repository that there is not", () => {
    const files = [...text.matchAll(/`((?:stacks|runtime|scripts|__tests__|docs)\/[\w./-]*\.\w+)`/g)].map(
      ([, file]) => file ?? "",
    );
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  test("links to no page that there is not", () => {
    const targets = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target ?? "");
    expect(targets.filter((target) => !existsSync(path.join(ROOT, path.dirname(page), target)))).toEqual([]);
  });
});

describe("values that a page says in its own words are those of the code", () => {
  const platform = synthesizePlatform("prod");
  const attributesOf = (type: string): Attributes => platform.ofType(type)[0]?.attributes ?? {};

  test("Kafka's heap is a quarter of the memory, at most 6 GB", () => {
    expect(textOf("docs/kafka_optimization.md")).toContain("a quarter of the memory, and at most 6 GB");
    expect(kafkaHeapMib("x", "e2-standard-4")).toBe((16 * 1024) / 4);
    expect(kafkaHeapMib("x", "e2-standard-8")).toBe(6 * 1024);
  });

  test("the subnet samples half of its flows and gathers five minutes of them", () => {
    expect(textOf("docs/gcp_optimization.md").replaceAll(/\s+/g, " ")).toContain(
      "samples half of its flows and gathers five minutes",
    );
    expect(attributesOf("google_compute_subnetwork").log_config).toMatchObject({
      aggregation_interval: "INTERVAL_5_MIN",
      flow_sampling: 0.5,
    });
  });

  test("the budget warns at half, at four fifths, at all, and when the forecast passes it", () => {
    expect(textOf("docs/gcp_optimization.md").replaceAll(/\s+/g, " ")).toContain(
      "at half, at four fifths and at all of",
    );
    expect(attributesOf("google_billing_budget").threshold_rules).toEqual([
      { spend_basis: "CURRENT_SPEND", threshold_percent: 0.5 },
      { spend_basis: "CURRENT_SPEND", threshold_percent: 0.8 },
      { spend_basis: "CURRENT_SPEND", threshold_percent: 1 },
      { spend_basis: "FORECASTED_SPEND", threshold_percent: 1 },
    ]);
  });

  test("a table takes 10,000 partitions, and cold storage begins after 30 days", () => {
    expect(textOf("docs/gcp_optimization.md").replaceAll(/\s+/g, " ")).toContain(
      "takes 10,000 partitions, which is about 416 days",
    );
    expect(Math.floor(constantIn("stacks/checks/environment-checks.ts", "HOURLY_PARTITIONS_MAX") / 24)).toBe(416);
    expect(constantIn("stacks/checks/environment-checks.ts", "COLD_DAYS_MIN")).toBe(30);
  });

  test("producers retry for two minutes while Kafka's machine is made anew", () => {
    expect(textOf("docs/deploy.md").replaceAll(/\s+/g, " ")).toContain("Producers retry for two minutes");
    expect(constantIn("runtime/kafka/kafkajs-sink.ts", "DELIVERY_TIMEOUT_MS")).toBe(2 * 60_000);
  });

  test("the controller's port is open on the machine itself only", () => {
    const kafka = platform
      .ofType("google_compute_instance_template")
      .find(({ path: where }) => where === "kafka/template");
    expect(JSON.stringify(kafka?.attributes.metadata)).toContain("CONTROLLER://127.0.0.1:9093");
  });
});
