import type { Attributes } from "../stacks/synthesis/synthesized";

/** Reads what a synth or a plan declares of a resource, where Terraform's JSON may say one thing in several ways. */

/** The value at a path such as `update_policy.type`; a block that stands as a list is read at its first element. */
export function valueAt(attributes: Attributes | undefined, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => block(value)?.[name], attributes);
}

/** The block that may stand alone or as the first element of a list. */
export function block(value: unknown): Attributes | undefined {
  const found: unknown = Array.isArray(value) ? value[0] : value;
  return typeof found === "object" && found !== null ? (found as Attributes) : undefined;
}

/** All blocks, whether one stands alone, several in a list, or none. */
export function blocks(value: unknown): Attributes[] {
  const listed: unknown[] = Array.isArray(value) ? value : [value];
  return listed.filter((one): one is Attributes => typeof one === "object" && one !== null);
}

/** A list of texts; none where there is nothing. */
export function texts(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
