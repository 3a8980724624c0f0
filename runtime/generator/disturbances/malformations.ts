import type { EventDefinition, FieldDefinition } from "../../schema/field";
import type { EventChance } from "./chance";

/** An event as parsed JSON. */
type Fields = Record<string, unknown>;
type Draw = Pick<EventChance, "draw">;

/** A byte that stands nowhere in UTF-8. */
const NEVER_UTF8 = 0xff;
const NO_BYTES = new Uint8Array(0);

/**
 * The ways in which a record breaks the schema, as pipelines meet them. Each makes other bytes of a good event, in one
 * line, that no reader may take for an event.
 */
export const MALFORMATIONS = {
  /** Broken off while it was written: `{"ts":17672256`. */
  cut_off: (event, _definition, chance) => event.subarray(0, 1 + chance.draw(event.length - 1)),
  /** Nothing at all, which is not the same as Kafka's record without a value. */
  empty: () => NO_BYTES,
  /** A byte of another encoding within the text. */
  not_utf8: (event, _definition, chance) => {
    const bytes = new Uint8Array(event);
    // Not the first: where all topics share a stream, its lines begin with something else.
    bytes[1 + chance.draw(bytes.length - 1)] = NEVER_UTF8;
    return bytes;
  },
  /** `NaN`, which some languages write as if it were JSON. */
  not_a_number: (event, definition, chance) => {
    const fields = parse(event);
    const numbers = definition.fields.filter((field) => typeof fields[field.wire] === "number");
    const { wire } = pick(numbers, chance);
    return encode(JSON.stringify({ ...fields, [wire]: null }).replace(`"${wire}":null`, `"${wire}":NaN`));
  },
  /** A field that every event has is not there. */
  missing_field: (event, definition, chance) => {
    const fields = parse(event);
    const { wire } = pick(
      definition.fields.filter((field) => field.optional !== true),
      chance,
    );
    return encode(JSON.stringify({ ...fields, [wire]: undefined }));
  },
  /** A number as text, a text as a number, `null`. */
  wrong_type: (event, definition, chance) => {
    const fields = parse(event);
    const { wire } = pick(
      definition.fields.filter((field) => fields[field.wire] !== undefined),
      chance,
    );
    const value = fields[wire];
    const other = typeof value === "string" ? value.length : `${value}`;
    return encode(JSON.stringify({ ...fields, [wire]: chance.draw(2) === 0 ? null : other }));
  },
  /** A number outside its limits: a place beyond the poles, a page before the first. */
  out_of_range: (event, definition, chance) => {
    const fields = parse(event);
    const { wire, minimum, maximum } = pick(
      definition.fields.filter((field) => field.minimum !== undefined && fields[field.wire] !== undefined),
      chance,
    );
    const below = maximum === undefined || chance.draw(2) === 0;
    return encode(JSON.stringify({ ...fields, [wire]: below ? (minimum ?? 0) - 1 : maximum + 1 }));
  },
  /** The event in an array. */
  in_array: (event) => encode(`[${decode(event)}]`),
  /** The event's JSON as a text of JSON: encoded twice. */
  as_text: (event) => encode(JSON.stringify(decode(event))),
  /** The event within another object. */
  wrapped: (event) => encode(`{"event":${decode(event)}}`),
} as const satisfies Record<string, (event: Uint8Array, definition: EventDefinition, chance: Draw) => Uint8Array>;

export type Malformation = keyof typeof MALFORMATIONS;

export const MALFORMATION_NAMES = Object.keys(MALFORMATIONS) as readonly Malformation[];

/** One of the fields; the schema's events have some of every sort. */
function pick(fields: readonly FieldDefinition[], chance: Draw): FieldDefinition {
  return fields[chance.draw(fields.length)] as FieldDefinition;
}

function parse(event: Uint8Array): Fields {
  return JSON.parse(decode(event));
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function encode(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
