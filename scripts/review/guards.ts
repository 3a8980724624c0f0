import type { Attributes } from "../../stacks/synthesis/synthesized";
import { isPublic, shortMember } from "./grants";
import { COMINGS, GOINGS, GUARDS, OPENING_TYPES } from "./guard-table";
import type { Danger, GrantChange, PassageChange } from "./model";
import { blocksAt, cloudNameOf, type Judged, textsOf, valueAt } from "./resources";
import { forcedText } from "./text";

/** What nobody may overlook: data that would be lost, guards that are lowered, ways that are opened. */

/** Types that hold what nobody can make again, and what stops a deploy that would take it. */
const STORES: Readonly<Record<string, (before: Attributes) => string | undefined>> = {
  docker_volume: () => undefined,
  google_bigquery_dataset: ({ delete_contents_on_destroy }) =>
    delete_contents_on_destroy === true ? undefined : "BigQuery refuses it while the dataset holds tables",
  // The provider's own default is true (resource_bigquery_table.go).
  google_bigquery_table: ({ deletion_protection }) =>
    deletion_protection === false ? undefined : "deletion_protection refuses it",
  google_compute_disk: ({ create_snapshot_before_destroy }) =>
    create_snapshot_before_destroy === true ? "a snapshot is taken first, and nothing else saves the data" : undefined,
  google_kms_crypto_key: () => undefined,
  google_kms_key_ring: () => "Google Cloud never deletes a key ring; Terraform only forgets it",
  google_storage_bucket: ({ force_destroy }) =>
    force_destroy === true ? undefined : "Cloud Storage refuses it while the bucket holds objects",
};

export function holdsData(type: string): boolean {
  return type in STORES;
}

/** What stops a deploy that would destroy the store or make it anew; no sentence where nothing does. */
export function stopsOf({ type, action, before, after }: Judged): string[] {
  if (before === undefined || !holdsData(type) || (action !== "destroyed" && action !== "replaced")) return [];
  const prevented = valueAt(before, "lifecycle.prevent_destroy") === true;
  const provider = STORES[type]?.(before);
  const stops = provider === undefined ? [] : [provider];
  if (action === "replaced" && valueAt(after, "lifecycle.prevent_destroy") === true) {
    return ["prevent_destroy would refuse it: the deploy stops before anything happens", ...stops];
  }
  // Terraform reads the guard from the declaration, which is gone.
  if (action === "destroyed" && prevented)
    return ["prevent_destroy goes with the declaration and protects nothing", ...stops];
  return stops.length > 0 ? stops : ["nothing refuses it: the data is gone after the deploy"];
}

/** @param newStack everything in it is new, so that nothing of it lowers a guard */
export function dangersOf(
  judged: readonly Judged[],
  grants: readonly GrantChange[],
  passages: readonly PassageChange[],
  newStack: boolean,
): Danger[] {
  return [
    ...judged.flatMap(storeDangers),
    ...judged.flatMap(guardDangers),
    ...judged.flatMap(openings),
    ...(newStack ? [] : judged.flatMap(comingsAndGoings)),
    ...grants.flatMap(grantDanger),
    ...passages.flatMap(passageDanger),
  ];
}

function storeDangers(judged: Judged): Danger[] {
  const stops = stopsOf(judged);
  if (stops.length === 0) return [];
  const { stack, action, forcedBy } = judged;
  const because = action === "replaced" ? `, because of ${forcedText(forcedBy)}` : "";
  const what = action === "replaced" ? "is destroyed and made anew, empty" : "is destroyed";
  const notes = judged.notes.length > 0 ? ` ${judged.notes.join(" ")}` : "";
  // Under the name that it has now: that is the one whose data goes.
  const named = nameOf({ ...judged, after: undefined });
  return [{ kind: "data", stack, text: `${named} ${what}${because}; ${stops.join("; ")}.${notes}` }];
}

