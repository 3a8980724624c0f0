import { LOG_FIELDS } from "../../runtime/support/metrics";
import type { Environment } from "../environment-record";
import { deploymentOf } from "../names";
import type { LoggingProgram } from "../synthesis/synthesized";

/**
 * Where the lines of the programs arrive in Cloud Logging: Container-Optimized OS sends what containers write to
 * standard output and error as log `cos_containers` of the machine, and takes lines of JSON apart
 * (cloud.google.com/container-optimized-os/docs/how-to/logging).
 *
 *   resource.type  gce_instance, with instance_id and zone
 *   logName        projects/<project>/logs/cos_containers
 *   jsonPayload    the line's fields: program, deployment, message, and those of the report
 */
export const LOG_RESOURCE = "gce_instance";
const LOG_ID = "cos_containers";

/** The lines of an environment's programs, in Logging's query language. */
export function linesOf(environment: Environment, programs: readonly LoggingProgram[]): string {
  return [
    `resource.type="${LOG_RESOURCE}"`,
    `log_id("${LOG_ID}")`,
    `jsonPayload.${LOG_FIELDS.deployment}="${deploymentOf(environment)}"`,
    `jsonPayload.${LOG_FIELDS.program}=(${programs.map((program) => `"${program}"`).join(" OR ")})`,
  ].join(" AND ");
}

/** A command that prints the newest lines of a program. */
export function logCommand(environment: Environment, program: LoggingProgram): string {
  const fields = ["timestamp", "severity", `jsonPayload.${LOG_FIELDS.message}`].join(",");
  return (
    `gcloud logging read '${linesOf(environment, [program])}' ` +
    `--project=${environment.project} --freshness=30m --limit=50 --format='value(${fields})'`
  );
}
