import { boolean, list, optional, type SettingsOf, text, withDefault } from "../support/settings";

/** The settings of the audit. */
export const auditSettings = {
  LAKE_URL: text({
    flag: "lake",
    description: "The lake to audit: gs://bucket[/prefix] or a folder.",
    allowed: "gs://bucket[/prefix] or a folder",
  }),
  KAFKA_BROKERS: optional(
    list({
      flag: "brokers",
      description: "Kafka's addresses; without them the books begin at the lake.",
      allowed: "a list of host:port with commas between them, such as 127.0.0.1:9092",
      pattern: "^[A-Za-z0-9.-]+:[0-9]{1,5}$",
    }),
  ),
  WAREHOUSE_URL: optional(
    text({
      flag: "warehouse",
      description: "bigquery://project/dataset-prefix or a .duckdb file; without it the books end at the lake.",
      allowed: "bigquery://project/dataset-prefix or a .duckdb file",
    }),
  ),
  AUDIT_JSON: withDefault(
    boolean({ flag: "json", description: "Prints the books as JSON instead of a table." }),
    false,
  ),
};

export type AuditSettings = SettingsOf<typeof auditSettings>;
