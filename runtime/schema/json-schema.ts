import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import type { EventDefinition, FieldDefinition } from "./field";

/** 2^53 - 1: the largest whole number that JSON parsers keep exactly (RFC 8259, section 6). */
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

function fieldSchema(field: FieldDefinition): TSchema {
  const options = {
    description: field.description,
    ...(field.minimum === undefined ? {} : { minimum: field.minimum }),
    ...(field.maximum === undefined ? {} : { maximum: field.maximum }),
  };
  switch (field.type) {
    case "text":
      return Type.String(options);
    case "boolean":
      return Type.Boolean(options);
    case "number":
      return Type.Number(options);
    case "integer":
    case "timestamp_ms":
      return Type.Integer({ minimum: -INTEGER_MAX, maximum: INTEGER_MAX, ...options });
  }
}

/**
 * The JSON Schema of an event on the wire (also the TypeBox value that the validator is compiled from).
 * Unknown fields are allowed: the processor keeps them in the column `unknown_fields`.
 */
export function jsonSchema(event: EventDefinition): TObject {
  const properties: Record<string, TSchema> = {};
  for (const field of event.fields) {
    const schema = fieldSchema(field);
    properties[field.wire] = field.optional === true ? Type.Optional(schema) : schema;
  }
  return Type.Object(properties, { $id: event.topic, title: event.topic, description: event.description });
}
