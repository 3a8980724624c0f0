import { readFileSync } from "node:fs";
import type { Attributes } from "../../stacks/synthesis/synthesized";
import { reviewOf } from "./compare";
import { attributeChanges, plainPath } from "./differ";
import { KNOWN_AFTER_APPLY } from "./judge";
import type { Action, AttributeChange, Review } from "./model";
import type { PlanFile } from "./options";
import { type Judged, ReviewError } from "./resources";

/**
 * Terraform's own plan, as `terraform show -json PLAN` prints it
 * (developer.hashicorp.com/terraform/internals/json-format, format version 1.x):
 *
 *   resource_changes[].change.actions        no-op, create, read, update, delete, [delete, create], forget ...
 *   resource_changes[].change.before, after  the attributes; what only the apply knows is left out of `after`
 *   resource_changes[].change.after_unknown  ... and marked here
 *   resource_changes[].change.replace_paths  the attributes that force a replacement
 *   resource_changes[].change.*_sensitive    marks of what must not be shown
 */

const FORMAT = /^1\./;
const SENSITIVE = "(sensitive)";
const SENSITIVE_CHANGED = "(sensitive, another value)";

interface Plan {
  readonly format_version?: string;
  readonly resource_changes?: readonly PlannedChange[];
  readonly resource_drift?: readonly PlannedChange[];
  readonly errored?: boolean;
}

interface PlannedChange {
  readonly address: string;
  readonly mode: string;
  readonly type: string;
  readonly previous_address?: string;
  readonly action_reason?: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Attributes | null;
    readonly after: Attributes | null;
    readonly after_unknown?: unknown;
    readonly before_sensitive?: unknown;
    readonly after_sensitive?: unknown;
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

/** @throws ReviewError for a file that holds no plan */
export function reviewPlans(files: readonly PlanFile[]): Review {
  const twice = files.find(({ stack }, index) => files.findIndex((other) => other.stack === stack) !== index);
  if (twice !== undefined) {
    throw new ReviewError(`Two plans are named ${twice.stack}; tell them apart with --plan STACK=FILE.`, 2);
  }
  const plans = files.map(({ stack, file }) => ({ stack, file, plan: readPlan(file) }));
  const reviews = plans.map(({ stack, plan }) =>
    reviewOf(
      stack,
      (plan.resource_changes ?? []).map((change) => judged(stack, change)),
      "changed",
      [],
      () => undefined,
    ),
  );
  return {
    format: 1,
    source: "plan",
    environment: undefined,
    before: "what Terraform's state and the cloud say",
    after: `Terraform's plan of ${plans.map(({ stack }) => stack).join(", ")}`,
    dangers: reviews.flatMap(({ dangers }) => dangers),
    stacks: reviews.map(({ review }) => review),
    cost: undefined,
    notes: plans.flatMap(({ stack, plan }) => notesOf(stack, plan)),
  };
}

function readPlan(file: string): Plan {
  const how = "make it with: terraform show -json PLAN > FILE";
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ReviewError(`The plan ${file} can't be read: ${(error as Error).message}.`, undefined, { cause: error });
  }
  let plan: Plan | null;
  try {
    plan = JSON.parse(text) as Plan | null;
  } catch (error) {
    throw new ReviewError(`${file} is not the JSON of a plan; ${how}.`, undefined, { cause: error });
  }
  const version = plan?.format_version;
  if (typeof plan !== "object" || plan === null || version === undefined || !("planned_values" in plan)) {
    throw new ReviewError(`${file} is JSON, but not a plan; ${how}.`);
  }
  if (!FORMAT.test(version)) throw new ReviewError(`${file} has the format version ${version}; allowed: 1.x.`);
  return plan;
}

function notesOf(stack: string, { errored, resource_drift = [], resource_changes = [] }: Plan): string[] {
  const drifted = resource_drift.map(({ address }) => `\`${address}\``);
  const forgotten = resource_changes.filter(({ change }) => change.actions.includes("forget"));
  return [
    ...(errored === true ? [`${stack}: Terraform ended this plan with an error, so that it is not complete.`] : []),
    ...(drifted.length > 0 ? [`${stack}: changed in the cloud by somebody else: ${drifted.join(", ")}.`] : []),
    ...forgotten.map(({ address }) => `${stack}: Terraform forgets \`${address}\`, and leaves it in the cloud.`),
  ];
}

