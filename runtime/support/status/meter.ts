import { Counter, collectDefaultMetrics, Gauge, type OpenMetricsContentType, Registry } from "prom-client";
import type { Logger } from "../logging";
import {
  COMMON_METRICS,
  ERROR_SEVERITY,
  type ExportedMetric,
  metricsOfReport,
  metricWord,
  type Reports,
  WARNING_SEVERITY,
} from "../metrics";
import type { ReportCounter } from "../reporting";

export interface MeterOptions {
  readonly program: string;
  /** Sha256 of the bundle; empty where there is none. */
  readonly bundle: string;
  readonly reports: Reports;
  /** Of the program's status at this moment. */
  isReady(): boolean;
  isHealthy(): boolean;
  /** @default this machine's clock, milliseconds since 1970 */
  readonly nowMs?: () => number;
}

/** The content type and the text of /metrics. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

type Values = Readonly<Record<string, string | number>>;

/** Counts what a program reports, as its declaration says, and tells it in OpenMetrics. */
export class Meter implements ReportCounter {
  readonly #registry = new Registry<OpenMetricsContentType>();
  /** What is to be done with the values of a report. */
  readonly #counters = new Map<string, readonly ((values: Values) => void)[]>();
  readonly #logLines: Counter;
  readonly #nowMs: () => number;

  constructor(options: MeterOptions) {
    const { program, bundle, reports, nowMs = Date.now } = options;
    this.#nowMs = nowMs;
    this.#registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    this.#gauge(COMMON_METRICS.info, (gauge) => gauge.set({ program, bundle }, 1));
    this.#gauge(COMMON_METRICS.ready, (gauge) => gauge.set(options.isReady() ? 1 : 0));
    this.#gauge(COMMON_METRICS.healthy, (gauge) => gauge.set(options.isHealthy() ? 1 : 0));
    this.#logLines = this.#counter(COMMON_METRICS.logLines);
    // A series that begins with its first error has no increase to alert on.
    for (const severity of [WARNING_SEVERITY, ERROR_SEVERITY]) this.#logLines.inc({ severity }, 0);
    for (const [report, declared] of Object.entries(reports)) {
      const labels = Object.entries(declared.fields).flatMap(([name, { kind }]) => (kind === "label" ? [name] : []));
      this.#counters.set(
        report,
        metricsOfReport(program, report, declared).map((metric) => this.#counterOf(metric, labels)),
      );
    }
    collectDefaultMetrics({ register: this.#registry as unknown as Registry });
  }

  count(report: string, values: Values): void {
    for (const count of this.#counters.get(report) ?? []) count(values);
  }

  /** The log, with its warnings and errors counted. */
  counting(log: Logger): Logger {
    return {
      debug: (context, message) => log.debug(context, message),
      info: (context, message) => log.info(context, message),
      warn: (context, message) => {
        this.#logLines.inc({ severity: WARNING_SEVERITY });
        log.warn(context, message);
      },
      error: (context, message) => {
        this.#logLines.inc({ severity: ERROR_SEVERITY });
        log.error(context, message);
      },
    };
  }

  async expose(): Promise<Exposition> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #counterOf(metric: ExportedMetric, labelFields: readonly string[]): (values: Values) => void {
    const labelsOf = (values: Values) =>
      Object.fromEntries(labelFields.map((field) => [metricWord(field), String(values[field])]));
    const { field, heldMs = Number.POSITIVE_INFINITY } = metric;
    if (metric.kind === "counter") {
      const counter = this.#counter(metric);
      return (values) => counter.inc(labelsOf(values), field === undefined ? 1 : Number(values[field]));
    }
    const saidAt = new Map<string, { readonly labels: Record<string, string>; readonly atMs: number }>();
    const gauge = this.#gauge(metric, (stale) => {
      for (const [key, { labels, atMs }] of saidAt) {
        if (this.#nowMs() - atMs < heldMs) continue;
        stale.remove(labels);
        saidAt.delete(key);
      }
    });
    // Without labels a gauge begins at 0, which nobody has said.
    gauge.remove({});
    return (values) => {
      const labels = labelsOf(values);
      saidAt.set(JSON.stringify(labels), { labels, atMs: this.#nowMs() });
      gauge.set(labels, Number(values[field ?? ""]));
    };
  }

  #counter({ name, description, labels }: ExportedMetric): Counter {
    return new Counter({ name, help: description, labelNames: Object.keys(labels), registers: [this.#registry] });
  }

  #gauge({ name, description, labels }: ExportedMetric, collect: (gauge: Gauge) => void): Gauge {
    const gauge: Gauge = new Gauge({
      name,
      help: description,
      labelNames: Object.keys(labels),
      registers: [this.#registry],
      collect: () => collect(gauge),
    });
    return gauge;
  }
}
