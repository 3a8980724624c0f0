import { KAFKA_CLIENTS, kafkaUserOf, permissionsOf, USER_SLOTS } from "../kafka/access";
import type { AccessRule, KafkaAdministration } from "../kafka/administration";
import type { Logger } from "../support/logging";

/** All that the platform's users may do, as rules of Kafka's authorizer; what has no rule is refused. */
export function declaredRules(): AccessRule[] {
  return KAFKA_CLIENTS.flatMap((client) =>
    USER_SLOTS.flatMap((slot) =>
      permissionsOf(client).map(({ resource, name, operation }) => ({
        principal: `User:${kafkaUserOf(client, slot)}`,
        host: "*",
        resource,
        name,
        pattern: "literal",
        operation,
        permission: "allow",
      })),
    ),
  );
}

const OUR_PRINCIPALS = new Set(
  KAFKA_CLIENTS.flatMap((client) => USER_SLOTS.map((slot) => `User:${kafkaUserOf(client, slot)}`)),
);

function keyOf(rule: AccessRule): string {
  const { principal, host, resource, pattern, name, operation, permission } = rule;
  return `${permission} ${principal} from ${host} to ${operation} ${resource} ${pattern} ${name}`;
}

/**
 * Gives the platform's users exactly the declared permissions. Rules for anybody else are left alone, and named once
 * more in the log at every change.
 * @returns how many rules were added or removed
 * @throws RhythmicError broker_unreachable, broker_refused
 */
export async function ensureAccess(kafka: KafkaAdministration, log: Logger): Promise<number> {
  const declared = new Map(declaredRules().map((rule) => [keyOf(rule), rule]));
  const found = await kafka.accessRules();
  const there = new Set(found.map(keyOf));
  const missing = [...declared].filter(([key]) => !there.has(key)).map(([, rule]) => rule);
  const surplus = found.filter((rule) => OUR_PRINCIPALS.has(rule.principal) && !declared.has(keyOf(rule)));
  // What is missing comes first: a program that waits for it is helped sooner than one that has too much is stopped.
  await kafka.addAccessRules(missing);
  await kafka.removeAccessRules(surplus);
  const changes = missing.length + surplus.length;
  if (changes === 0) return 0;
  log.info({ added: missing.length, removed: surplus.map(keyOf) }, "permissions are as declared");
  const foreign = found.filter((rule) => !OUR_PRINCIPALS.has(rule.principal));
  if (foreign.length > 0) {
    log.warn({ rules: foreign.map(keyOf) }, "Kafka has permissions for users that are not the platform's; left alone");
  }
  return changes;
}
