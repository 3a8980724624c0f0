import type { AttributeChange } from "./model";

/**
 * What differs between two values of Terraform's JSON, leaf by leaf. What means nothing is folded away: the order of
 * dependencies, cdktf's own comments, the folder of an asset; texts that hold JSON are compared by what they hold.
 */

type Block = Readonly<Record<string, unknown>>;

/** Names by which the elements of a list can be told apart. */
const ELEMENT_NAMES = [
  "name",
  "id",
  "key",
  "device_name",
  "interface_name",
  "display_name",
  "title",
  "service",
  "label",
  "container_path",
];

/** Attributes that say only in which order or how Terraform works. */
const MEANINGLESS = new Set(["depends_on", "//", "provider"]);

/** Two sets of attributes. */
export function attributeChanges(before: Block, after: Block): AttributeChange[] {
  return changesOfBlock("", withoutMeaningless(before), withoutMeaningless(after));
}

/** Any two values under a path. */
export function valueChanges(path: string, before: unknown, after: unknown): AttributeChange[] {
  const [a, b] = [normalized(before), normalized(after)];
  if (same(a, b)) return [];
  const blocks = [asBlock(a), asBlock(b)] as const;
  // An absent block is an empty one, so that each attribute in it is named.
  if (isBlockOrAbsent(a, blocks[0]) && isBlockOrAbsent(b, blocks[1])) {
    return changesOfBlock(path, blocks[0] ?? {}, blocks[1] ?? {});
  }
  if (isListOfBlocks(a) || isListOfBlocks(b)) return changesOfList(path, blockList(a), blockList(b));
  return [{ path, before: a, after: b }];
}

/** A path without the elements of lists, as tables of attributes name it. */
export function plainPath(path: string): string {
  return path.replaceAll(/\[[^\]]*\]/g, "");
}

function withoutMeaningless(block: Block): Block {
  return Object.fromEntries(Object.entries(block).filter(([name]) => !MEANINGLESS.has(name)));
}

function changesOfBlock(path: string, before: Block, after: Block): AttributeChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => valueChanges(path === "" ? name : `${path}.${name}`, before[name], after[name]));
}

/** Elements with names are paired by them, others first with their equals and then in their order. */
function changesOfList(path: string, before: readonly Block[], after: readonly Block[]): AttributeChange[] {
  const name = ELEMENT_NAMES.find((candidate) => namesAll(candidate, before) && namesAll(candidate, after));
  if (name !== undefined) {
    const names = [...new Set([...before, ...after].map((element) => String(element[name])))];
    const find = (list: readonly Block[], value: string) => list.find((element) => String(element[name]) === value);
    return names.flatMap((value) => elementChanges(`${path}[${value}]`, find(before, value), find(after, value)));
  }
  const left = before.filter((element) => !after.some((other) => same(element, other)));
  const right = after.filter((element) => !before.some((other) => same(element, other)));
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const element = right[index] ?? left[index];
    const position = (right[index] === undefined ? before : after).indexOf(element as Block);
    return elementChanges(`${path}[${position}]`, left[index], right[index]);
  }).flat();
}

/** An element that comes or goes is one change; one that stays is told leaf by leaf. */
function elementChanges(path: string, before: Block | undefined, after: Block | undefined): AttributeChange[] {
  if (before === undefined || after === undefined) return [{ path, before, after }];
  return changesOfBlock(path, before, after);
}

function namesAll(name: string, list: readonly Block[]): boolean {
  const names = list.map((element) => element[name]);
  return names.every((value) => typeof value === "string") && new Set(names).size === names.length;
}

/** Terraform writes what is not set as null, an empty list or not at all. */
function normalized(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value) && value.length === 0) return undefined;
  if (typeof value === "string") return normalizedText(value);
  return value;
}

function normalizedText(text: string): unknown {
  const asset = /^assets\/[^/]+\/([0-9A-Za-z]+\/.+)$/.exec(text);
  if (asset?.[1] !== undefined) return asset[1];
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A block may stand alone or as a list of one. */
function asBlock(value: unknown): Block | undefined {
  const only = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  return typeof only === "object" && only !== null && !Array.isArray(only) ? (only as Block) : undefined;
}

function isBlockOrAbsent(value: unknown, block: Block | undefined): boolean {
  // Two lists of one are compared as lists where their elements have names: another name is another element.
  if (Array.isArray(value) && block !== undefined && ELEMENT_NAMES.some((name) => typeof block[name] === "string")) {
    return false;
  }
  return value === undefined || block !== undefined;
}

function isListOfBlocks(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((element) => asBlock(element) !== undefined);
}

function blockList(value: unknown): Block[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).filter((element) => asBlock(element) !== undefined) as Block[];
}

/** Equal but for what `normalized` folds and the order of attributes. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  const plain = normalized(value);
  if (plain === undefined) return "";
  if (Array.isArray(plain)) return `[${plain.map(canonical).join(",")}]`;
  if (typeof plain !== "object" || plain === null) return JSON.stringify(plain);
  const entries = Object.entries(plain)
    .map(([name, inner]) => [name, canonical(inner)] as const)
    .filter(([, inner]) => inner !== "")
    .sort(([first], [second]) => first.localeCompare(second));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${inner}`).join(",")}}`;
}
