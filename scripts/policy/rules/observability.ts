import { deploymentOf } from "../../../stacks/names";
import type { SynthesizedPlatform, SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import { block, blocks, findingAt, forEach, missing, mustBe, mustEqualSet, mustHold, type Rule, texts } from "../rule";

/** Somebody learns what goes wrong, and what to do. */

const ALERT = "google_monitoring_alert_policy";
const METRIC = "google_logging_metric";
const BUDGET = "google_billing_budget";
const CHANNEL = "google_monitoring_notification_channel";

/** Every kind of trouble, by the name of its alert and of its page in docs/runbooks. */
const ALERTS = [
  "stalled-commit",
  "growing-lag",
  "dead-letters",
  "machine-missing",
  "disk-filling",
  "load-too-old",
  "program-errors",
  "certificate-ends",
  "kafka-not-kept",
];
/** Over which time the queries of alerts look back, minutes. */
const QUERY_WINDOW_MINUTES = 5;
/** What a page must have for somebody who is woken by it. */
const HEADINGS = ["**What it means.**", "**Look first.**", "**What to do.**"];

/** The metrics of ours that a text asks for, without the suffix by which a distribution is read. */
function metricsIn(text: string): string[] {
  const names = [...text.matchAll(/logging_googleapis_com:user_(\w+)/g)].map(([, name]) => String(name));
  return [...new Set(names.map((name) => name.replace(/_(sum|count|bucket)$/, "")))];
}

/** Metrics that a resource asks for and nobody counts. */
function uncounted(resource: SynthesizedResource, text: string, platform: SynthesizedPlatform) {
  const counted = platform.ofType(METRIC).map(({ attributes }) => attributes.name);
  return metricsIn(text)
    .filter((name) => !counted.includes(name))
    .map((name) => findingAt(resource, name, "a metric that is declared"));
}

function queriesOf({ attributes }: SynthesizedResource): string {
  return blocks(attributes.conditions)
    .map((condition) => String(block(condition.condition_prometheus_query_language)?.query ?? ""))
    .join("\n");
}

export const OBSERVABILITY: readonly Rule[] = [
  {
    name: "Every kind of trouble that we know has its alert, and none is switched off",
    why: "A pipeline that stands still looks like a quiet one.",
    check: (platform, environment) => [
      ...mustEqualSet(
        platform.ofType(ALERT).map((alert) => [String(alert.attributes.display_name), alert] as const),
        ALERTS.map((alert) => `${deploymentOf(environment)} ${alert}`),
        "an alert",
      ),
      ...forEach(platform, ALERT, (alert) => [
        mustHold(alert, "enabled", (enabled) => enabled !== false, "true"),
        queriesOf(alert) === "" ? findingAt(alert, alert.attributes.conditions, "a condition with a query") : undefined,
      ]),
    ],
  },
  {
    name: "Every alert says what it means, where to look and what to do",
    why: "At night nobody remembers what a metric's name stood for.",
    check: (platform) =>
      forEach(platform, ALERT, (alert) => [
        mustHold(
          alert,
          "documentation.content",
          (content) => HEADINGS.every((heading) => String(content).includes(heading)),
          `a page with ${HEADINGS.join(", ")}`,
        ),
      ]),
  },
  {
    name: "Alerts and the budget are told to whoever is named, and to nobody else",
    why: "An alert that reaches nobody is found the next morning.",
    check: (platform, { alertEmail }) => {
      const channels = platform.ofType(CHANNEL);
      const expected = alertEmail === undefined ? 0 : 1;
      const told = (channel: unknown) => texts(channel).length === expected;
      return [
        ...(channels.length === expected ? [] : [missing("observability", `${CHANNEL}s`, String(expected))]),
        ...channels.flatMap((channel) => mustBe(channel, "labels.email_address", alertEmail) ?? []),
        ...forEach(platform, ALERT, (alert) => [
          told(alert.attributes.notification_channels)
            ? undefined
            : findingAt(alert, alert.attributes.notification_channels, `${expected} channels`),
        ]),
        ...forEach(platform, BUDGET, (budget) => [
          told(block(budget.attributes.all_updates_rule)?.monitoring_notification_channels)
            ? undefined
            : findingAt(budget, budget.attributes.all_updates_rule, `${expected} channels`),
        ]),
      ];
    },
  },
  {
    name: "Alerts and the dashboard ask only for metrics that are counted",
    why: "An alert on a metric that doesn't exist never fires, and a chart of it stays empty.",
    check: (platform) => [
      ...forEach(platform, METRIC, (metric) => [
        mustHold(metric, "filter", (filter) => typeof filter === "string" && filter !== "", "a filter"),
      ]),
      ...forEach(platform, ALERT, (alert) => uncounted(alert, queriesOf(alert), platform)),
      ...forEach(platform, "google_monitoring_dashboard", (dashboard) =>
        uncounted(dashboard, String(dashboard.attributes.dashboard_json), platform),
      ),
    ],
  },
  {
    name: "Metrics count this environment's lines alone",
    why: "Environments that share a project would alarm each other.",
    check: (platform, environment) =>
      forEach(platform, METRIC, (metric) => [
        mustHold(
          metric,
          "filter",
          (filter) => String(filter).includes(`jsonPayload.deployment="${deploymentOf(environment)}"`),
          `lines of ${deploymentOf(environment)}`,
        ),
      ]),
  },
  {
    name: "Alerts begin where the environment's record says",
    why: "A threshold that nobody decided on fires all the time, or never.",
    check: (platform, environment) => {
      const { lagRecordsMax, diskUsedMaxPercent } = environment.alerts;
      const { processor } = environment;
      const { commitAgeMaxMinutes, loadAgeMaxMinutes } = environment.alerts;
      // What a query looks back over counts too.
      const durations: Readonly<Record<string, string>> = {
        "stalled-commit": `${(commitAgeMaxMinutes - QUERY_WINDOW_MINUTES) * 60}s`,
        "load-too-old": `${(loadAgeMaxMinutes - QUERY_WINDOW_MINUTES) * 60}s`,
      };
      const expected: Readonly<Record<string, string>> = {
        "growing-lag": `> ${lagRecordsMax}`,
        "disk-filling": `> ${diskUsedMaxPercent}`,
        "machine-missing": `-processor-.*"}[5m])) or vector(0)) < ${processor.count},`,
      };
      return forEach(platform, ALERT, (alert) => {
        const threshold = expected[alert.path];
        const query = queriesOf(alert);
        const holds = threshold === undefined || query.endsWith(threshold) || query.includes(`${threshold} `);
        const duration = durations[alert.path];
        return [
          holds ? undefined : findingAt(alert, query.slice(-60), threshold ?? ""),
          duration === undefined
            ? undefined
            : mustBe(alert, "conditions.condition_prometheus_query_language.duration", duration),
        ];
      });
    },
  },
  {
    name: "A budget warns before the month's money is spent",
    why: "A loop that runs over night is otherwise seen on the invoice.",
    source: "https://docs.cloud.google.com/billing/docs/how-to/budgets",
    check: (platform, { budgetUsdPerMonth }) =>
      forEach(platform, BUDGET, (budget) => {
        const rules = blocks(budget.attributes.threshold_rules);
        return [
          mustBe(budget, "amount.specified_amount.units", String(budgetUsdPerMonth)),
          mustBe(budget, "budget_filter.calendar_period", "MONTH"),
          mustHold(
            budget,
            "budget_filter.projects",
            () => texts(block(budget.attributes.budget_filter)?.projects).length === 1,
            "the project alone, not the whole billing account",
          ),
          rules.some(({ threshold_percent }) => Number(threshold_percent) < 1)
            ? undefined
            : findingAt(budget, rules, "a threshold below the whole amount"),
          rules.some(({ spend_basis }) => spend_basis === "FORECASTED_SPEND")
            ? undefined
            : findingAt(budget, rules, "a threshold of what is forecast"),
        ];
      }),
  },
  {
    name: "Machines report how full their disks and their memory are",
    why: "Nobody sees from outside that a disk fills, until Kafka stops.",
    check: (platform) =>
      forEach(platform, "google_compute_instance_template", (template) => [
        mustBe(template, "metadata.google-monitoring-enabled", "true"),
      ]),
  },
];
