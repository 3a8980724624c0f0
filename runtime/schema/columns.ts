import type { EventDefinition, FieldType } from "./field";

/**
 * The columns of the lake's and the warehouse's tables, derived from the events. The formats of each system
 * (parquet.ts, delta.ts, bigquery.ts, duckdb.ts, flink.ts) are derived from these in turn.
 */

export type ColumnType = FieldType | "bytes";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** May a row of a file written today lack the value? (Readers must allow it in any case: columns are added.) */
  readonly nullable: boolean;
  readonly description: string;
}

/** What the processor adds to every row. */
export const ROW_COLUMNS: readonly Column[] = [
  {
    name: "unknown_fields",
    type: "text",
    nullable: true,
    description:
      "JSON of the fields that the schema did not know when the row was written; null where there were none.",
  },
  { name: "event_hour", type: "timestamp_ms", nullable: false, description: "The hour of event_time, UTC." },
  { name: "kafka_partition", type: "integer", nullable: false, description: "Partition that the event was read from." },
  { name: "kafka_offset", type: "integer", nullable: false, description: "Offset of the event in its partition." },
  { name: "ingested_at", type: "timestamp_ms", nullable: false, description: "When the processor read the event." },
];

/** All columns of an event's table in the lake, in file order; the partition columns `date` and `hour` come on top. */
export function columnsOf(event: EventDefinition): readonly Column[] {
  const fields = event.fields.map((field) => ({
    name: field.column,
    type: field.type,
    // The lake fills in an id where the producer gave none.
    nullable: field.optional === true && field.column !== "event_id",
    description: field.description,
  }));
  return [...fields, ...ROW_COLUMNS];
}

/** The columns by which a table of the lake is partitioned: the folders `date=2026-01-01/hour=7`. */
export const PARTITION_COLUMNS = [
  { name: "date", type: "date", description: "Date of event_time, UTC." },
  { name: "hour", type: "integer", description: "Hour of event_time, UTC, 0 to 23." },
] as const;

/** The table of dead letters: the raw bytes, where they stood, and every problem found. */
export const DEAD_LETTER_COLUMNS: readonly Column[] = [
  {
    name: "kafka_partition",
    type: "integer",
    nullable: false,
    description: "Partition that the record was read from.",
  },
  { name: "kafka_offset", type: "integer", nullable: false, description: "Offset of the record in its partition." },
  { name: "kafka_timestamp", type: "timestamp_ms", nullable: false, description: "The record's Kafka timestamp." },
  { name: "key", type: "bytes", nullable: true, description: "The record's key, as it stood." },
  {
    name: "value",
    type: "bytes",
    nullable: true,
    description: "The record's value, as it stood; null for a tombstone.",
  },
  { name: "headers", type: "text", nullable: false, description: "The record's headers as JSON, values in base64." },
  {
    name: "problems",
    type: "text",
    nullable: false,
    description: 'JSON list of every problem: {"code", "field", "found", "allowed"}.',
  },
  { name: "ingested_at", type: "timestamp_ms", nullable: false, description: "When the processor read the record." },
];

/** The column by which the table of dead letters is partitioned: the folders `topic=listen_events`. */
export const DEAD_LETTER_PARTITION_COLUMNS = [
  { name: "topic", type: "text", description: "Topic that the record was read from." },
] as const;