function guardDangers(judged: Judged): Danger[] {
  const { stack, type, before, after } = judged;
  if (before === undefined || after === undefined || judged.action === "none") return [];
  const lowered = GUARDS.filter(
    (guard) =>
      guard.type.test(type) &&
      guard.lowered(valueAt(before, guard.path), valueAt(after, guard.path)) &&
      !sameAt(judged, guard.path),
  ).map(({ kind, says, path }) => ({ kind, stack, text: `${nameOf(judged)}: ${says} (\`${path}\`).` }));
  const [old, next] = [before, after].map((side) => deleteRules(type, side));
  const more = (next ?? []).filter((rule) => !(old ?? []).some((known) => deletesNoMore(rule, known)));
  const gained = gainedPermissions(judged);
  return [
    ...lowered,
    ...(gained.length > 0
      ? [{ kind: "access" as const, stack, text: `${nameOf(judged)} allows more: ${gained.join(", ")}.` }]
      : []),
    ...more.map((rule) => ({
      kind: "data" as const,
      stack,
      text: `${nameOf(judged)}: a lifecycle rule deletes objects (${conditionText(rule)}).`,
    })),
  ];
}

/** What a role of our own allows beyond what it allowed before. */
function gainedPermissions({ type, before, after }: Judged): string[] {
  if (!type.endsWith("_iam_custom_role")) return [];
  const old = textsOf(before?.permissions);
  return textsOf(after?.permissions).filter((permission) => !old.includes(permission));
}

function sameAt({ before, after }: Judged, path: string): boolean {
  return JSON.stringify(valueAt(before, path)) === JSON.stringify(valueAt(after, path));
}

/** The conditions under which the rules of a bucket delete. */
function deleteRules(type: string, attributes: Attributes | undefined): Attributes[] {
  if (type !== "google_storage_bucket") return [];
  return blocksAt(attributes, "lifecycle_rule")
    .filter((rule) => valueAt(rule, "action.type") === "Delete")
    .map((rule) => blocksAt(rule, "condition")[0] ?? {});
}

/** Conditions that only more days can meet later: with a larger number the rule deletes less. */
const AGES = ["age", "days_since_noncurrent_time", "num_newer_versions"];

/** Does a rule delete nothing that another has not deleted too? */
function deletesNoMore(rule: Attributes, known: Attributes): boolean {
  const rest = (condition: Attributes) =>
    JSON.stringify(Object.entries(condition).filter(([name]) => !AGES.includes(name)));
  const later = AGES.every((name) => Number(rule[name] ?? 0) >= Number(known[name] ?? 0));
  return later && rest(rule) === rest(known);
}

function conditionText(condition: Attributes): string {
  return JSON.stringify(condition).replaceAll('"', "");
}

/** What is open from its first day on, and kinds of resources that exist to open something. */
function openings({ type, before, after, stack, action, ...rest }: Judged): Danger[] {
  if (after === undefined || action === "none") return [];
  const named = nameOf({ type, before, after, stack, action, ...rest });
  const tell = (text: string) => ({ kind: "access" as const, stack, text: `${named}: ${text}.` });
  const opens = OPENING_TYPES.test(type)
    ? [tell(`${type} may let somebody in whom no grant and no firewall rule names`)]
    : [];
  if (before !== undefined) return opens;
  const born = GUARDS.filter(
    (guard) => guard.kind === "access" && guard.type.test(type) && guard.lowered(undefined, valueAt(after, guard.path)),
  );
  return [...opens, ...born.map(({ says, path }) => tell(`${says} (\`${path}\`)`))];
}

function comingsAndGoings(judged: Judged): Danger[] {
  const { stack, type, action } = judged;
  const told = action === "created" ? COMINGS[type] : action === "destroyed" ? GOINGS[type] : undefined;
  return told === undefined ? [] : [{ kind: told[0], stack, text: `${nameOf(judged)}: ${told[1]}.` }];
}

function grantDanger({ stack, change, who, role, on, condition }: GrantChange): Danger[] {
  if (change !== "opened") return [];
  const whom = isPublic(who) ? `EVERYBODY (${who})` : shortMember(who);
  const when = condition === undefined ? "" : ", under a condition";
  return [{ kind: "access", stack, text: `${whom} gets ${role} on ${on}${when}.` }];
}

function passageDanger({ stack, change, from, to, traffic, rule }: PassageChange): Danger[] {
  if (change !== "opened") return [];
  return [{ kind: "access", stack, text: `Traffic from ${from} to ${to} passes (${traffic}; ${rule}).` }];
}

/** `bucket acme-lake`: the type's last word, and the name that the cloud knows. */
export function nameOf({ type, path, before, after }: Judged): string {
  const kind =
    type
      .replace(/^(data\.)?(google|docker)_/, "")
      .split("_")
      .at(-1) ?? type;
  return `${kind} \`${cloudNameOf(after) ?? cloudNameOf(before) ?? path}\``;
}
