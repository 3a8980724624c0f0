import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { syntheticCatalog } from "../runtime/generator/catalog/synthetic";
import { US_STATES } from "../runtime/generator/catalog/us-states";
import { EVENTSIM_INSTEAD } from "../runtime/generator/eventsim-flags";
import { readIncidents } from "../runtime/generator/incidents/read-incidents";
import { generatorSettings } from "../runtime/generator/settings";
import { PROCESSOR_GROUP } from "../runtime/kafka/access";
import { readSettings } from "../runtime/support/program";
import { constantIn } from "../scripts/generate-files/source-constants";
import { vm } from "../scripts/vm";
import { kafkaToolCommand } from "../stacks/constructs/kafka-machine";
import { kafkaHeapMib } from "../stacks/constructs/machine-types";
import type { Attributes } from "../stacks/synthesis/synthesized";
import { removeFakeBundles } from "./stacks/fake-bundles";
import { synthesizePlatform } from "./stacks/synthesize-platform";
import { commandsIn, GUIDES, wordsOf } from "./support/documented-commands";

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

describe("commands of the generator", () => {
  const GENERATE = "npm run generate -- ";
  const documented = GUIDES.flatMap((page) =>
    commandsIn(page, GENERATE).map((command) => [page, command] as const),
  ).filter(
    // A synopsis stands for many commands.
    ([, command]) => !command.endsWith("..."),
  );

  test("stand in the guide", () => expect(documented.length).toBeGreaterThan(6));

  test.each(documented)("%s: %s", (_, command) => {
    const program = { name: "generator", settings: generatorSettings, instead: EVENTSIM_INSTEAD };
    // Everything but --help is settings, each with a value that it allows.
    expect(readSettings(program, wordsOf(command).slice(4), {}) === undefined).toBe(command.includes("--help"));
  });

  test("the schedule of incidents in the guide is one for the built-in catalogue", () => {
    const [, example = ""] = /```json\n(\{\n {2}"incidents"[\s\S]*?)```/.exec(textOf("docs/generator.md")) ?? [];
    const { songs } = syntheticCatalog(1);
    const states = US_STATES.map(({ code }) => code);
    const schedule = readIncidents("docs/generator.md", example, { songs, states, startS: 0 });
    expect(schedule.described.map(({ text }) => text)).toHaveLength(3);
  });
});

describe("commands for the machines", () => {
  const VM = "npm run vm -- ";
  const documented = GUIDES.flatMap((page) => commandsIn(page, VM).map((command) => [page, command] as const)).filter(
    ([, command]) => !command.includes("ACTION"),
  );

  test("stand in the guide", () => expect(documented.length).toBeGreaterThan(30));

  test.each(documented)("%s: %s", async (_, command) => {
    const [action = "", ...words] = wordsOf(command).slice(4);
    const printed: string[] = [];
    const said: string[] = [];
    const code = await vm([action, "--dry-run", ...words], {
      variables: { RHYTHMIC_PROJECT: "acme-music" },
      print: (line) => printed.push(line),
      say: (line) => said.push(line),
      pass: () => {},
    });
    expect({ code, said }).toEqual({ code: 0, said: [] });
    expect(printed.join("\n")).toMatch(/^gcloud /);
  });

  test("the one that reads lag is what the stacks run on Kafka's machine", () => {
    const command = kafkaToolCommand("kafka-consumer-groups.sh", `--describe --group ${PROCESSOR_GROUP}`);
    expect(commandsIn("docs/operations.md", VM).map((line) => line.split(" -- ").at(-1))).toContain(command);
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

  test("Kafka's disk is copied every night at 04:00, and a clock may be a minute off", () => {
    const [nightly] = platform.ofType("google_compute_resource_policy");
    expect(JSON.stringify(nightly?.attributes)).toContain('"start_time":"04:00"');
    expect(textOf("docs/operations.md")).toContain("every night at 04:00 UTC");
    expect(textOf("stacks/constructs/templates/fetch-bundle.sh")).toContain("clock_off_max_s=60\n");
    expect(textOf("docs/operations.md")).toContain("more than a minute off");
  });

  test("the generator retries for a day while Kafka's machine is made anew", () => {
    for (const page of ["docs/deploy.md", "docs/operations.md"]) {
      expect(textOf(page).replaceAll(/\s+/g, " ")).toContain("the generator keeps its records and retries for a day");
    }
    const generator = platform
      .ofType("google_compute_instance_template")
      .find(({ path: where }) => where === "generator/template");
    expect(JSON.stringify(generator?.attributes.metadata)).toContain(
      `GENERATOR_DELIVERY_TIMEOUT_MS=${24 * 60 * 60_000}\\n`,
    );
  });

  test("the controller's port is open on the machine itself only", () => {
    const kafka = platform
      .ofType("google_compute_instance_template")
      .find(({ path: where }) => where === "kafka/template");
    expect(JSON.stringify(kafka?.attributes.metadata)).toContain("CONTROLLER://127.0.0.1:9093");
  });
});
