import type { Attributes } from "../../stacks/synthesis/synthesized";
import type { GrantChange } from "./model";
import { blocksAt, type Judged, textOf, textsOf } from "./resources";

/** Who may do what on which resource, before and after. */

const KINDS = /^google_(.+)_iam_(member|binding)$/;
/** Attributes of a grant that don't say what is granted on. */
const NOT_THE_RESOURCE = new Set(["role", "member", "members", "condition", "depends_on", "lifecycle", "etag", "id"]);
/** Those that only say where the resource lies. */
const PLACES = new Set(["project", "location", "region", "zone"]);

const DATASET = "google_bigquery_dataset";

interface Grant {
  readonly who: string;
  readonly role: string;
  readonly on: string;
  readonly condition: string | undefined;
}

export function isGrant(type: string): boolean {
  return KINDS.test(type);
}

/** A grant that only gets another sentence or another condition title is no other grant. */
export function grantChanges(judged: readonly Judged[]): GrantChange[] {
  const sides = judged.filter(({ type }) => isGrant(type) || type === DATASET);
  const before = sides.flatMap((each) => grantsOf(each, each.before));
  const after = sides.flatMap((each) => grantsOf(each, each.after));
  const opened = after.filter(({ grant }) => !before.some((other) => covers(other.grant, grant)));
  const closed = before.filter(({ grant }) => !after.some((other) => covers(other.grant, grant)));
  return [
    ...opened.map(({ stack, why, grant }) => ({ stack, change: "opened" as const, ...grant, why })),
    ...closed.map(({ stack, why, grant }) => {
      // What is still granted under a condition is no more than it was.
      const left = after.find((other) => covers(grant, other.grant));
      if (left === undefined) return { stack, change: "closed" as const, ...grant, why };
      return { stack, change: "narrowed" as const, ...left.grant, why: left.why };
    }),
  ];
}

/** The same grant without a condition covers one with any. */
function covers(wide: Grant, narrow: Grant): boolean {
  const sameGrant = wide.who === narrow.who && wide.role === narrow.role && wide.on === narrow.on;
  return sameGrant && (wide.condition === undefined || wide.condition === narrow.condition);
}

function grantsOf({ stack, type, why }: Judged, attributes: Attributes | undefined) {
  if (attributes === undefined) return [];
  if (type === DATASET) return datasetGrantsOf(stack, attributes);
  const members = [...textsOf(attributes.member), ...textsOf(attributes.members)];
  const condition = textOf(blocksAt(attributes, "condition")[0]?.expression);
  return members.map((who) => ({
    stack,
    why: why ?? textOf(blocksAt(attributes, "condition")[0]?.description),
    grant: { who, role: String(attributes.role), on: resourceOf(type, attributes), condition },
  }));
}

/** A dataset may grant by itself: its blocks `access`, each with a role and whom it is for. */
function datasetGrantsOf(stack: string, attributes: Attributes) {
  return blocksAt(attributes, "access").map((access) => {
    const { role, ...whom } = access;
    const who = textsOf(access.iam_member ?? access.special_group)[0] ?? JSON.stringify(whom).replaceAll('"', "");
    const on = `dataset ${attributes.dataset_id}`;
    return { stack, why: undefined, grant: { who, role: textOf(role) ?? "access", on, condition: undefined } };
  });
}

/** `bucket acme-lake`, `project acme`. */
function resourceOf(type: string, attributes: Attributes): string {
  const kind = (KINDS.exec(type)?.[1] ?? type).split("_").at(-1);
  const named = Object.entries(attributes).filter(
    ([name, value]) => !NOT_THE_RESOURCE.has(name) && textOf(value) !== undefined,
  );
  const ids = named.filter(([name]) => !PLACES.has(name));
  const parts = (ids.length > 0 ? ids : named.filter(([name]) => name === "project")).map(([, value]) => String(value));
  return `${kind} ${parts.join("/") || "of the provider's settings"}`;
}

/** `serviceAccount:rhythmic-dev-loader@acme.iam.gserviceaccount.com` as `rhythmic-dev-loader`. */
export function shortMember(who: string): string {
  const account = /^serviceAccount:([^@]+)@[^.]+\.iam\.gserviceaccount\.com$/.exec(who);
  return account?.[1] ?? who;
}

/** Is it everybody, or everybody with a Google account? */
export function isPublic(who: string): boolean {
  return who === "allUsers" || who === "allAuthenticatedUsers";
}
