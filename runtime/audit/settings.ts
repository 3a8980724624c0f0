import { kafkaBrokers, kafkaCredentials, kafkaTopicPrefix } from "../kafka/settings";
import { lakeUrl } from "../lake/settings";
import { boolean, optional, type SettingsOf, withDefault } from "../support/settings";
import { warehouseUrl } from "../warehouse/settings";

/** The settings of the audit. */
export const auditSettings = {
  LAKE_URL: lakeUrl,
  /** Without it the books begin at the lake. */
  KAFKA_BROKERS: optional(kafkaBrokers),
  KAFKA_TOPIC_PREFIX: kafkaTopicPrefix,
  KAFKA_CREDENTIALS: kafkaCredentials,
  /** Without it the books end at the lake. */
  WAREHOUSE_URL: optional(warehouseUrl),
  AUDIT_JSON: withDefault(
    boolean({ flag: "json", description: "Prints the books as JSON instead of a table." }),
    false,
  ),
};

export type AuditSettings = SettingsOf<typeof auditSettings>;
