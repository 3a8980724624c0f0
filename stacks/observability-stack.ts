import { BillingBudget } from "@cdktf/provider-google/lib/billing-budget";
import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project";
import { LoggingMetric } from "@cdktf/provider-google/lib/logging-metric";
import { MonitoringAlertPolicy } from "@cdktf/provider-google/lib/monitoring-alert-policy";
import { MonitoringDashboard } from "@cdktf/provider-google/lib/monitoring-dashboard";
import { MonitoringNotificationChannel } from "@cdktf/provider-google/lib/monitoring-notification-channel";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { Fn, Token } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "./environment-record";
import type { FoundationStack } from "./foundation-stack";
import { deploymentOf, labelsOf, nameOf } from "./names";
import { type Alert, alertsOf } from "./observability/alerts";
import { dashboardOf } from "./observability/dashboard";
import { linesOf } from "./observability/log-filter";
import { runbookOf } from "./observability/runbook";
import { type Signal, signalsOf } from "./observability/signals";
import { PlatformStack } from "./platform-stack";
import { LOGGING_PROGRAMS } from "./synthesis/synthesized";

/** An incident whose series has gone silent is closed after this time. */
const CLOSE_AFTER_SECONDS = 6 * 3_600;

export interface ObservabilityStackProps {
  readonly foundation: FoundationStack;
}

/**
 * What a person sees of the platform: metrics counted from what the programs log, one dashboard, alerts that carry
 * their runbook, and a budget. It names the other stacks' resources by the environment's names alone, so that nothing
 * of it can hold up, or be held up by, what it watches.
 */
export class ObservabilityStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, { foundation }: ObservabilityStackProps) {
    super(scope, "observability", environment, [foundation]);
    const metrics = signalsOf(environment).map((signal) => this.addMetric(signal));
    const channel = this.addChannel();
    for (const alert of alertsOf(environment)) this.addAlert(alert, metrics, channel);
    const dashboard = new MonitoringDashboard(this, "dashboard", {
      dashboardJson: JSON.stringify(dashboardOf(environment)),
    });
    this.addBudget(channel);
    this.tellWhereToLook(dashboard);
  }

  private addMetric({ name, description, unit, filter, field, labels }: Signal): LoggingMetric {
    const distribution = {
      valueExtractor: `EXTRACT(jsonPayload.${field})`,
      // Sums and counts are exact; the buckets only matter for percentiles.
      bucketOptions: { exponentialBuckets: { growthFactor: 2, numFiniteBuckets: 40, scale: 1 } },
    };
    return new LoggingMetric(this, name.slice(deploymentOf(this.environment).length + 1), {
      name,
      description,
      filter,
      metricDescriptor: {
        metricKind: "DELTA",
        valueType: field === undefined ? "INT64" : "DISTRIBUTION",
        unit,
        labels: Object.entries(labels).map(([key, what]) => ({ key, valueType: "STRING", description: what })),
      },
      labelExtractors: Object.fromEntries(Object.keys(labels).map((key) => [key, `EXTRACT(jsonPayload.${key})`])),
      ...(field === undefined ? {} : distribution),
    });
  }

  /** Somebody to tell, where the environment names one; otherwise alerts show in the console only. */
  private addChannel(): MonitoringNotificationChannel | undefined {
    const { alertEmail } = this.environment;
    if (alertEmail === undefined) return undefined;
    return new MonitoringNotificationChannel(this, "email", {
      displayName: `${deploymentOf(this.environment)} alerts`,
      type: "email",
      labels: { email_address: alertEmail },
      // Cloud Monitoring's resources take no default labels of the provider.
      userLabels: labelsOf(this.environment),
    });
  }

  private addAlert(alert: Alert, metrics: LoggingMetric[], channel: MonitoringNotificationChannel | undefined): void {
    const subject = `${deploymentOf(this.environment)}: ${alert.title}`;
    new MonitoringAlertPolicy(this, alert.id, {
      displayName: `${deploymentOf(this.environment)} ${alert.id}`,
      severity: alert.severity,
      // A policy takes one condition in PromQL.
      combiner: "OR",
      conditions: [
        {
          displayName: alert.title,
          conditionPrometheusQueryLanguage: {
            query: alert.query,
            duration: `${alert.forSeconds}s`,
            evaluationInterval: "60s",
            // A metric counted from logs can be named by a policy only minutes after it was made; a first deploy
            // would fail (github.com/hashicorp/terraform-provider-google/issues/11102).
            disableMetricValidation: true,
          },
        },
      ],
      documentation: {
        subject,
        content: runbookOf(this.environment, alert.id),
        mimeType: "text/markdown",
      },
      alertStrategy: { autoClose: `${CLOSE_AFTER_SECONDS}s` },
      notificationChannels: channel === undefined ? undefined : [channel.id],
      userLabels: labelsOf(this.environment),
      dependsOn: metrics,
    });
  }

  /**
   * Warns about what the whole project costs. The amount is in the billing account's own currency: naming another is
   * refused when it is applied.
   */
  private addBudget(channel: MonitoringNotificationChannel | undefined): void {
    const { project, region, zone, budgetUsdPerMonth } = this.environment;
    // The services of bills and budgets belong to no project: they must be told whose quota to use. Asked without one,
    // with a person's credentials, the provider only warns, and the project would have no billing account
    // (GetBillingInfo in resource_google_project.go).
    const provider = new GoogleProvider(this, "google-billing", {
      alias: "billing",
      project,
      region,
      zone,
      billingProject: project,
      userProjectOverride: true,
    });
    const { billingAccount, number } = new DataGoogleProject(this, "project", { provider, projectId: project });
    const spent = [0.5, 0.8, 1].map((thresholdPercent) => ({ thresholdPercent, spendBasis: "CURRENT_SPEND" }));
    new BillingBudget(this, "budget", {
      provider,
      billingAccount,
      displayName: nameOf(this.environment, "budget"),
      budgetFilter: { projects: [`projects/${number}`], calendarPeriod: "MONTH" },
      amount: { specifiedAmount: { units: String(budgetUsdPerMonth) } },
      thresholdRules: [...spent, { thresholdPercent: 1, spendBasis: "FORECASTED_SPEND" }],
      // Those who administer the billing account are told anyhow.
      ...(channel === undefined ? {} : { allUpdatesRule: { monitoringNotificationChannels: [channel.id] } }),
    });
  }

  private tellWhereToLook({ id }: MonitoringDashboard): void {
    const { project, alertEmail } = this.environment;
    const console = "https://console.cloud.google.com";
    // Its id is projects/NUMBER/dashboards/UUID.
    const uuid = Token.asString(Fn.element(Fn.split("/", id), 3));
    this.tell("dashboard", `${console}/monitoring/dashboards/builder/${uuid}?project=${project}`, "The dashboard.");
    this.tell(
      "alerts",
      `${console}/monitoring/alerting?project=${project}`,
      alertEmail === undefined
        ? "The alerts; nobody is written to, since RHYTHMIC_ALERT_EMAIL was not set."
        : `The alerts; they are written to ${alertEmail}.`,
    );
    const query = encodeURIComponent(linesOf(this.environment, LOGGING_PROGRAMS));
    this.tell("logs", `${console}/logs/query;query=${query}?project=${project}`, "What the programs log.");
  }
}
