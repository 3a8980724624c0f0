import { kafkaBrokers, kafkaCredentials, kafkaTopicPrefix, kafkaWaitMaxMs } from "../kafka/settings";
import { EVENTS } from "../schema/events";
import { boolean, integer, number, optional, type SettingsOf, text, withDefault } from "../support/settings";
import { statusAddress, statusPort } from "../support/status/settings";

const TIME_ALLOWED = "a date or a time such as 2026-01-01T00:00:00Z, in UTC unless it says otherwise";
/** What a time may look like: a date, or a date with a time; in UTC unless it ends with an offset. */
export const TIME_PATTERN = "^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:?\\d{2})?)?$";
/** More would not fit into the memory of the machines that this is made for. */
export const USERS_MAX = 10_000_000;
const TOPICS = EVENTS.map((event) => event.topic);

/** The generator's settings. What the command line leaves out the configuration file may say; then the default holds. */
export const generatorSettings = {
  GENERATOR_CONFIG: optional(
    text({
      description: "Configuration file in eventsim's format; without it the built-in music service.",
      allowed: "the path of a JSON file",
    }),
  ),
  GENERATOR_SEED: optional(
    integer({
      description: "Seed of all chance: the same seed and options give the same bytes. Else the configuration's.",
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  ),
  GENERATOR_USERS: optional(
    integer({
      description: "Users who are there from the beginning. Else the configuration's n-users, else 1000.",
      minimum: 1,
      maximum: USERS_MAX,
    }),
  ),
  GENERATOR_START: optional(
    text({
      description: "First moment of the simulated time. Else the configuration's start-date, else 2025-01-01.",
      pattern: TIME_PATTERN,
      allowed: TIME_ALLOWED,
    }),
  ),
  GENERATOR_START_DAYS_AGO: optional(
    integer({
      description:
        "First moment of the simulated time, days before today's midnight in UTC: for readers that refuse old events. Instead of a start.",
      minimum: 1,
      maximum: 3_650,
    }),
  ),
  GENERATOR_END: optional(
    text({
      description:
        "Moment before which the simulated time ends. Else the configuration's end-date, else six weeks after the start; with --events alone there is no end.",
      pattern: TIME_PATTERN,
      allowed: TIME_ALLOWED,
    }),
  ),
  GENERATOR_EVENTS: optional(
    integer({
      description: "Stop after exactly this many records, all topics together.",
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  ),
  GENERATOR_TOPIC: optional(
    text({
      description: "Write the records of this topic only; on standard output as plain lines.",
      pattern: `^(${TOPICS.join("|")})$`,
      allowed: `one of ${TOPICS.join(", ")}`,
    }),
  ),
  GENERATOR_OUT: optional(
    text({
      description: "Folder for the files <topic>.ndjson, or - for standard output.",
      allowed: "the path of a folder (made where missing, its <topic>.ndjson replaced), or -",
    }),
  ),
  KAFKA_BROKERS: optional(kafkaBrokers),
  KAFKA_TOPIC_PREFIX: kafkaTopicPrefix,
  KAFKA_CREDENTIALS: kafkaCredentials,
  KAFKA_WAIT_MAX_MS: kafkaWaitMaxMs,
  GENERATOR_CATALOG: optional(
    text({
      description: "Folder with the public files of songs, places, names and browsers. Else a synthetic catalogue.",
      allowed: "the path of a folder; docs/million_song_dataset.md lists its files",
    }),
  ),
  GENERATOR_EVENTSIM_COMPAT: withDefault(
    boolean({ description: "Walk by eventsim's rules, errors included, to compare statistics with it." }),
    false,
  ),
  GENERATOR_EVENTS_PER_SECOND_MAX: optional(
    number({
      description: "Records a second at most, in real time. Else as fast as it goes.",
      minimum: 0.1,
      maximum: 1e9,
    }),
  ),
  GENERATOR_DELIVERY_TIMEOUT_MS: withDefault(
    integer({
      description:
        "How long a record is sent again where Kafka does not acknowledge it, before the run fails, milliseconds.",
      minimum: 1_000,
      maximum: 604_800_000,
    }),
    120_000,
  ),
  GENERATOR_SUMMARY: optional(
    text({ description: "File for the run's figures as JSON, written at the end.", allowed: "the path of a file" }),
  ),
  STATUS_ADDRESS: statusAddress,
  STATUS_PORT: statusPort,
} as const;

export type GeneratorSettings = SettingsOf<typeof generatorSettings>;
