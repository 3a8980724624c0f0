import type { Attributes, SynthesizedResource, SynthesizedStack } from "../../stacks/synthesis/synthesized";
import { blocks } from "../attributes";
import { type Action, type AttributeChange, EXIT_CODES } from "./model";

export { texts as textsOf, valueAt } from "../attributes";

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

/** The blocks of an attribute, which may stand alone, as a list, or not at all. */
export function blocksAt(attributes: Attributes | undefined, name: string): Attributes[] {
  return blocks(attributes?.[name]);
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
