import type { Logger } from "./logging";
import type { Reports, ReportValues } from "./metrics";

/**
 * Makes one of a program's declared reports: a line of its log, from which Cloud Logging counts, and where the program
 * answers /metrics the same figures there. What is not declared can't be reported.
 */
export type Reporter<R extends Reports> = <K extends keyof R & string>(report: K, values: ReportValues<R[K]>) => void;

/** Whoever counts reports beside the log. */
export interface ReportCounter {
  count(report: string, values: Readonly<Record<string, string | number>>): void;
}

/** @param counter @default the reports are logged alone */
export function createReporter<R extends Reports>(log: Logger, reports: R, counter?: ReportCounter): Reporter<R> {
  return (report, values) => {
    const { message } = reports[report] as R[typeof report];
    log.info(values, message);
    counter?.count(report, values);
  };
}
