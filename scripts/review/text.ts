import { plainPath } from "./differ";
import type { AttributeChange } from "./model";

/** Values and changes in a few words, for a person. */

const VALUE_CHARS_MAX = 70;
const LINES_MAX = 3;

/**
 * A value as a review shows it: short, on one line, without the marks that mean nothing to a reader.
 * @param charsMax the middle of what is longer is left out
 */
export function shown(value: unknown, charsMax: number = VALUE_CHARS_MAX): string {
  if (value === undefined || value === null) return "none";
  if (typeof value === "string") return shownText(value, charsMax);
  if (typeof value === "number" || typeof value === "boolean") return `\`${value}\``;
  return `\`${shortened(readable(JSON.stringify(value)), charsMax)}\``;
}

function shownText(text: string, charsMax: number): string {
  if (text === "") return '`""`';
  if (text.startsWith("(") && text.endsWith(")")) return text;
  return `\`${shortened(readable(text.replaceAll(/\s+/g, " ").trim()), charsMax).replaceAll("`", "'")}\``;
}

/**
 * References by what a person called the resource: `${google_kms_crypto_key.keys_lake_15A6658D.id}` as `[keys_lake]`,
 * another attribute of it as `[keys_lake's member]`.
 */
export function withoutReferences(text: string): string {
  return text.replaceAll(
    /\$\{(?:data\.)?\w+\.([\w-]+?)(?:_[0-9A-F]{8})?(?:\.([\w.[\]]+))?\}/g,
    (_, id: string, attribute: string | undefined) => {
      const name = attribute?.split(".").at(-1);
      return name === undefined || ["id", "name", "self_link", "self_link_unique"].includes(name)
        ? `[${id}]`
        : `[${id}'s ${name}]`;
    },
  );
}

/** References by name, hashes by their beginning. */
function readable(text: string): string {
  return withoutReferences(text)
    .replaceAll(/\$\{([^}]*)\}/g, "$1")
    .replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…")
    .replaceAll(/"(\w+)":/g, "$1: ");
}

function shortened(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const end = 20;
  return `${text.slice(0, charsMax - end - 1)}…${text.slice(-end)}`;
}

/** `size: 50 -> 100`, or what is added to a list and taken from it, or how many lines of a text differ. */
export function changeLine({ path, before, after }: AttributeChange): string {
  return `${pathText(path)}: ${deltaText(path, before, after)}`;
}

function pathText(path: string): string {
  const column = /^schema\[([^\]]+)\](.*)$/.exec(path);
  return column === null ? `\`${path}\`` : `column \`${column[1]}${column[2]}\``;
}

function deltaText(path: string, before: unknown, after: unknown): string {
  if (isPlainList(before) || isPlainList(after)) return listDelta(before, after);
  if (isLongText(before) && isLongText(after)) return linesDelta(before, after);
  const element = /\]$/.test(path);
  if (before === undefined && element) return `added, ${elementText(path, after)}`;
  if (after === undefined && element) return `removed, ${elementText(path, before)}`;
  return `${shown(before)} -> ${shown(after)}`;
}

function elementText(path: string, value: unknown): string {
  if (plainPath(path) !== "schema") return shown(value);
  const { type = "?", mode = "NULLABLE" } = value as { readonly type?: string; readonly mode?: string };
  return `${type}, ${mode.toLowerCase()}`;
}

function isPlainList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every((element) => typeof element !== "object");
}

function listDelta(before: unknown, after: unknown): string {
  const [old, next] = [before, after].map((value) =>
    Array.isArray(value) ? value : value === undefined ? [] : [value],
  );
  const gone = (old ?? []).filter((element) => !next?.includes(element)).map((element) => `− ${shown(element)}`);
  const come = (next ?? []).filter((element) => !old?.includes(element)).map((element) => `+ ${shown(element)}`);
  return [...gone, ...come].join(", ") || "another order";
}

function isLongText(value: unknown): value is string {
  return typeof value === "string" && value.includes("\n");
}

/** The lines that come and go; a few are quoted. */
function linesDelta(before: string, after: string): string {
  const [old, next] = [before.split("\n"), after.split("\n")];
  const gone = old.filter((line) => !next.includes(line));
  const come = next.filter((line) => !old.includes(line));
  const quoted = [...gone.map((line) => `− ${shown(line)}`), ...come.map((line) => `+ ${shown(line)}`)];
  const rest = quoted.length > LINES_MAX ? `, and ${quoted.length - LINES_MAX} more lines` : "";
  return quoted.length === 0 ? "its lines in another order" : `${quoted.slice(0, LINES_MAX).join(", ")}${rest}`;
}

/** `3 files`, `1 file`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `forced by ...`: an attribute, or one with the resource that it names. */
export function forcedText(forcedBy: readonly string[]): string {
  return forcedBy.map((each) => `\`${each.replace(", which names ", "`, which names `")}\``).join(", ");
}

/** `+$2.88`, `−$3.10`, `±$0.00`. */
export function usdDelta(usd: number): string {
  const cents = Math.round(usd * 100);
  return `${cents > 0 ? "+" : cents < 0 ? "−" : "±"}$${(Math.abs(cents) / 100).toFixed(2)}`;
}
