import { PROCESSOR_GROUP } from "../kafka/access";
import { kafkaBrokers, kafkaCredentials, kafkaTopicPrefix, kafkaWaitMaxMs } from "../kafka/settings";
import { lakeUrl } from "../lake/settings";
import { boolean, integer, optional, type SettingsOf, text, withDefault } from "../support/settings";
import { statusAddress, statusPort } from "../support/status/settings";

const MIB = 1_048_576;
const HOUR_MS = 3_600_000;

/** The settings of the stream processor. */
export const processorSettings = {
  KAFKA_BROKERS: kafkaBrokers,
  KAFKA_TOPIC_PREFIX: kafkaTopicPrefix,
  KAFKA_CREDENTIALS: kafkaCredentials,
  KAFKA_WAIT_MAX_MS: kafkaWaitMaxMs,
  LAKE_URL: lakeUrl,
  PROCESSOR_GROUP_ID: withDefault(
    text({ description: "Consumer group that shares out the partitions among processors." }),
    PROCESSOR_GROUP,
  ),
  PROCESSOR_SESSION_TIMEOUT_MS: withDefault(
    integer({
      minimum: 1_000,
      maximum: 300_000,
      description:
        "How long Kafka waits for a sign of life before it gives a processor's partitions to others, milliseconds.",
    }),
    30_000,
  ),
  PROCESSOR_CUT_INTERVAL_MS: withDefault(
    integer({
      minimum: 100,
      maximum: HOUR_MS,
      description: "Longest time that an event waits in memory before it is committed to the lake, milliseconds.",
    }),
    60_000,
  ),
  PROCESSOR_CUT_BYTES_MAX: withDefault(
    integer({
      minimum: 64 * 1024,
      maximum: 512 * MIB,
      description: "Bytes of events in memory, over all topics, at which they are committed.",
    }),
    24 * MIB,
  ),
  PROCESSOR_OPEN_HOURS_MAX: withDefault(
    integer({
      minimum: 1,
      maximum: 10_000,
      description: "Event hours times partitions that may be open at once in a topic before they are committed.",
    }),
    192,
  ),
  PROCESSOR_EVENT_AGE_MAX_MS: optional(
    integer({
      minimum: HOUR_MS,
      maximum: 3_650 * 24 * HOUR_MS,
      description:
        "How far an event's time may lie before its Kafka timestamp, milliseconds; older events are dead letters. No limit where left out.",
    }),
  ),
  PROCESSOR_EVENT_BYTES_MAX: withDefault(
    integer({
      minimum: 1_024,
      maximum: MIB,
      description: "Largest value of an event, bytes; larger ones are dead letters.",
    }),
    64 * 1_024,
  ),
  PROCESSOR_LOOK_INTERVAL_MS: withDefault(
    integer({
      minimum: 1_000,
      maximum: 24 * HOUR_MS,
      description:
        "How often a commit first looks whether the topic is still the one that the lake knows, milliseconds.",
    }),
    10 * 60_000,
  ),
  PROCESSOR_UNTIL_CAUGHT_UP: withDefault(
    boolean({ description: "Ends when everything that Kafka held at the start is in the lake." }),
    false,
  ),
  STATUS_ADDRESS: statusAddress,
  STATUS_PORT: statusPort,
};

export type ProcessorSettings = SettingsOf<typeof processorSettings>;
