import type { Attributes, SynthesizedResource, SynthesizedStack } from "../../stacks/synthesis/synthesized";
import { attributeChanges, plainPath } from "./differ";
import type { AttributeChange } from "./model";
import type { ReplacementEntry } from "./replacement";
import { replacementOf } from "./replacement-table";
import { cloudNameOf, type Judged, resourcesByAddress, valueAt } from "./resources";

/** What Terraform would do to each resource of a stack, told from two declarations and the table of replacements. */

/** As Terraform's plan writes what only the cloud can say. */
export const KNOWN_AFTER_APPLY = "(known after apply)";

/** Blocks that Terraform itself reads; no provider sees them. */
const TERRAFORMS_OWN = ["lifecycle", "count", "for_each", "provisioner", "connection", "timeouts"];

export function judgeStack(
  name: string,
  before: SynthesizedStack | undefined,
  after: SynthesizedStack | undefined,
): Judged[] {
  const old = movedIn(after, resourcesByAddress(before));
  const next = resourcesByAddress(after);
  const addresses = [...new Set([...next.keys(), ...old.keys()])];
  const judged = addresses.map((address) => judge(name, address, old.get(address), next.get(address)));
  return withRenamed(withConsequences(judged));
}

function judge(
  stack: string,
  address: string,
  before: SynthesizedResource | undefined,
  after: SynthesizedResource | undefined,
): Judged {
  const known = after ?? before;
  const common = {
    stack,
    address,
    type: known?.type ?? "",
    path: known?.path ?? address,
    why: known?.why,
    before: before?.attributes,
    after: after?.attributes,
    notes: [],
  };
  if (before === undefined) return { ...common, action: "created", attributes: [], forcedBy: [] };
  if (after === undefined) return { ...common, action: "destroyed", attributes: [], forcedBy: [] };
  const attributes = attributeChanges(before.attributes, after.attributes);
  const forcedBy = forcingPaths(common.type, attributes, before.attributes, after.attributes);
  const action = forcedBy.length > 0 ? "replaced" : attributes.length > 0 ? "updated" : "none";
  return { ...common, action, attributes, forcedBy };
}

/** The changed attributes that can't be changed in place. */
export function forcingPaths(
  type: string,
  changes: readonly AttributeChange[],
  before: Attributes,
  after: Attributes,
): string[] {
  const entry = replacementOf(type);
  if (entry === undefined) return [];
  const forced = changes
    .filter(({ path, ...change }) => forces(entry, plainPath(path), change))
    .map(({ path }) => path);
  const changed = new Set(changes.map(({ path }) => plainPath(path).split(".")[0]));
  const conditional = (entry.conditions ?? []).filter(({ path, replaces }) => {
    const [name = ""] = path.split(".");
    if (!changed.has(name)) return false;
    const old = valueAt(before, path);
    return old !== undefined && replaces(old, valueAt(after, path));
  });
  return [...new Set([...forced, ...conditional.map(({ path }) => path)])];
}

function forces(entry: ReplacementEntry, path: string, { before, after }: Omit<AttributeChange, "path">): boolean {
  if (TERRAFORMS_OWN.some((block) => within(path, block))) return false;
  if (entry.except?.some((exception) => within(path, exception))) return false;
  if (entry.forcing === "every") return true;
  return entry.forcing.some(
    (forcing) =>
      within(path, forcing) ||
      // An element that comes or goes whole takes the forcing attribute inside with it.
      (within(forcing, path) && [before, after].some((value) => holds(value, forcing.slice(path.length + 1)))),
  );
}

function within(path: string, block: string): boolean {
  return path === block || path.startsWith(`${block}.`);
}

function holds(value: unknown, path: string): boolean {
  return typeof value === "object" && value !== null && valueAt(value as Attributes, path) !== undefined;
}

/**
 * A resource that is made anew gets another id: whoever names the id changes too, and is made anew itself where it
 * names it in an attribute that can't be changed. Until nothing follows any more.
 */
function withConsequences(judged: readonly Judged[]): Judged[] {
  let current = [...judged];
  for (;;) {
    const remade = new Map(current.filter(({ action }) => action === "replaced").map((each) => [each.address, each]));
    const next = current.map((each) => consequenceOf(each, remade));
    if (next.every((each, index) => each === current[index])) return current;
    current = next;
  }
}

