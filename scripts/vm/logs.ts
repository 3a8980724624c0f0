import { LOG_RESOURCE, linesOf } from "../../stacks/observability/log-filter";
import type { DeployedProgram } from "../../stacks/synthesis/synthesized";
import { followLog, readLog } from "./commands";
import type { Group } from "./machines";
import type { Tools } from "./tools";

/**
 * Kafka writes no lines of ours: it is known by its container. Container-Optimized OS puts the container's name on
 * every line (cloud.google.com/container-optimized-os/docs/how-to/logging). The keeper stands beside it.
 */
const KAFKA_LINES =
  `resource.type="${LOG_RESOURCE}" AND log_id("cos_containers") AND ` +
  `jsonPayload."cos.googleapis.com/container_name"=("rhythmic-kafka" OR "rhythmic-keeper")`;

/**
 * Prints the newest lines of the logs, newest first, or follows them until Ctrl-C.
 * @param lines how many at most
 * @param since how far back, as gcloud has durations
 */
export async function logs(
  { environment, gcloud }: Tools,
  groups: readonly Group[],
  options: { readonly follow: boolean; readonly lines: number; readonly since: string },
): Promise<void> {
  const programs = groups.map(({ name }) => name).filter((name): name is DeployedProgram => name !== "kafka");
  const filters = [
    ...(programs.length === 0 ? [] : [linesOf(environment, programs)]),
    ...(groups.some(({ name }) => name === "kafka") ? [KAFKA_LINES] : []),
  ];
  const filter = filters.length === 1 ? filters.join() : filters.map((one) => `(${one})`).join(" OR ");
  const { project } = environment;
  await gcloud.run(
    options.follow ? followLog(project, filter) : readLog(project, filter, options.lines, options.since),
  );
}
