import type { Attributes, SynthesizedResource, SynthesizedStack } from "../../stacks/synthesis/synthesized";
import { type Action, type AttributeChange, EXIT_CODES } from "./model";

/** One resource on both sides of a comparison, and what becomes of it. */
export interface Judged {
  readonly stack: string;
  /** Terraform's type; a data source's begins with `data.`. */
  readonly type: string;
  /** Terraform's address in the stack. */
  readonly address: string;
  /** Construct path below the stack. */
  readonly path: string;
  /** The sentence that the declaration gives. */
  readonly why: string | undefined;
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
  readonly action: Action | "none";
  readonly attributes: readonly AttributeChange[];
  readonly forcedBy: readonly string[];
  readonly notes: readonly string[];
}

/** What a person reads instead of a stack trace, with the exit code. */
export class ReviewError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT_CODES.failure,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "ReviewError";
  }
}

/** Everything that a stack declares, by address. */
export function resourcesByAddress(stack: SynthesizedStack | undefined): Map<string, SynthesizedResource> {
  const data = (stack?.data ?? []).map((resource) => ({ ...resource, type: `data.${resource.type}` }));
  return new Map([...(stack?.resources ?? []), ...data].map((resource) => [addressOf(resource), resource]));
}

export function addressOf({ type, id }: SynthesizedResource): string {
  return `${type}.${id}`;
}

/** The attribute at a path such as `version.instance_template`; blocks may stand alone or as a list of one. */
export function valueAt(attributes: Attributes | undefined, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => {
    const block: unknown = Array.isArray(value) ? value[0] : value;
    return typeof block === "object" && block !== null ? (block as Attributes)[name] : undefined;
  }, attributes);
}

/** The blocks of an attribute, which may stand alone, as a list, or not at all. */
export function blocksAt(attributes: Attributes | undefined, name: string): Attributes[] {
  const value = attributes?.[name];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]) as Attributes[];
}

/** The attributes by which the cloud knows a resource, most telling first. */
const NAMES = [
  "name",
  "bucket",
  "table_id",
  "dataset_id",
  "account_id",
  "repository_id",
  "connection_id",
  "service",
  "key",
  "display_name",
];

/** The name that the cloud knows a resource by; `undefined` where it is made up at deployment. */
export function cloudNameOf(attributes: Attributes | undefined): string | undefined {
  const values = NAMES.map((name) => attributes?.[name]);
  return values.find((value): value is string => typeof value === "string" && !value.includes("${"));
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map(String);
}