function consequenceOf(judged: Judged, remade: ReadonlyMap<string, Judged>): Judged {
  if (judged.before === undefined || judged.after === undefined || judged.action === "replaced") return judged;
  const named = referencesIn(judged.after).filter(({ address, attribute, path }) => {
    const target = remade.get(address);
    // What the declaration itself says stays known; only what the cloud makes up changes.
    const known = attribute !== undefined && target?.after?.[attribute] !== undefined;
    const triggered = path.startsWith("lifecycle.replace_triggered_by");
    return target !== undefined && address !== judged.address && (triggered || !known);
  });
  const news = named.filter(({ path }) => !judged.attributes.some((change) => change.path === path));
  if (news.length === 0) return judged;
  const changes = news
    .filter(({ path }) => !within(plainPath(path), "lifecycle") && !within(path, "depends_on"))
    .map(({ path, text }) => ({ path, before: text, after: KNOWN_AFTER_APPLY }));
  const entry = replacementOf(judged.type);
  const forcing = news.filter(
    ({ path, text }) =>
      path.startsWith("lifecycle.replace_triggered_by") ||
      (entry !== undefined && forces(entry, plainPath(path), { before: text, after: KNOWN_AFTER_APPLY })),
  );
  if (changes.length === 0 && forcing.length === 0) return judged;
  const forcedBy = forcing.map(({ path, address }) => `${path}, which names ${address}`);
  return {
    ...judged,
    action: forcedBy.length > 0 ? "replaced" : "updated",
    attributes: [...judged.attributes, ...changes],
    forcedBy,
  };
}

interface Reference {
  readonly path: string;
  readonly text: string;
  readonly address: string;
  readonly attribute: string | undefined;
}

const REFERENCE = /\b((?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*)(?:\.([a-z_]+))?/g;

/** Every place where an attribute names another resource. */
function referencesIn(value: unknown, path = ""): Reference[] {
  if (typeof value === "string") {
    const marked = path.startsWith("lifecycle.replace_triggered_by") ? [value] : value.match(/\$\{[^}]*\}/g);
    return (marked ?? []).flatMap((mark) =>
      [...mark.matchAll(REFERENCE)].map(([, address = "", attribute]) => ({ path, text: value, address, attribute })),
    );
  }
  if (Array.isArray(value)) {
    const single = value.length === 1;
    return value.flatMap((element, index) => referencesIn(element, single ? path : `${path}[${index}]`));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => referencesIn(inner, path === "" ? name : `${path}.${name}`));
}

/** `moved` blocks: the resource is the same under another address. */
function movedIn(
  after: SynthesizedStack | undefined,
  old: Map<string, SynthesizedResource>,
): Map<string, SynthesizedResource> {
  const { moved = [] } = (after?.json ?? {}) as { readonly moved?: readonly { from: string; to: string }[] };
  for (const { from, to } of moved) {
    const resource = old.get(from);
    if (resource === undefined || old.has(to)) continue;
    old.delete(from);
    old.set(to, resource);
  }
  return old;
}

/** What goes and comes under the same name has only another construct id, which nobody may want. */
function withRenamed(judged: readonly Judged[]): Judged[] {
  const partner = (each: Judged, action: "created" | "destroyed") =>
    judged.find(
      (other) =>
        other.action === action &&
        other.type === each.type &&
        cloudNameOf(each.before ?? each.after) !== undefined &&
        attributeChanges(each.before ?? each.after ?? {}, other.before ?? other.after ?? {}).length === 0,
    );
  return judged.map((each) => {
    if (each.action !== "destroyed" && each.action !== "created") return each;
    const other = partner(each, each.action === "destroyed" ? "created" : "destroyed");
    if (other === undefined) return each;
    const note =
      each.action === "destroyed"
        ? `Comes again under another construct id (${other.path}): keep the id, or declare the move with moveTo.`
        : `Is the one that goes as ${other.path}: only the construct id differs.`;
    return { ...each, notes: [...each.notes, note] };
  });
}
