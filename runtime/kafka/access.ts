import { EVENTS } from "../schema/events";

/**
 * Who may do what in Kafka; the one place that says it. Kafka's machine makes users and ACLs from it, the stacks the
 * secrets in which the programs find their users, the demo and the tests the same on one machine.
 */

/** Who speaks to Kafka: programs of the platform, each with users of its own. */
export const KAFKA_CLIENTS = ["generator", "processor", "audit"] as const;
export type KafkaClient = (typeof KAFKA_CLIENTS)[number];

/** Each program has two users, so that one can get a new password while the other is in use. */
export const USER_SLOTS = ["a", "b"] as const;
export type UserSlot = (typeof USER_SLOTS)[number];

/** The processors' consumer group, unless a setting says otherwise. */
export const PROCESSOR_GROUP = "rhythmic-processor";
/** The group in which a generator that was killed reads what Kafka has taken of it; it commits nothing. */
export const GENERATOR_GROUP = "rhythmic-generator";
/** The group of the audit, which commits nothing. */
export const AUDIT_GROUP = "rhythmic-audit";

/** Name of a program's user in Kafka: `generator-a`. */
export function kafkaUserOf(client: KafkaClient, slot: UserSlot): string {
  return `${client}-${slot}`;
}

/** The group in which a source looks at single records, beside its own. */
export function lookGroupOf(group: string): string {
  return `${group}-look`;
}

/** Something that a program may do, by Kafka's own words (kafka.apache.org/documentation/#operations_in_kafka). */
export interface KafkaPermission {
  readonly resource: "topic" | "group";
  readonly name: string;
  readonly operation: "read" | "write" | "describe";
}

const TOPIC_NAMES = EVENTS.map(({ topic }) => topic);

function onTopics(...operations: readonly KafkaPermission["operation"][]): KafkaPermission[] {
  return TOPIC_NAMES.flatMap((name) =>
    operations.map((operation) => ({ resource: "topic", name, operation }) as const),
  );
}

function onGroups(group: string): KafkaPermission[] {
  return [group, lookGroupOf(group)].map((name) => ({ resource: "group", name, operation: "read" }) as const);
}

/** All that a program may do, whichever of its two users it is. */
export function permissionsOf(client: KafkaClient): readonly KafkaPermission[] {
  switch (client) {
    case "generator":
      // It reads only after it was killed, to go on without repeating what Kafka has taken.
      return [
        ...onTopics("write", "read", "describe"),
        { resource: "group", name: GENERATOR_GROUP, operation: "read" },
      ];
    case "processor":
      return [...onTopics("read", "describe"), ...onGroups(PROCESSOR_GROUP)];
    case "audit":
      return [...onTopics("read", "describe"), ...onGroups(AUDIT_GROUP)];
  }
}
