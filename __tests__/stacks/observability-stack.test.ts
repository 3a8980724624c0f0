import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { generatorReports } from "../../runtime/generator/metrics";
import { keeperReports } from "../../runtime/keeper/metrics";
import { loaderReports } from "../../runtime/loader/metrics";
import { processorReports } from "../../runtime/processor/metrics";
import type { ReportDeclaration } from "../../runtime/support/metrics";
import { ENVIRONMENT_NAMES } from "../../stacks/environment-record";
import { selectEnvironment } from "../../stacks/environments";
import { type Alert, alertsOf } from "../../stacks/observability/alerts";
import { logCommand } from "../../stacks/observability/log-filter";
import { promql } from "../../stacks/observability/promql";
import { runbookOf } from "../../stacks/observability/runbook";
import { Queries, signalsOf } from "../../stacks/observability/signals";
import type { Attributes } from "../../stacks/synthesis/synthesized";
import { type Synthesis, synthesizePlatform } from "./synthesize-platform";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

afterAll(() => jest.requireActual("./fake-bundles").removeFakeBundles());

const RUNBOOKS = path.join(__dirname, "../../docs/runbooks");
const REPORTS: Readonly<Record<string, Readonly<Record<string, ReportDeclaration>>>> = {
  generator: generatorReports,
  processor: processorReports,
  loader: loaderReports,
  keeper: keeperReports,
};
const dev = selectEnvironment({});

/** The names of counted metrics that a query asks for, without the suffix that reads a distribution. */
function metricsIn(query: string): string[] {
  const names = [...query.matchAll(/logging_googleapis_com:user_(\w+)/g)].map(([, name]) => String(name));
  return names.map((name) => name.replace(/_(sum|count)$/, ""));
}

/** The one condition of a policy. */
function conditionOf(policy: Attributes): Attributes {
  const [condition] = policy.conditions as { condition_prometheus_query_language: Attributes }[];
  return condition?.condition_prometheus_query_language ?? {};
}

function queryOf(policy: Attributes): string {
  return String(conditionOf(policy).query);
}

