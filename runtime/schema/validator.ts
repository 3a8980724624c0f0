import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { EventDefinition, FieldDefinition } from "./field";
import { jsonSchema } from "./json-schema";

/** Why a record is a dead letter. One list for all codes, so that a query over the dead letters can rely on it. */
export type ProblemCode =
  | "not_json"
  | "not_an_object"
  | "missing_field"
  | "wrong_type"
  | "out_of_range"
  | "event_time_out_of_range"
  | "unknown_schema_version"
  | "oversized"
  | "tombstone";

/** One thing that is wrong with a record: where, what was found, what is allowed. */
export interface Problem {
  readonly code: ProblemCode;
  /** Wire name of the field; absent where the record as a whole is meant. */
  readonly field?: string;
  /** What was found, shortened to 80 characters. */
  readonly found: string;
  readonly allowed: string;
}

/** An event that passed the validator: its fields by wire name. */
export type ValidEvent = Readonly<Record<string, string | number | boolean | undefined>>;

const FOUND_CHARS_MAX = 80;

/** A short description of any value for a problem's `found`. */
export function describeFound(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > FOUND_CHARS_MAX ? `${text.slice(0, FOUND_CHARS_MAX - 1)}…` : text;
}

const ALLOWED: Record<FieldDefinition["type"], string> = {
  text: "text",
  integer: "a whole number within ±(2^53 - 1)",
  number: "a finite number",
  boolean: "true or false",
  timestamp_ms: "whole milliseconds since 1970, UTC",
};

function allowedOf(field: FieldDefinition): string {
  const base = ALLOWED[field.type];
  if (field.minimum === undefined) return base;
  return field.maximum === undefined
    ? `${base}, at least ${field.minimum}`
    : `${base}, from ${field.minimum} to ${field.maximum}`;
}

function hasType(field: FieldDefinition, value: unknown): boolean {
  switch (field.type) {
    case "text":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    default:
      return Number.isSafeInteger(value);
  }
}

/** Every problem of a value that the compiled check has refused; slower, and only for what is wrong. */
function problemsOf(event: EventDefinition, value: unknown): Problem[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ code: "not_an_object", found: describeFound(value), allowed: "a JSON object" }];
  }
  const problems: Problem[] = [];
  for (const field of event.fields) {
    const found = Object.hasOwn(value, field.wire) ? (value as Record<string, unknown>)[field.wire] : undefined;
    if (found === undefined) {
      if ((field as FieldDefinition).optional === true) continue;
      problems.push({ code: "missing_field", field: field.wire, found: "nothing", allowed: allowedOf(field) });
    } else if (!hasType(field, found)) {
      problems.push({
        code: "wrong_type",
        field: field.wire,
        found: describeFound(found),
        allowed: allowedOf(field),
      });
    } else if (typeof found === "number" && (found < (field.minimum ?? found) || found > (field.maximum ?? found))) {
      problems.push({
        code: "out_of_range",
        field: field.wire,
        found: describeFound(found),
        allowed: allowedOf(field),
      });
    }
  }
  return problems;
}

export interface Validator {
  /** All problems of a parsed JSON value; empty for a good event. Never throws. */
  validate(value: unknown): readonly Problem[];
}

const NONE: readonly Problem[] = [];

/** The validator of an event, compiled once. */
export function validatorOf(event: EventDefinition): Validator {
  const check = TypeCompiler.Compile(jsonSchema(event));
  return {
    validate(value) {
      if (check.Check(value)) return NONE;
      const problems = problemsOf(event, value);
      if (problems.length > 0) return problems;
      // The compiled check and the description above disagree: never let such a record pass.
      return [{ code: "wrong_type", found: describeFound(value), allowed: `the JSON Schema of ${event.topic}` }];
    },
  };
}
