import type { EventDefinition, FieldType } from "./field";

const FLINK_TYPES: Record<FieldType, string> = {
  text: "STRING",
  integer: "BIGINT",
  number: "DOUBLE",
  boolean: "BOOLEAN",
  // On the wire a time is a number of milliseconds; the DDL computes a TIMESTAMP_LTZ(3) beside it.
  timestamp_ms: "BIGINT",
};

/**
 * Flink SQL that declares an event's topic as a table: wire names, a computed `event_time` and its watermark.
 * The options of the connector (brokers, security) are the job's business.
 */
export function flinkDdl(event: EventDefinition): string {
  const columns = event.fields.map((field) => `  \`${field.wire}\` ${FLINK_TYPES[field.type]}`);
  return [
    `CREATE TABLE \`${event.topic}\` (`,
    [
      ...columns,
      "  `event_time` AS TO_TIMESTAMP_LTZ(`ts`, 3)",
      "  WATERMARK FOR `event_time` AS `event_time` - INTERVAL '1' MINUTE",
    ].join(",\n"),
    ")",
  ].join("\n");
}
