import { EVENTS } from "../schema/events";

/** A topic as it must be; the one place that declares them. */
export interface TopicDeclaration {
  readonly name: string;
  readonly partitions: number;
  /** Broker-side settings by Kafka's own names (kafka.apache.org/documentation/#topicconfigs). */
  readonly config: Readonly<Record<string, string>>;
}

/** Partitions of every topic: what one processor an environment's machine can share out. */
export const PARTITIONS_PER_TOPIC = 3;

const RETENTION_MS = 7 * 24 * 3_600_000;

/**
 * The topics of the platform. Neither compacted nor transactional: their offsets have no holes, which the
 * processor relies on. Timestamps are the broker's clock at production (never the event's: retention would delete
 * a replayed history at once).
 */
export const TOPICS: readonly TopicDeclaration[] = EVENTS.map((event) => ({
  name: event.topic,
  partitions: PARTITIONS_PER_TOPIC,
  config: {
    "cleanup.policy": "delete",
    "retention.ms": String(RETENTION_MS),
    "message.timestamp.type": "CreateTime",
    "compression.type": "producer",
  },
}));

/** Headers of every record. */
export const HEADER_SCHEMA_VERSION = "schema-version";
export const HEADER_CONTENT_TYPE = "content-type";
export const CONTENT_TYPE_JSON = "application/json";
