import type { Logger } from "./logging";
import type { ReportDeclaration, ReportValues } from "./metrics";

/** Logs a declared line: the metrics of it are counted by this message and these fields. */
export function report<R extends ReportDeclaration>(log: Logger, declared: R, values: ReportValues<R>): void {
  log.info(values, declared.message);
}
