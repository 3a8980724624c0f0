import { integer, list, optional, text, withDefault } from "../support/settings";
import { TOPICS } from "./topics";

/** The settings that every program with a connection to Kafka has. */

/** Kafka's addresses; `optional(...)` where a program can do without. */
export const kafkaBrokers = list({
  flag: "brokers",
  description: "Kafka's addresses, host:port, with commas between them.",
  allowed: "a list of host:port with commas between them, such as 127.0.0.1:9092",
  pattern: "^[A-Za-z0-9.-]+:[0-9]{1,5}$",
});

/** Lets several pipelines share a cluster; the lake and the warehouse keep the topics' own names. */
export const kafkaTopicPrefix = withDefault(
  text({
    flag: "topic-prefix",
    description: "Stands in front of the topics' names in Kafka; none leaves the names as they are.",
    allowed: "none, or letters, digits, dots, dashes and underscores",
    pattern: "^[A-Za-z0-9._-]{1,150}$",
  }),
  "none",
);

/** Opens Kafka to a program where Kafka asks for it: TLS, and a user of the program's own. */
export const kafkaCredentials = optional(
  text({
    flag: "credentials",
    description:
      "Where the program's user, its password and Kafka's authority stand. Left out: neither TLS nor a user.",
    allowed:
      "projects/PROJECT/secrets/NAME in Secret Manager, or the path of a JSON file or of a folder with its versions",
  }),
);

/** A machine that boots before Kafka's waits; a person would rather be told at once. */
export const kafkaWaitMaxMs = withDefault(
  integer({
    flag: "kafka-wait-max-ms",
    description: "How long the program waits at its start for Kafka and for its credentials, milliseconds.",
    minimum: 0,
    maximum: 604_800_000,
  }),
  0,
);

/** The names in Kafka of some topics, or of all that the platform has. */
export function topicNames(prefix: string, topics: readonly string[] = TOPICS.map(({ name }) => name)): string[] {
  return topics.map((topic) => topicPrefixOf(prefix) + topic);
}

/** What the prefix's setting means. */
export function topicPrefixOf(setting: string): string {
  return setting === "none" ? "" : setting;
}
