import { LOG_RESOURCE, linesOf } from "../../stacks/observability/log-filter";
import { followLog, readLog } from "./commands";
import type { Group } from "./machines";
import type { Tools } from "./tools";

/**
 * Kafka writes no lines of ours: it is known by its container, whose name Container-Optimized OS puts on every line
 * (cloud.google.com/container-optimized-os/docs/how-to/logging).
 */
const KAFKA_LINES = `resource.type="${LOG_RESOURCE}" AND log_id("cos_containers") AND jsonPayload."cos.googleapis.com/container_name"="rhythmic-kafka"`;

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
  // On Kafka's machine the keeper runs beside it.
  const programs = groups.map(({ name }) => (name === "kafka" ? "keeper" : name));
  const isKafkaAsked = groups.some(({ name }) => name === "kafka");
  const filters = [linesOf(environment, programs), ...(isKafkaAsked ? [KAFKA_LINES] : [])];
  const filter = filters.length === 1 ? filters.join() : filters.map((one) => `(${one})`).join(" OR ");
  const { project } = environment;
  await gcloud.run(
    options.follow ? followLog(project, filter) : readLog(project, filter, options.lines, options.since),
  );
}
