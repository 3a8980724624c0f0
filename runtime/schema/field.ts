/**
 * The vocabulary in which events are defined. A field says each thing once; everything else (types, validator,
 * columns of four systems, docs) is derived from it in the files beside this one.
 */

/**
 * What a field holds, on the wire (JSON) and in the lake:
 *
 * | type           | wire                                   | lake                       |
 * |----------------|----------------------------------------|----------------------------|
 * | `text`         | string                                 | UTF-8 text                 |
 * | `integer`      | whole number within ±(2^53 - 1)        | 64-bit integer             |
 * | `number`       | finite number                          | double                     |
 * | `boolean`      | true or false                          | boolean                    |
 * | `timestamp_ms` | whole milliseconds since 1970, UTC     | timestamp, µs, UTC         |
 */
export type FieldType = "text" | "integer" | "number" | "boolean" | "timestamp_ms";

export interface FieldDefinition {
  /** The name in the JSON of an event; camelCase, as eventsim writes it. */
  readonly wire: string;
  /** The column in the lake and the warehouse; snake_case, with the unit where there is one. */
  readonly column: string;
  readonly type: FieldType;
  /** May the field be absent? A field that is added to an existing event must be optional. */
  readonly optional?: boolean;
  /** Smallest value allowed, inclusive (integers and numbers). */
  readonly minimum?: number;
  /** Largest value allowed, inclusive (integers and numbers). */
  readonly maximum?: number;
  /** One sentence for people. */
  readonly description: string;
}

export interface EventDefinition {
  /** The Kafka topic, the lake's table and the warehouse's staging table: one name for all. */
  readonly topic: string;
  /** When the event is written; one sentence. */
  readonly description: string;
  readonly fields: readonly FieldDefinition[];
}

/** The TypeScript type of a field's value. */
type ValueOf<F extends FieldDefinition> = F["type"] extends "text"
  ? string
  : F["type"] extends "boolean"
    ? boolean
    : number;

type FieldsOf<E extends EventDefinition> = E["fields"][number];

/** The TypeScript type of an event on the wire, derived from its definition. */
export type EventOf<E extends EventDefinition> = {
  readonly [F in Exclude<FieldsOf<E>, { readonly optional: true }> as F["wire"]]: ValueOf<F>;
} & {
  readonly [F in Extract<FieldsOf<E>, { readonly optional: true }> as F["wire"]]?: ValueOf<F>;
};
