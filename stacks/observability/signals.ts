import { generatorReports } from "../../runtime/generator/metrics";
import { keeperReports } from "../../runtime/keeper/metrics";
import { loaderReports } from "../../runtime/loader/metrics";
import { processorReports } from "../../runtime/processor/metrics";
import {
  ERROR_SEVERITY,
  type FieldKind,
  LOG_FIELDS,
  type ReportDeclaration,
  type ReportField,
} from "../../runtime/support/metrics";
import type { Environment } from "../environment-record";
import { deploymentOf } from "../names";
import { LOGGING_PROGRAMS } from "../synthesis/synthesized";
import { LOG_RESOURCE, linesOf } from "./log-filter";
import { onMetric, type PromQl, promql } from "./promql";

/**
 * The signals of the platform: metrics counted from the lines that the programs declare they log. Nothing else names
 * a line or a field, so an alert on something that no program reports does not compile.
 */

export const REPORTS = {
  generator: generatorReports,
  processor: processorReports,
  loader: loaderReports,
  keeper: keeperReports,
} as const;

type Reports = typeof REPORTS;
export type ReportingProgram = keyof Reports;
export type ReportOf<P extends ReportingProgram> = keyof Reports[P] & string;

type FieldsOf<P extends ReportingProgram, R extends ReportOf<P>> = Reports[P][R] extends { readonly fields: infer F }
  ? F
  : never;
/** The fields of one kind in a report. */
export type FieldOf<P extends ReportingProgram, R extends ReportOf<P>, K extends FieldKind> = {
  [F in keyof FieldsOf<P, R>]: FieldsOf<P, R>[F] extends { readonly kind: K } ? F : never;
}[keyof FieldsOf<P, R>] &
  string;

/** A metric that Cloud Logging counts from lines of the log. */
export interface Signal {
  /** Name in Cloud Logging; its type in Cloud Monitoring is logging.googleapis.com/user/<name>. */
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** The lines that count. */
  readonly filter: string;
  /** The field whose values are gathered; `undefined`: the lines are counted. */
  readonly field: string | undefined;
  /** Fields by which the series are told apart, with what they say. */
  readonly labels: Readonly<Record<string, string>>;
}

/** PromQL allows no hyphens in names (cloud.google.com/monitoring/promql/promql-mapping). */
function nameOfSignal(environment: Environment, ...parts: readonly string[]): string {
  return [deploymentOf(environment), ...parts].join("_").replaceAll("-", "_");
}

/** Every signal of an environment: one an amount or level, and one for the errors of all programs. */
export function signalsOf(environment: Environment): readonly Signal[] {
  const reported = Object.entries(REPORTS).flatMap(([program, reports]) =>
    Object.entries(reports as Readonly<Record<string, ReportDeclaration>>).flatMap(([report, declared]) =>
      signalsOfReport(environment, program as ReportingProgram, report, declared),
    ),
  );
  return [...reported, errorsOf(environment)];
}

function signalsOfReport(
  environment: Environment,
  program: ReportingProgram,
  report: string,
  { message, description, fields }: ReportDeclaration,
): readonly Signal[] {
  const isOf = (kinds: readonly FieldKind[]) => Object.entries(fields).filter(([, { kind }]) => kinds.includes(kind));
  const labels = Object.fromEntries(isOf(["label"]).map(([name, field]) => [name, field.description]));
  return isOf(["amount", "level"]).map(([field, { unit, ...said }]: [string, ReportField]) => ({
    name: nameOfSignal(environment, program, report, field),
    description: `${said.description} ${description}`,
    unit,
    filter: `${linesOf(environment, [program])} AND jsonPayload.${LOG_FIELDS.message}="${message}"`,
    field,
    labels,
  }));
}

function errorsOf(environment: Environment): Signal {
  const isError = `(severity>=${ERROR_SEVERITY} OR jsonPayload.${LOG_FIELDS.severity}="${ERROR_SEVERITY}")`;
  return {
    name: nameOfSignal(environment, "errors"),
    description: "Lines in which a program says that something went wrong.",
    unit: "1",
    filter: `${linesOf(environment, LOGGING_PROGRAMS)} AND ${isError}`,
    field: undefined,
    labels: { [LOG_FIELDS.program]: "The program." },
  };
}

/**
 * Queries on an environment's signals, in PromQL. Gathered values (distributions) are read by their `_sum` and
 * `_count`; the window is PromQL's, such as 5m.
 */
export class Queries {
  constructor(readonly environment: Environment) {}

  /** How much an amount added up to in the window, a series for each machine and label; none where nobody reports. */
  total<P extends ReportingProgram, R extends ReportOf<P>>(
    program: P,
    report: R,
    field: FieldOf<P, R, "amount">,
    window: string,
  ): PromQl {
    return onMetric(`increase(${this.series("_sum", program, report, field)}[${window}])`);
  }

  /** What an amount is a second, averaged over the window. */
  perSecond<P extends ReportingProgram, R extends ReportOf<P>>(
    program: P,
    report: R,
    field: FieldOf<P, R, "amount">,
    window: string,
  ): PromQl {
    return onMetric(`rate(${this.series("_sum", program, report, field)}[${window}])`);
  }

  /** The mean of a level in the window, for each machine and label that reports it. */
  level<P extends ReportingProgram, R extends ReportOf<P>>(
    program: P,
    report: R,
    field: FieldOf<P, R, "level">,
    window: string,
  ): PromQl {
    const sum = this.series("_sum", program, report, field);
    const count = this.series("_count", program, report, field);
    // Without the comparison a machine that has gone would be 0 / 0, and so would every sum over it.
    return onMetric(`increase(${sum}[${window}]) / (increase(${count}[${window}]) > 0)`);
  }

  /** How often a report was made in the window, for each machine and label; a field only names the report's metric. */
  lines<P extends ReportingProgram, R extends ReportOf<P>>(
    program: P,
    report: R,
    field: FieldOf<P, R, "amount" | "level">,
    window: string,
  ): PromQl {
    return onMetric(`increase(${this.series("_count", program, report, field)}[${window}])`);
  }

  /** Error lines in the window, for each machine and program. */
  errors(window: string): PromQl {
    return onMetric(`increase(${this.metric(nameOfSignal(this.environment, "errors"))}[${window}])`);
  }

  private series(suffix: "_sum" | "_count", program: string, report: string, field: string): PromQl {
    return this.metric(`${nameOfSignal(this.environment, program, report, field)}${suffix}`);
  }

  private metric(name: string): PromQl {
    return onMetric(`logging_googleapis_com:user_${name}{monitored_resource="${LOG_RESOURCE}"}`);
  }
}

/** The sum over everything, and 0 where there is nothing at all: `sum` of nothing is nothing in PromQL. */
export function sumOrZero(query: PromQl): PromQl {
  return promql`(sum(${query}) or vector(0))`;
}