describe.each(ENVIRONMENT_NAMES)("observability in %s", (name) => {
  let platform: Synthesis;
  beforeAll(() => {
    platform = synthesizePlatform(name);
  });
  const metrics = () => platform.ofType("google_logging_metric").map(({ attributes }) => attributes);
  const policies = () => platform.ofType("google_monitoring_alert_policy").map(({ attributes }) => attributes);
  const dashboard = (): { mosaicLayout: { tiles: { widget: Attributes }[]; columns: number } } =>
    JSON.parse(String(platform.ofType("google_monitoring_dashboard")[0]?.attributes.dashboard_json));
  const charts = () =>
    dashboard().mosaicLayout.tiles.flatMap(({ widget }) => (widget.xyChart === undefined ? [] : [widget]));
  const chartQueries = () =>
    charts().flatMap(({ xyChart }) =>
      ((xyChart as Attributes).dataSets as Attributes[]).map((dataSet) =>
        String((dataSet.timeSeriesQuery as Attributes).prometheusQuery),
      ),
    );

  test("every amount and level that a program declares is counted from the very line that it logs", () => {
    const declared = Object.entries(REPORTS).flatMap(([program, reports]) =>
      Object.entries(reports).flatMap(([report, { message, fields }]) =>
        Object.entries(fields)
          .filter(([, { kind }]) => kind === "amount" || kind === "level")
          .map(([field]) => ({ program, report, field, message })),
      ),
    );
    expect(declared.length).toBeGreaterThanOrEqual(12);
    for (const { program, report, field, message } of declared) {
      const metric = metrics().find((candidate) => candidate.name === `rhythmic_${name}_${program}_${report}_${field}`);
      expect(metric).toMatchObject({
        value_extractor: `EXTRACT(jsonPayload.${field})`,
        metric_descriptor: { metric_kind: "DELTA", value_type: "DISTRIBUTION" },
      });
      const filter = String(metric?.filter);
      expect(filter).toContain(`jsonPayload.program=("${program}")`);
      expect(filter).toContain(`jsonPayload.message="${message}"`);
      expect(filter).toContain(`jsonPayload.deployment="rhythmic-${name}"`);
    }
    // And the errors of all programs.
    expect(metrics().length).toBe(declared.length + 1);
  });

  test("the machines tell their programs the deployment by which the metrics count", () => {
    const programs = platform.stacks.filter(({ name: stack }) => stack !== "local").flatMap((stack) => stack.programs);
    expect(programs.map(({ program }) => program).sort()).toEqual(["generator", "keeper", "loader", "processor"]);
    for (const { environment } of programs) expect(environment.RHYTHMIC_DEPLOYMENT).toBe(`rhythmic-${name}`);
  });

  test("labels of a metric are those that its lines carry", () => {
    for (const metric of metrics()) {
      const keys = ((metric.metric_descriptor as Attributes).labels as Attributes[]).map(({ key }) => key);
      expect(Object.keys(metric.label_extractors as Attributes)).toEqual(keys);
      for (const [key, extractor] of Object.entries(metric.label_extractors as Attributes)) {
        expect(extractor).toBe(`EXTRACT(jsonPayload.${key})`);
      }
    }
  });

  test("alerts and charts ask for no metric but the declared ones, and every declared one is on the dashboard", () => {
    const known = metrics().map((metric) => metric.name);
    const asked = [...policies().map(queryOf), ...chartQueries()].flatMap(metricsIn);
    expect(asked.length).toBeGreaterThan(15);
    for (const metric of asked) expect(known).toContain(metric);
    for (const metric of known) expect(chartQueries().flatMap(metricsIn)).toContain(metric);
  });

  test("what the issue of an alert needs is watched: commits, lag, dead letters, machines, disks, loads, errors, Kafka", () => {
    expect(
      alertsOf({ ...dev, name })
        .map(({ id }) => id)
        .sort(),
    ).toEqual([
      "certificate-ends",
      "dead-letters",
      "disk-filling",
      "growing-lag",
      "kafka-not-kept",
      "load-too-old",
      "machine-missing",
      "program-errors",
      "stalled-commit",
    ]);
    expect(policies().length).toBe(9);
  });

  test("every alert has a severity and one condition, works on a first deploy, and closes by itself", () => {
    for (const policy of policies()) {
      expect((policy.conditions as Attributes[]).length).toBe(1);
      expect(conditionOf(policy)).toMatchObject({ disable_metric_validation: true });
      expect(["CRITICAL", "ERROR", "WARNING"]).toContain(policy.severity);
      expect(policy.alert_strategy).toEqual({ auto_close: "21600s" });
      expect((policy.depends_on as string[]).length).toBe(metrics().length);
    }
  });

  test("every alert carries its runbook, with the environment's own names in the commands", () => {
    for (const { id } of alertsOf({ ...dev, name })) {
      const policy = policies().find(({ display_name: shown }) => shown === `rhythmic-${name} ${id}`);
      const { content } = (policy?.documentation ?? {}) as Attributes;
      expect(content).toContain("**What it means.**");
      expect(content).toContain(`This page: docs/runbooks/${id}.md`);
      expect(content).toContain("--project=rhythmic-example");
      expect(content).toContain(`rhythmic-${name}`);
      expect(content).not.toMatch(/<(project|environment|zone|region)>/);
    }
  });

  test("the thresholds are the environment's", () => {
    const { alerts, processor } = selectEnvironment({ RHYTHMIC_ENV: name });
    const policyOf = (id: string) =>
      policies().find(({ display_name: shown }) => String(shown).endsWith(` ${id}`)) ?? {};
    const durationOf = (id: string) => conditionOf(policyOf(id)).duration;
    expect(queryOf(policyOf("growing-lag"))).toMatch(new RegExp(` > ${alerts.lagRecordsMax}$`));
    expect(queryOf(policyOf("disk-filling"))).toMatch(new RegExp(` > ${alerts.diskUsedMaxPercent}$`));
    // The first five minutes are what the query looks back.
    expect(durationOf("stalled-commit")).toBe(`${(alerts.commitAgeMaxMinutes - 5) * 60}s`);
    expect(durationOf("load-too-old")).toBe(`${(alerts.loadAgeMaxMinutes - 5) * 60}s`);
    expect(queryOf(policyOf("machine-missing"))).toContain(
      `instance_name=~"rhythmic-${name}-processor-.*"}[5m])) or vector(0)) < ${processor.count},`,
    );
  });

  test("the dashboard shows rates, lag, commits, dead letters, load age and cost, four charts a row", () => {
    const { columns, tiles } = dashboard().mosaicLayout;
    const titles = tiles.map(({ widget }) => String(widget.title));
    for (const word of [
      "a second",
      "Lag",
      "Commits",
      "Dead letters",
      "Load age",
      "Cost",
      "Errors",
      "Disks",
      "Certificates",
    ]) {
      expect(titles.some((title) => title.includes(word))).toBe(true);
    }
    expect([columns, tiles.length]).toEqual([48, 20]);
    // The service does not keep zeros: each would be a change at every deploy.
    expect(platform.ofType("google_monitoring_dashboard")[0]?.attributes.dashboard_json).not.toMatch(/"[xy]Pos":0\b/);
    for (const query of chartQueries()) {
      expect(query.split("(").length).toBe(query.split(")").length);
      // Metrics of several kinds of resources give an error where none is named.
      for (const [selector] of query.matchAll(/\{[^}]*\}/g)) expect(selector).toContain("monitored_resource=");
    }
  });

  test("the budget warns at half, at four fifths, at all of it, and when the month is going to end above it", () => {
    const [budget] = platform.ofType("google_billing_budget");
    expect(budget?.attributes).toMatchObject({
      provider: "google.billing",
      amount: { specified_amount: { units: String(selectEnvironment({ RHYTHMIC_ENV: name }).budgetUsdPerMonth) } },
      budget_filter: {
        calendar_period: "MONTH",
        projects: [expect.stringMatching(/^projects\/\$\{data\.google_project/)],
      },
      threshold_rules: [
        { threshold_percent: 0.5, spend_basis: "CURRENT_SPEND" },
        { threshold_percent: 0.8, spend_basis: "CURRENT_SPEND" },
        { threshold_percent: 1, spend_basis: "CURRENT_SPEND" },
        { threshold_percent: 1, spend_basis: "FORECASTED_SPEND" },
      ],
    });
    const stack = platform.stacks.find((candidate) => candidate.name === "observability");
    expect(stack?.json.provider?.google).toContainEqual(
      expect.objectContaining({ alias: "billing", billing_project: "rhythmic-example", user_project_override: true }),
    );
    // Both: the one finds the billing account for the other.
    expect(budget?.attributes.provider).toBe("google.billing");
    expect(stack?.data.map(({ type, attributes }) => [type, attributes.provider])).toEqual([
      ["google_project", "google.billing"],
    ]);
  });
});

