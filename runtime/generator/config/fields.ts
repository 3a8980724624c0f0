import type { RhythmicError } from "../../support/errors";
import { suggestion } from "../../support/nearest";
import { configurationError, type JsonMember, type JsonNode, plainValue } from "./json-text";

const FOUND_CHARS_MAX = 40;

interface NumberLimits {
  readonly minimum?: number;
  /** The value must be greater than this. */
  readonly above?: number;
  readonly maximum?: number;
  readonly whole?: boolean;
}

function found(node: JsonNode): string {
  const text = JSON.stringify(plainValue(node));
  return text.length > FOUND_CHARS_MAX ? `${text.slice(0, FOUND_CHARS_MAX - 1)}…` : text;
}

function limitsText({ minimum, above, maximum, whole }: NumberLimits): string {
  const kind = whole === true ? "a whole number" : "a number";
  const lower = above === undefined ? `from ${minimum ?? 0}` : `above ${above}`;
  return maximum === undefined
    ? `${kind} ${above === undefined ? `${lower} on` : lower}`
    : `${kind} ${lower} to ${maximum}`;
}

/** The members of one JSON object of a configuration, read by name; each reader says what it wanted and where. */
export class Fields {
  readonly line: number;
  private readonly members: ReadonlyMap<string, JsonMember>;

  /**
   * @param what what the object is, for messages, as in "a transition"
   * @param known all names that it may hold; another one is an error
   */
  constructor(
    readonly file: string,
    node: JsonNode,
    private readonly what: string,
    known: readonly string[],
  ) {
    if (!(node.value instanceof Map)) {
      throw configurationError(file, node.line, `${what} is ${found(node)}; it must be a JSON object`);
    }
    this.line = node.line;
    this.members = node.value;
    for (const [name, member] of this.members) {
      if (known.includes(name)) continue;
      const hint = suggestion(name, known);
      throw configurationError(
        file,
        member.line,
        `${what} has no key ${JSON.stringify(name)}${hint}; allowed: ${known.join(", ")}`,
      );
    }
  }

  has(name: string): boolean {
    return this.members.has(name);
  }

  lineOf(name: string): number {
    return this.members.get(name)?.line ?? this.line;
  }

  number(name: string, limits: NumberLimits): number {
    const node = this.node(name);
    const { value } = node;
    const fits =
      typeof value === "number" &&
      Number.isFinite(value) &&
      (limits.whole !== true || Number.isSafeInteger(value)) &&
      value >= (limits.minimum ?? (limits.above === undefined ? 0 : Number.NEGATIVE_INFINITY)) &&
      value > (limits.above ?? Number.NEGATIVE_INFINITY) &&
      value <= (limits.maximum ?? Number.POSITIVE_INFINITY);
    if (!fits) throw this.wrong(name, limitsText(limits));
    return value;
  }

  text(name: string): string {
    const node = this.node(name);
    if (typeof node.value !== "string" || node.value === "") throw this.wrong(name, "a text that is not empty");
    return node.value;
  }

  /** One of these texts. */
  choice(name: string, allowed: readonly string[]): string {
    const given = this.text(name);
    if (allowed.includes(given)) return given;
    throw this.wrong(name, `one of ${allowed.join(", ")}${suggestion(given, allowed)}`);
  }

  /** A list of at least one text, with the line of each. */
  texts(name: string): readonly { readonly text: string; readonly line: number }[] {
    const texts = this.items(name).map((node) => ({ text: node.value, line: node.line }));
    const isText = (item: (typeof texts)[number]): item is { text: string; line: number } =>
      typeof item.text === "string" && item.text !== "";
    if (texts.length === 0 || !texts.every(isText)) throw this.wrong(name, "a list of texts that are not empty");
    return texts;
  }

  boolean(name: string): boolean {
    const node = this.node(name);
    if (typeof node.value !== "boolean") throw this.wrong(name, "true or false");
    return node.value;
  }

  items(name: string): readonly JsonNode[] {
    const node = this.node(name);
    if (!Array.isArray(node.value)) throw this.wrong(name, "a list in square brackets");
    return node.value;
  }

  node(name: string): JsonNode {
    const member = this.members.get(name);
    if (member === undefined) throw configurationError(this.file, this.line, `${this.what} lacks the key "${name}"`);
    return member.node;
  }

  /** The error of a value that is there but must be another. */
  wrong(name: string, allowed: string): RhythmicError {
    const node = this.node(name);
    return configurationError(
      this.file,
      node.line,
      `"${name}" of ${this.what} is ${found(node)}; it must be ${allowed}`,
    );
  }
}
