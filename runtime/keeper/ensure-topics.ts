import type { FoundTopic, KafkaAdministration } from "../kafka/administration";
import type { TopicDeclaration } from "../kafka/topics";
import type { Logger } from "../support/logging";

/**
 * Makes the topics that are missing, gives those that are there the declared settings and partitions. Nothing is ever
 * deleted: not a topic, not a partition, and not a setting that the declaration does not name.
 * @returns how many topics were made or changed
 * @throws RhythmicError broker_unreachable, broker_refused
 */
export async function ensureTopics(
  kafka: KafkaAdministration,
  declared: readonly TopicDeclaration[],
  log: Logger,
): Promise<number> {
  const found = await kafka.topics(declared.map(({ name }) => name));
  let changes = 0;
  for (const topic of declared) {
    const there = found.get(topic.name);
    if (there === undefined) {
      await kafka.createTopic(topic);
      log.info({ topic: topic.name, partitions: topic.partitions }, "a topic is made");
      changes++;
    } else if (await adjust(kafka, topic, there, log)) changes++;
  }
  return changes;
}

async function adjust(
  kafka: KafkaAdministration,
  { name, partitions, config }: TopicDeclaration,
  found: FoundTopic,
  log: Logger,
): Promise<boolean> {
  const changed = Object.entries(config).filter(([key, value]) => found.config[key] !== value);
  if (changed.length > 0) {
    await kafka.changeTopic(name, Object.fromEntries(changed));
    const words = changed.map(([key, value]) => `${key}=${value} (was ${found.config[key] ?? "Kafka's default"})`);
    log.info({ topic: name, settings: words.join(", ") }, "a topic's settings are changed");
  }
  if (found.partitions < partitions) {
    await kafka.addPartitions(name, partitions);
    log.info({ topic: name, partitions, before: found.partitions }, "a topic gets more partitions");
  }
  if (found.partitions > partitions) {
    log.warn(
      { topic: name, declared: partitions, found: found.partitions },
      "a topic has more partitions than declared; Kafka can't take any away, so declare as many, or make another topic",
    );
  }
  return changed.length > 0 || found.partitions < partitions;
}
