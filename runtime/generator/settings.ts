import { kafkaBrokers, kafkaCredentials, kafkaTopicPrefix, kafkaWaitMaxMs } from "../kafka/settings";
import { EVENTS } from "../schema/events";
import {
  boolean,
  integer,
  number,
  optional,
  type SettingsOf,
  text,
  withAliases,
  withDefault,
} from "../support/settings";
import { statusAddress, statusPort } from "../support/status/settings";

const TIME_ALLOWED = "a date or a time such as 2026-01-01T00:00:00Z, in UTC unless it says otherwise";
/** What a time may look like: a date, or a date with a time; in UTC unless it ends with an offset. */
export const TIME_PATTERN = "^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:?\\d{2})?)?$";
/** More would not fit into the memory of the machines that this is made for. */
export const USERS_MAX = 10_000_000;
/** Session ids are the user id and six digits of the session's ordinal, and must stay below 2^53. */
export const USER_ID_MAX = 9_000_000_000;
/** Highest yearly rate of attrition: a user stays for a few hours. */
export const ATTRITION_PER_YEAR_MAX = 1_000;
/** Highest yearly rate of growth: users become three times as many in four days. */
export const GROWTH_PER_YEAR_MAX = 100;
const TOPICS = EVENTS.map((event) => event.topic);

/**
 * The generator's settings; the aliases are eventsim's flags (its Main.scala). What the command line leaves out the configuration file
 * may say; then the default holds.
 */
