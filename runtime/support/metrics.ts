/**
 * What a program reports of itself: lines of its log, declared once as values. The program logs through the
 * declaration (`reporting.ts`), and the stacks derive the metrics from it, so that neither can name what the other
 * does not know.
 */

/**
 * What a field of a report is to whoever counts:
 * - `amount` adds up: records of a commit, hours of a load;
 * - `level` is how things stand at that moment: records that wait;
 * - `label` says of which part the line speaks: a topic. Few values, since each makes a series of its own;
 * - `detail` is for the reader of the line alone.
 */
export type FieldKind = "amount" | "level" | "label" | "detail";

export interface ReportField<K extends FieldKind = FieldKind> {
  readonly kind: K;
  /** In UCUM, as Cloud Monitoring takes it: `s`, `By`, or a word in braces such as `{record}`; empty for texts. */
  readonly unit: string;
  readonly description: string;
}

export interface ReportDeclaration {
  /** The line's message, which tells it from the others of its program. */
  readonly message: string;
  /** When the program says it: one sentence. */
  readonly description: string;
  readonly fields: Readonly<Record<string, ReportField>>;
}

export const amount = (unit: string, description: string) => ({ kind: "amount", unit, description }) as const;
export const level = (unit: string, description: string) => ({ kind: "level", unit, description }) as const;
export const label = (description: string) => ({ kind: "label", unit: "", description }) as const;
export const detail = (description: string) => ({ kind: "detail", unit: "", description }) as const;

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

/**
 * The variable by which a machine tells its program what it belongs to, such as rhythmic-dev: it goes on every line
 * of the log, so that environments that share a project are counted apart. No setting: it changes nothing else.
 */
export const DEPLOYMENT_VARIABLE = "RHYTHMIC_DEPLOYMENT";
