import { refusal } from "../synthesis/synthesis-error";
import type { Attributes, StackJson } from "../synthesis/synthesized";
import { conflictIn } from "./resource-combinations";
import { type Check, checksOf, LABEL_KEY, LABEL_VALUE, LABELS_MAX } from "./resource-rules";

/**
 * One pass over what a stack is about to write, so that no construct can forget a rule.
 * @param path construct path of the stack
 * @param json the stack as cdk.tf.json will hold it
 * @throws SynthesisError with the construct's path, the attribute, what was given and what is allowed
 */
export function checkResources(path: string, json: StackJson): void {
  for (const [type, byId] of Object.entries(json.resource ?? {})) {
    for (const { "//": comment, ...attributes } of Object.values(byId)) {
      checkResource(pathOf(comment) ?? path, type, attributes);
    }
  }
  for (const { default_labels: labels } of json.provider?.google ?? []) {
    checkLabels(path, "default_labels", labels);
  }
}

function checkResource(path: string, type: string, attributes: Attributes): void {
  for (const [attribute, check] of Object.entries(checksOf(type))) {
    for (const value of valuesAt(attributes, attribute.split("."))) refuse(path, attribute, value, check);
  }
  // What Cloud Monitoring calls labels says where a channel leads to.
  const labels = type.startsWith("google_monitoring_") ? "user_labels" : "labels";
  checkLabels(path, labels, attributes[labels]);
  const conflict = conflictIn(type, attributes);
  if (conflict !== undefined) throw refusal(`${path}: ${conflict.attribute}`, conflict.given, conflict.allowed);
}

function refuse(path: string, attribute: string, value: unknown, check: Check): void {
  // What Terraform puts in is known at deployment only.
  if (typeof value === "string" && value.includes("${")) return;
  if (!check.accepts(value)) throw refusal(`${path}: ${attribute}`, value, check.allowed);
}

function checkLabels(path: string, attribute: string, labels: unknown): void {
  const entries = Object.entries((labels ?? {}) as Readonly<Record<string, unknown>>);
  if (entries.length > LABELS_MAX) throw refusal(`${path}: ${attribute}`, entries.length, `at most ${LABELS_MAX}`);
  for (const [key, value] of entries) {
    refuse(path, `the key of a label in ${attribute}`, key, LABEL_KEY);
    refuse(path, `${attribute}.${key}`, value, LABEL_VALUE);
  }
}

/** The values at a path, which leads through blocks and through every element of a list. */
function valuesAt(value: unknown, [name, ...rest]: readonly string[]): readonly unknown[] {
  if (Array.isArray(value))
    return value.flatMap((element) => valuesAt(element, name === undefined ? [] : [name, ...rest]));
  if (name === undefined) return value === undefined || value === null ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  return valuesAt((value as Attributes)[name], rest);
}

function pathOf(comment: unknown): string | undefined {
  return (comment as { readonly metadata?: { readonly path?: string } } | undefined)?.metadata?.path;
}
