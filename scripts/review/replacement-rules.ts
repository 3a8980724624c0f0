import { addressesOf } from "../../stacks/checks/cidr";

/** The changes that replace a resource only sometimes, as the provider decides them. */

/** A disk grows in place, and is made anew to shrink (IsDiskShrinkage). */
export function isSmaller(before: unknown, after: unknown): boolean {
  return Number(after) < Number(before);
}

/** A bucket's retention policy, once locked, can't be unlocked (isPolicyLocked). */
export function isUnlocked(before: unknown, after: unknown): boolean {
  return before === true && after !== true;
}

/** A subnet's range can only be extended (IsShrinkageIpCidr). */
export function leavesAddressesOut(before: unknown, after: unknown): boolean {
  const [old, next] = [addressesOf(String(before)), addressesOf(String(after))];
  if (old === undefined || next === undefined) return true;
  return next.first > old.first || next.last < old.last;
}

/** A column of a BigQuery table. */
interface Column {
  readonly name?: string;
  readonly type?: string;
  readonly mode?: string;
  readonly fields?: readonly Column[];
}

/** Names of the same type (bigQueryTableTypeEq). */
const SAME_TYPES: Readonly<Record<string, string>> = { INT64: "INTEGER", FLOAT64: "FLOAT", BOOL: "BOOLEAN" };

/**
 * Whether a table's schema can't be changed in place (resourceBigQueryTableSchemaIsChangeable): columns may be added
 * when they are not required, a required one may become nullable, and columns may be dropped unless others are added
 * at the same time.
 */
export function tableMustBeMadeAnew(before: unknown, after: unknown): boolean {
  return !isChangeable(columnsOf(before), columnsOf(after), true);
}

function columnsOf(schema: unknown): readonly Column[] {
  if (typeof schema !== "string") return Array.isArray(schema) ? (schema as Column[]) : [];
  try {
    return columnsOf(JSON.parse(schema));
  } catch {
    return [];
  }
}

function isChangeable(before: readonly Column[], after: readonly Column[], topLevel: boolean): boolean {
  const find = (columns: readonly Column[], name: string | undefined) => columns.find((each) => each.name === name);
  const added = after.filter(({ name }) => find(before, name) === undefined);
  const dropped = before.filter(({ name }) => find(after, name) === undefined);
  if (added.some(({ mode }) => mode === "REQUIRED")) return false;
  if (dropped.length > 0 && (!topLevel || added.length > 0)) return false;
  return before.every((column) => {
    const next = find(after, column.name);
    return next === undefined || columnIsChangeable(column, next);
  });
}

function columnIsChangeable(before: Column, after: Column): boolean {
  if (typeOf(before) !== typeOf(after)) return false;
  const [mode, nextMode] = [modeOf(before), modeOf(after)];
  if (mode !== nextMode && !(mode === "REQUIRED" && nextMode === "NULLABLE")) return false;
  return isChangeable(before.fields ?? [], after.fields ?? [], false);
}

function typeOf({ type = "" }: Column): string {
  const upper = type.toUpperCase();
  return SAME_TYPES[upper] ?? upper;
}

function modeOf({ mode = "NULLABLE" }: Column): string {
  return mode.toUpperCase();
}