function judged(stack: string, planned: PlannedChange): Judged {
  const { address, mode, type, change } = planned;
  const before = masked(change.before ?? undefined, change.before_sensitive, undefined) as Attributes | undefined;
  const after = masked(change.after ?? undefined, change.after_sensitive, change.before) as Attributes | undefined;
  const action = mode === "data" ? "none" : actionOf(change.actions);
  const forcedBy = (change.replace_paths ?? []).map(pathText);
  return {
    stack,
    type: mode === "data" ? `data.${type}` : type,
    address,
    path: address,
    why: undefined,
    before,
    after,
    action,
    attributes:
      action === "updated" || action === "replaced"
        ? changesOf(before ?? {}, after ?? {}, change.after_unknown, forcedBy)
        : [],
    forcedBy: action === "replaced" && forcedBy.length === 0 ? [reasonOf(planned)] : forcedBy,
    notes: planned.previous_address === undefined ? [] : [`Was ${planned.previous_address}: only the address differs.`],
  };
}

function actionOf(actions: readonly string[]): Action | "none" {
  const [creates, deletes] = [actions.includes("create"), actions.includes("delete")];
  if (creates && deletes) return "replaced";
  if (creates) return "created";
  if (deletes) return "destroyed";
  return actions.includes("update") ? "updated" : "none";
}

/** Why Terraform makes it anew where no attribute forces it: tainted, asked for, or triggered. */
function reasonOf({ action_reason }: PlannedChange): string {
  return (action_reason ?? "a reason that the plan does not tell").replaceAll("_", " ");
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${step}`))
    .join("");
}

/** What differs; what the cloud makes up anew by itself (ids, links) is left out unless it forces something. */
function changesOf(
  before: Attributes,
  after: Attributes,
  unknown: unknown,
  forcedBy: readonly string[],
): AttributeChange[] {
  const filled = withUnknown(after, unknown) as Attributes;
  const forcing = forcedBy.map((path) => plainPath(path).split(".")[0]);
  return attributeChanges(before, filled).filter(({ path }) => {
    const [name = ""] = plainPath(path).split(".");
    return name in after || !isUnknown(unknown, name) || forcing.includes(name);
  });
}

function isUnknown(unknown: unknown, name: string): boolean {
  return typeof unknown === "object" && unknown !== null && (unknown as Attributes)[name] !== undefined;
}

function withUnknown(value: unknown, unknown: unknown): unknown {
  if (unknown === true) return KNOWN_AFTER_APPLY;
  if (typeof unknown !== "object" || unknown === null) return value;
  if (Array.isArray(unknown)) {
    const list = Array.isArray(value) ? value : [];
    return unknown.length === 0 ? value : unknown.map((mark, index) => withUnknown(list[index], mark));
  }
  const block = (typeof value === "object" && value !== null ? value : {}) as Attributes;
  const marks = Object.entries(unknown).filter(([, mark]) => mark !== false);
  return { ...block, ...Object.fromEntries(marks.map(([name, mark]) => [name, withUnknown(block[name], mark)])) };
}

/** Sensitive values never leave this file: only whether they differ. */
function masked(value: unknown, marks: unknown, before: unknown): unknown {
  if (marks === true) {
    if (value === undefined || value === null) return value;
    const differs = before !== undefined && JSON.stringify(before) !== JSON.stringify(value);
    return differs ? SENSITIVE_CHANGED : SENSITIVE;
  }
  if (typeof marks !== "object" || marks === null || typeof value !== "object" || value === null) return value;
  const at = (container: unknown, key: string | number) => (container as Attributes | undefined | null)?.[key];
  if (Array.isArray(value)) return value.map((element, index) => masked(element, at(marks, index), at(before, index)));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, masked(inner, at(marks, name), at(before, name))]),
  );
}