test("each runbook has its alert, and each alert its runbook", () => {
  const pages = readdirSync(RUNBOOKS).map((file) => file.replace(/\.md$/, ""));
  expect(pages.sort()).toEqual(
    alertsOf(dev)
      .map(({ id }) => id)
      .sort(),
  );
  for (const page of pages) {
    const text = readFileSync(path.join(RUNBOOKS, `${page}.md`), "utf8");
    for (const part of [
      /^# /,
      /\*\*What it means\.\*\*/,
      /\*\*Look first\.\*\*/,
      /\*\*What to do\.\*\*/,
      /\*\*It is over\*\*/,
    ]) {
      expect(text).toMatch(part);
    }
  }
});

test("an alert without a runbook is refused at synthesis", () => {
  expect(() => runbookOf(dev, "nobody-knows")).toThrow(
    "The alert nobody-knows has no runbook: write docs/runbooks/nobody-knows.md.",
  );
});

/** Of every line, of errors, and of the reports. */
const FIELDS = [
  ...["program", "deployment", "message", "severity", "code"],
  ...Object.values(REPORTS).flatMap((reports) => Object.values(reports).flatMap(({ fields }) => Object.keys(fields))),
];

test("what the runbooks look for in the log is what the programs say", () => {
  const said = Object.values(REPORTS).flatMap((reports) => Object.values(reports).map(({ message }) => message));
  for (const file of readdirSync(RUNBOOKS)) {
    const text = readFileSync(path.join(RUNBOOKS, file), "utf8");
    for (const [, message] of text.matchAll(/jsonPayload\.message="([^"]+)"/g)) expect(said).toContain(message);
    for (const [, field] of text.matchAll(/jsonPayload\.(\w+)/g)) expect(FIELDS).toContain(field);
  }
});
test("somebody is written to only where the environment names somebody", () => {
  const silent = synthesizePlatform("dev");
  expect(silent.ofType("google_monitoring_notification_channel")).toEqual([]);
  for (const { attributes } of silent.ofType("google_monitoring_alert_policy")) {
    expect(attributes.notification_channels).toBeUndefined();
  }
  expect(silent.ofType("google_billing_budget")[0]?.attributes.all_updates_rule).toBeUndefined();
});

test("a query on what no program declares does not compile", () => {
  const queries = new Queries(dev);
  expect(queries.total("processor", "committed", "rows", "5m")).toBe(
    'increase(logging_googleapis_com:user_rhythmic_dev_processor_committed_rows_sum{monitored_resource="gce_instance"}[5m])',
  );
  // @ts-expect-error no such report
  queries.total("processor", "committedTwice", "rows", "5m");
  // @ts-expect-error no such field
  queries.total("processor", "committed", "records", "5m");
  // @ts-expect-error a level has no total
  queries.total("processor", "waiting", "records", "5m");
  // @ts-expect-error a label is no measure
  queries.lines("processor", "committed", "topic", "5m");
});

test("an alert on a metric by its name alone does not compile, and none is smuggled into another's query", () => {
  const errors = new Queries(dev).errors("5m");
  const alertOn = (query: Alert["query"]) => query;
  expect(alertOn(promql`sum(${errors}) > ${0}`)).toBe(`sum(${errors}) > 0`);
  // @ts-expect-error a text that reads like a query
  alertOn('increase({"logging.googleapis.com/user/rhythmic_dev_processor_gone_rows"}[1h]) > 0');
  // @ts-expect-error around no declared metric
  alertOn(promql`sum(logs_that_nobody_writes) > 0`);
  // @ts-expect-error a text beside one
  alertOn(promql`${errors} or ${"logs_that_nobody_writes"}`);
  expect(() => promql`${errors} or logging_googleapis_com:user_rhythmic_dev_gone`).toThrow(
    "A query names a metric in its text: or logging_googleapis_com:user_rhythmic_dev_gone",
  );
});

test("the environments' metrics and commands are told apart", () => {
  const prod = selectEnvironment({ RHYTHMIC_ENV: "prod", RHYTHMIC_PROJECT: "acme-music" });
  const names = (environment: typeof dev) => signalsOf(environment).map((signal) => signal.name);
  expect(names(dev).filter((name) => names(prod).includes(name))).toEqual([]);
  expect(logCommand(prod, "loader")).toMatch(
    /^gcloud logging read 'resource\.type="gce_instance" AND .*rhythmic-prod.*' /,
  );
});
