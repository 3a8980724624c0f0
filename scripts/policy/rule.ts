import type { Environment } from "../../stacks/environment-record";
import type { SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { valueAt } from "../attributes";

export { block, blocks, texts, valueAt } from "../attributes";

/**
 * Rules are data: a promise as a sentence, why it matters, and a check that lists what breaks it. The tests take the
 * sentences as their titles, `npm run policy` prints them, and the seeded mistakes of mutants.test.ts name them.
 */

/** One place where a promise is broken. */
export interface Finding {
  readonly stack: string;
  /** Terraform's type and the construct's path below the stack: `google_compute_disk kafka/data`. */
  readonly where: string;
  /** What stands there, as a short text. */
  readonly given: string;
  /** What may stand there. */
  readonly allowed: string;
}

export interface Rule {
  /** The promise: one sentence without its full stop. */
  readonly name: string;
  /** What would happen otherwise: one sentence. */
  readonly why: string;
  /** Where a fact of somebody else's stands. @default the rule rests on no such fact */
  readonly source?: string;
  /** @default every environment */
  readonly appliesTo?: (environment: Environment) => boolean;
  readonly check: (platform: SynthesizedPlatform, environment: Environment) => Finding[];
}

/** A value on one short line. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 160 ? `${line.slice(0, 157)}...` : line;
}

export function findingAt(resource: SynthesizedResource, given: unknown, allowed: string): Finding {
  const { stack, type, path } = resource;
  return { stack, where: `${type} ${path}`, given: shown(given), allowed };
}

/** A finding about what is not there, which has no place but its stack or the platform. */
export function missing(stack: string, what: string, allowed: string): Finding {
  return { stack, where: what, given: "nothing", allowed };
}

/**
 * Judges every resource of a type; that there is none is a finding too, because a rule about nothing promises nothing.
 * @param problems the findings of one resource
 */
export function forEach(
  platform: SynthesizedPlatform,
  type: string,
  problems: (resource: SynthesizedResource) => readonly (Finding | undefined)[],
): Finding[] {
  const found = platform.ofType(type);
  if (found.length === 0) return [missing("the platform", type, "at least one")];
  return found.flatMap(problems).filter((finding) => finding !== undefined);
}

/** A finding where an attribute is not the one value that is allowed. */
export function mustBe(resource: SynthesizedResource, path: string, allowed: unknown): Finding | undefined {
  const given = valueAt(resource.attributes, path);
  if (JSON.stringify(given) === JSON.stringify(allowed)) return undefined;
  return findingAt(resource, `${path}: ${shown(given)}`, `${path}: ${shown(allowed)}`);
}

/** A finding unless a condition on one attribute holds. */
export function mustHold(
  resource: SynthesizedResource,
  path: string,
  holds: (value: unknown) => boolean,
  allowed: string,
): Finding | undefined {
  const given = valueAt(resource.attributes, path);
  return holds(given) ? undefined : findingAt(resource, `${path}: ${shown(given)}`, `${path}: ${allowed}`);
}

/**
 * Findings where two sets of texts differ: what is too much is found at its resource, what is missing by its text.
 * @param found what stands there, with its resource
 * @param what what is missing where one is, such as "a grant"
 */
export function mustEqualSet(
  found: readonly (readonly [string, SynthesizedResource])[],
  expected: readonly string[],
  what: string,
  allowed: string = `each once: ${expected.join(", ")}`,
): Finding[] {
  const seen = new Set(found.map(([text]) => text));
  const surplus = found
    .filter(([text], index) => !expected.includes(text) || found.findIndex(([other]) => other === text) < index)
    .map(([text, resource]) => findingAt(resource, text, allowed));
  const absent = expected.filter((text) => !seen.has(text)).map((text) => missing("the platform", what, text));
  return [...surplus, ...absent];
}
