import { list, text, withDefault } from "../support/settings";

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

/** What the prefix's setting means. */
export function topicPrefixOf(setting: string): string {
  return setting === "none" ? "" : setting;
}