export const generatorSettings = {
  GENERATOR_CONFIG: optional(
    text({
      aliases: ["c"],
      description: "Configuration file in eventsim's format; without it the built-in music service.",
      allowed: "the path of a JSON file",
    }),
  ),
  GENERATOR_SEED: optional(
    integer({
      aliases: ["r", "randomseed"],
      description: "Seed of all chance: the same seed and options give the same bytes. Else the configuration's.",
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  ),
  GENERATOR_USERS: optional(
    integer({
      aliases: ["n", "nusers"],
      description: "Users who are there from the beginning. Else the configuration's n-users, else 1000.",
      minimum: 1,
      maximum: USERS_MAX,
    }),
  ),
  GENERATOR_FIRST_USER_ID: optional(
    integer({
      aliases: ["u", "userid"],
      description: "Id of the first user; the others follow. Else the configuration's first-user-id, else 1.",
      minimum: 0,
      maximum: USER_ID_MAX - USERS_MAX,
    }),
  ),
  GENERATOR_GROWTH_RATE: optional(
    number({
      aliases: ["g"],
      description:
        "New users a year, as a fraction of the users there are. Else the configuration's growth-rate, else 0.",
      minimum: 0,
      maximum: GROWTH_PER_YEAR_MAX,
    }),
  ),
  GENERATOR_ATTRITION_RATE: optional(
    number({
      aliases: ["a"],
      description:
        "Users who leave a year, as a fraction of the users there are. Else the configuration's attrition-rate, else 0.",
      minimum: 0,
      maximum: ATTRITION_PER_YEAR_MAX,
    }),
  ),
  GENERATOR_TAG: optional(
    text({
      description:
        "Written as tag into every event that shows the user, such as the group of an A/B test. Else the configuration's.",
    }),
  ),
  GENERATOR_START: optional(
    text({
      aliases: ["s", "start-time"],
      description: "First moment of the simulated time. Else the configuration's start-date, else 2025-01-01.",
      pattern: TIME_PATTERN,
      allowed: TIME_ALLOWED,
    }),
  ),
  GENERATOR_START_DAYS_AGO: optional(
    integer({
      aliases: ["f", "from"],
      description:
        "First moment of the simulated time, days before today's midnight in UTC: for readers that refuse old events. Instead of a start.",
      minimum: 1,
      maximum: 3_650,
    }),
  ),
  GENERATOR_END: optional(
    text({
      aliases: ["e", "end-time"],
      description:
        "Moment before which the simulated time ends. Else the configuration's end-date, else six weeks after the start; with --events alone there is no end.",
      pattern: TIME_PATTERN,
      allowed: TIME_ALLOWED,
    }),
  ),
  GENERATOR_END_DAYS_AGO: optional(
    integer({
      aliases: ["t", "to"],
      description:
        "Moment before which the simulated time ends, days before today's midnight in UTC. Instead of an end.",
      minimum: 0,
      maximum: 3_650,
    }),
  ),
  GENERATOR_CONTINUOUS: withDefault(
    boolean({
      negations: ["nocontinuous"],
      description:
        "Write each event when its time has come, until stopped or the end; what lies in the past at once, or at --speed. Starts now unless told otherwise.",
    }),
    false,
  ),
  GENERATOR_SPEED: optional(
    number({
      description:
        "Continuous: simulated seconds a second, until the simulated time has reached the present; both go together from there. To files, a given end in the future is reached at this speed too.",
      minimum: 0.001,
      maximum: 1e9,
    }),
  ),
  GENERATOR_STATE: optional(
    text({
      description:
        "File in which the run remembers where it is: started again with the same settings it goes on there, no event repeated and none left out, even after kill -9.",
      allowed: "the path of a file, made at the first start",
    }),
  ),
  GENERATOR_STATE_INTERVAL_MS: withDefault(
    integer({
      description: "How often the state is written, milliseconds; after a crash at most so much is done again.",
      minimum: 100,
      maximum: 3_600_000,
    }),
    5_000,
  ),
  GENERATOR_EVENTS: optional(
    integer({
      description:
        "Stop after exactly this many events, all topics together; each is one record, or two where repeated.",
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
  GENERATOR_SHARD: optional(
    text({
      description:
        "Simulate one part of the users only, such as 2/4: the events of 1/4, 2/4, 3/4 and 4/4 together are those of the whole.",
      pattern: "^[1-9]\\d{0,3}/[1-9]\\d{0,3}$",
      allowed: "i/n with i from 1 to n, n at most 9999",
    }),
  ),
  GENERATOR_OUT: optional(
    text({
      description: "Folder for the files <topic>.ndjson, or - for standard output.",
      allowed: "the path of a folder (made where missing, its <topic>.ndjson replaced), or -",
    }),
  ),
  KAFKA_BROKERS: optional(withAliases(kafkaBrokers, "kafkaBrokerList")),
  KAFKA_TOPIC_PREFIX: kafkaTopicPrefix,
  KAFKA_CREDENTIALS: kafkaCredentials,
  KAFKA_WAIT_MAX_MS: kafkaWaitMaxMs,
  GENERATOR_CATALOG: optional(
    text({
      description:
        "Folder with the public files of songs, places, names and browsers, or a catalogue prepared from them. Else a synthetic one.",
      allowed: "the path of a folder; docs/million_song_dataset.md lists its files",
    }),
  ),
  GENERATOR_INCIDENTS: optional(
    text({
      description:
        "File with a schedule of incidents: regions that go silent, errors that multiply, songs that go viral.",
      allowed: "the path of a JSON file; docs/generator.md shows one",
    }),
  ),
  GENERATOR_LATE_RATE: withDefault(
    number({
      description: "Share of the events that are delivered late, and so out of order.",
      minimum: 0,
      maximum: 1,
    }),
    0,
  ),
  GENERATOR_LATE_MAX_S: withDefault(
    integer({
      description: "How late a late event is at most, seconds of the simulated time; it is drawn from 1 to here.",
      minimum: 1,
      maximum: 604_800,
    }),
    600,
  ),
  GENERATOR_DUPLICATE_RATE: withDefault(
    number({
      description: "Share of the events that are delivered twice, with the same event id.",
      minimum: 0,
      maximum: 1,
    }),
    0,
  ),
  GENERATOR_MALFORMED_RATE: withDefault(
    number({
      description: "Share of the events whose record breaks the schema, each in one of several ways.",
      minimum: 0,
      maximum: 1,
    }),
    0,
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
  GENERATOR_DRY_RUN: withDefault(
    boolean({
      description:
        "Explain the configuration instead of running it: its states, a diagram, expected events, users and bytes.",
    }),
    false,
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
