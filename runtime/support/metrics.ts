/**
 * What a program reports of itself: lines of its log, declared once as values. The program logs through the
 * declaration (`reporting.ts`), and the stacks derive the metrics from it, so that neither can name what the other
 * does not know. Where the program answers /metrics, the same reports are counted there.
 */

/**
 * What a field of a report is to whoever counts:
 * - `amount` adds up: records of a commit, hours of a load;
 * - `level` is how things stand at that moment: records that wait;
 * - `label` says of which part the line speaks: a topic. Few values, since each makes a series of its own;
 * - `detail` is for the reader of the line alone.
 */
export type FieldKind = "amount" | "level" | "label" | "detail";

/** A level that nobody has said for so long is not how things stand: Prometheus forgets a series as late. */
const LEVEL_HELD_MS = 5 * 60_000;

export interface ReportField<K extends FieldKind = FieldKind> {
  readonly kind: K;
  /** In UCUM, as Cloud Monitoring takes it: `s`, `By`, or a word in braces such as `{record}`; empty for texts. */
  readonly unit: string;
  readonly description: string;
  /** Of a level: how long it counts as how things stand after it was said, milliseconds. */
  readonly heldMs?: number;
}

export interface ReportDeclaration {
  /** The line's message, which tells it from the others of its program. */
  readonly message: string;
  /** When the program says it: one sentence. */
  readonly description: string;
  readonly fields: Readonly<Record<string, ReportField>>;
}

export const amount = (unit: string, description: string) => ({ kind: "amount", unit, description }) as const;
/** @param heldMs twice as long as what lies between two reports, and a little more @default for a report a minute */
export const level = (unit: string, description: string, heldMs = LEVEL_HELD_MS) =>
  ({ kind: "level", unit, description, heldMs }) as const;
export const label = (description: string) => ({ kind: "label", unit: "", description }) as const;
export const detail = (description: string) => ({ kind: "detail", unit: "", description }) as const;

/** Everything that one program reports, by the reports' names. */
export type Reports = Readonly<Record<string, ReportDeclaration>>;

/** The values that a line of the report carries. */
export type ReportValues<R extends ReportDeclaration> = {
  readonly [F in keyof R["fields"]]: R["fields"][F]["kind"] extends "amount" | "level"
    ? number
    : R["fields"][F]["kind"] extends "label"
      ? string
      : string | number;
};

/** The fields that every line of every program carries, by their names in the JSON. */
export const LOG_FIELDS = {
  /** The program's name. */
  program: "program",
  /** Which deployment the program belongs to; only where `DEPLOYMENT_VARIABLE` says it. */
  deployment: "deployment",
  /** What Cloud Logging takes for the line's text and severity (cloud.google.com/logging/docs/structured-logging). */
  message: "message",
  severity: "severity",
} as const;

/** The severity of a line that says what went wrong, in Cloud Logging's words. */
export const ERROR_SEVERITY = "ERROR";
/** The severity of a line that says what may pass by itself. */
export const WARNING_SEVERITY = "WARNING";

/**
 * The variable by which a machine tells its program what it belongs to, such as rhythmic-dev: it goes on every line
 * of the log, so that environments that share a project are counted apart. No setting: it changes nothing else.
 */
export const DEPLOYMENT_VARIABLE = "RHYTHMIC_DEPLOYMENT";

/** A metric of /metrics. */
export interface ExportedMetric {
  /** The name of its samples, with the suffixes of OpenMetrics: `_total` for a counter, the unit before it. */
  readonly name: string;
  readonly kind: "counter" | "gauge";
  /** In UCUM, as in the declaration; empty for a number of reports or lines. */
  readonly unit: string;
  readonly description: string;
  /** The labels with what they say, by the names that they have in /metrics. */
  readonly labels: Readonly<Record<string, string>>;
  /** The field that is counted; `undefined`: the reports themselves are. */
  readonly field: string | undefined;
  /** Of a level: as declared. */
  readonly heldMs?: number | undefined;
}

/** All that we export begins with it; what Node says of itself begins with `process_` and `nodejs_`. */
export const METRIC_PREFIX = "rhythmic_";

/** Prometheus asks for base units by their full names at the end (prometheus.io/docs/practices/naming). */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: "seconds", By: "bytes" };

/** `loadAgeSeconds` -> `load_age_seconds` */
export function metricWord(name: string): string {
  return name.replaceAll("-", "_").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * The metrics of one report: an amount is a counter, a level a gauge, and how often the report was made is counted
 * too. Nothing else names a metric of a program.
 */
export function metricsOfReport(
  program: string,
  report: string,
  { description, fields }: ReportDeclaration,
): readonly ExportedMetric[] {
  const stem = `${METRIC_PREFIX}${metricWord(program)}_${metricWord(report)}`;
  const labels = Object.fromEntries(
    Object.entries(fields)
      .filter(([, { kind }]) => kind === "label")
      .map(([name, field]) => [metricWord(name), field.description]),
  );
  const counted = Object.entries(fields).flatMap(([field, { kind, unit, heldMs, ...said }]): ExportedMetric[] => {
    if (kind !== "amount" && kind !== "level") return [];
    const base = withUnit(`${stem}_${metricWord(field)}`, unit);
    const texts = { unit, description: `${said.description} ${description}`, labels, field };
    return kind === "amount"
      ? [{ ...texts, name: `${base}_total`, kind: "counter" }]
      : [{ ...texts, name: base, kind: "gauge", heldMs }];
  });
  const made: ExportedMetric = {
    name: `${stem}_reports_total`,
    kind: "counter",
    unit: "",
    description: `How often this was reported. ${description}`,
    labels,
    field: undefined,
  };
  return [...counted, made];
}

function withUnit(name: string, unit: string): string {
  const suffix = UNIT_SUFFIXES[unit];
  return suffix === undefined || name.endsWith(`_${suffix}`) ? name : `${name}_${suffix}`;
}

/** What every program with a status exports, whatever it reports. */
export const COMMON_METRICS = {
  info: {
    name: `${METRIC_PREFIX}program_info`,
    kind: "gauge",
    unit: "",
    description: "Always 1: which program this is, and which bundle it runs.",
    labels: { program: "The program.", bundle: "Sha256 of the bundle; empty where it runs from its sources." },
    field: undefined,
  },
  ready: {
    name: `${METRIC_PREFIX}ready`,
    kind: "gauge",
    unit: "",
    description: "1 where /readyz answers 200: the program does its work.",
    labels: {},
    field: undefined,
  },
  healthy: {
    name: `${METRIC_PREFIX}healthy`,
    kind: "gauge",
    unit: "",
    description: "1 where /healthz answers 200: it was ready once, and no restart would help it.",
    labels: {},
    field: undefined,
  },
  logLines: {
    name: `${METRIC_PREFIX}log_lines_total`,
    kind: "counter",
    unit: "",
    description: "Lines of the log that are warnings or errors.",
    labels: { severity: `${WARNING_SEVERITY} or ${ERROR_SEVERITY}.` },
    field: undefined,
  },
} as const satisfies Readonly<Record<string, ExportedMetric>>;

/** All metrics of a program, in the order of /metrics. */
export function metricsOf(program: string, reports: Reports): readonly ExportedMetric[] {
  return [
    ...Object.values(COMMON_METRICS),
    ...Object.entries(reports).flatMap(([report, declared]) => metricsOfReport(program, report, declared)),
  ];
}
