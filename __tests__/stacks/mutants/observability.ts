import type { Mutant } from "./mutant";

const ALERT = "google_monitoring_alert_policy";
const BUDGET = "google_billing_budget";
const METRIC = "google_logging_metric";
const QUERY = "conditions.condition_prometheus_query_language.query";
const KNOWN_TROUBLE = "Every kind of trouble that we know has its alert, and none is switched off";
const TOLD = "Alerts and the budget are told to whoever is named, and to nobody else";
const COUNTED = "Alerts and the dashboard ask only for metrics that are counted";
const THRESHOLDS = "Alerts begin where the environment's record says";
const WARNS = "A budget warns before the month's money is spent";

/** Mistakes that keep trouble from whoever must know. */
export const OBSERVABILITY_MUTANTS: readonly Mutant[] = [
  {
    title: "no alert where commits stall",
    breaks: [KNOWN_TROUBLE],
    seed: (draft) => draft.remove(ALERT, "stalled-commit"),
  },
  {
    title: "an alert that is switched off",
    breaks: [KNOWN_TROUBLE],
    seed: (draft) => draft.set(ALERT, "disk-filling", "enabled", false),
  },
  {
    title: "an alert without its documentation",
    breaks: ["Every alert says what it means, where to look and what to do"],
    seed: (draft) => draft.set(ALERT, "growing-lag", "documentation", undefined),
  },
  {
    title: "an alert whose page doesn't say what to do",
    breaks: ["Every alert says what it means, where to look and what to do"],
    seed: (draft) => draft.replace(ALERT, "dead-letters", "documentation.content", "**What to do.**", "**Well.**"),
  },
  {
    title: "an alert that tells nobody although somebody is named",
    alertEmail: "oncall@example.com",
    breaks: [TOLD],
    seed: (draft) => draft.set(ALERT, "machine-missing", "notification_channels", undefined),
  },
  {
    title: "alerts to an address that nobody named",
    alertEmail: "oncall@example.com",
    breaks: [TOLD],
    seed: (draft) =>
      draft.set("google_monitoring_notification_channel", undefined, "labels.email_address", "else@example.com"),
  },
  {
    title: "a budget that tells nobody although somebody is named",
    alertEmail: "oncall@example.com",
    breaks: [TOLD],
    seed: (draft) => draft.set(BUDGET, "budget", "all_updates_rule", undefined),
  },
  {
    title: "a metric that has gone missing under its alerts",
    breaks: [COUNTED],
    seed: (draft) => draft.remove(METRIC, "processor_waiting_records"),
  },
  {
    title: "an alert on a metric of another spelling, which never fires",
    breaks: [COUNTED],
    seed: (draft) => draft.replace(ALERT, "program-errors", QUERY, "rhythmic_prod_errors", "rhythmic_prod_error"),
  },
  {
    title: "a metric that counts the other environment's lines too",
    breaks: ["Metrics count this environment's lines alone"],
    seed: (draft) => draft.replace(METRIC, "errors", "filter", 'jsonPayload.deployment="rhythmic-prod" AND ', ""),
  },
  {
    title: "an alert on a disk that is full already",
    breaks: [THRESHOLDS],
    seed: (draft) => draft.replace(ALERT, "disk-filling", QUERY, "> 70", "> 99"),
  },
  {
    title: "an alert that waits for ten times the lag",
    breaks: [THRESHOLDS],
    seed: (draft) => draft.replace(ALERT, "growing-lag", QUERY, "> 5000000", "> 50000000"),
  },
  {
    title: "an alert that is content with fewer processors",
    breaks: [THRESHOLDS],
    seed: (draft) => draft.replace(ALERT, "machine-missing", QUERY, "< 3", "< 1"),
  },
  {
    title: "an alert that waits for a day before it says that commits stall",
    breaks: [THRESHOLDS],
    seed: (draft) =>
      draft.set(ALERT, "stalled-commit", "conditions.condition_prometheus_query_language.duration", "86400s"),
  },
  {
    title: "a budget over everything that the billing account pays",
    breaks: [WARNS],
    seed: (draft) => draft.set(BUDGET, "budget", "budget_filter.projects", undefined),
  },
  {
    title: "no budget",
    breaks: [WARNS],
    seed: (draft) => draft.remove(BUDGET),
  },
  {
    title: "a budget of another environment's size",
    breaks: [WARNS],
    seed: (draft) => draft.set(BUDGET, "budget", "amount.specified_amount.units", "80000"),
  },
  {
    title: "a budget that speaks when the money is gone",
    breaks: [WARNS],
    seed: (draft) =>
      draft.set(BUDGET, "budget", "threshold_rules", [{ threshold_percent: 1, spend_basis: "CURRENT_SPEND" }]),
  },
  {
    title: "a machine whose disk fills in silence",
    breaks: ["Machines report how full their disks and their memory are"],
    seed: (draft) =>
      draft.set("google_compute_instance_template", "kafka/template", "metadata.google-monitoring-enabled", "false"),
  },
];
