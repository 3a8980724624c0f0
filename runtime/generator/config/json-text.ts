import { RhythmicError } from "../../support/errors";

/** A JSON value that knows where it stands in its file, for messages that point to the line. */
export interface JsonNode {
  /** The value; of an object its members by name, of an array its items, as nodes. */
  readonly value: string | number | boolean | null | readonly JsonNode[] | ReadonlyMap<string, JsonMember>;
  readonly line: number;
  readonly column: number;
}

export interface JsonMember {
  readonly node: JsonNode;
  /** Line of the member's name. */
  readonly line: number;
}

const NESTING_MAX = 64;
const FOUND_CHARS_MAX = 24;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const TEXT = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/uy;
const WORD = /true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

/** JSON (RFC 8259) with the position of every value. JSON.parse tells positions of errors only, and not on Node 20. */
class JsonReader {
  private at = 0;
  private line = 1;
  private lineStart = 0;
  private lineEnd: number;

  constructor(
    private readonly file: string,
    private readonly text: string,
  ) {
    this.lineEnd = this.endOfLine(0);
  }

  document(): JsonNode {
    const node = this.node(0);
    this.skip(SPACE);
    if (this.at < this.text.length) throw this.error("the end of the file");
    return node;
  }

  private node(depth: number): JsonNode {
    this.skip(SPACE);
    if (depth > NESTING_MAX) throw this.error(`at most ${NESTING_MAX} levels of nesting`);
    const position = this.position();
    const first = this.text[this.at];
    if (first === "{") return { value: this.members(depth), ...position };
    if (first === "[") return { value: this.items(depth), ...position };
    if (first === '"') return { value: this.string(), ...position };
    const word = this.skip(WORD) || this.skip(NUMBER);
    if (word === "") throw this.error("a value");
    return { value: JSON.parse(word) as number | boolean | null, ...position };
  }

  private members(depth: number): ReadonlyMap<string, JsonMember> {
    const members = new Map<string, JsonMember>();
    this.at++;
    if (this.take("}")) return members;
    do {
      this.skip(SPACE);
      const { line } = this.position();
      if (this.text[this.at] !== '"') throw this.error("a name in double quotes");
      const name = this.string();
      const earlier = members.get(name);
      if (earlier !== undefined) {
        throw configurationError(
          this.file,
          line,
          `${JSON.stringify(name)} stands here again after line ${earlier.line}`,
        );
      }
      if (!this.take(":")) throw this.error('":"');
      members.set(name, { node: this.node(depth + 1), line });
    } while (this.take(","));
    if (!this.take("}")) throw this.error('"," or "}"');
    return members;
  }

  private items(depth: number): readonly JsonNode[] {
    const items: JsonNode[] = [];
    this.at++;
    if (this.take("]")) return items;
    do items.push(this.node(depth + 1));
    while (this.take(","));
    if (!this.take("]")) throw this.error('"," or "]"');
    return items;
  }

  private string(): string {
    const quoted = this.skip(TEXT);
    if (quoted === "") throw this.error("a text that ends with a double quote on its line");
    return JSON.parse(quoted) as string;
  }

  private take(character: string): boolean {
    this.skip(SPACE);
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  private position(): { line: number; column: number } {
    while (this.lineEnd < this.at) {
      this.line++;
      this.lineStart = this.lineEnd + 1;
      this.lineEnd = this.endOfLine(this.lineStart);
    }
    return { line: this.line, column: this.at - this.lineStart + 1 };
  }

  private endOfLine(start: number): number {
    const end = this.text.indexOf("\n", start);
    return end < 0 ? Number.POSITIVE_INFINITY : end;
  }

  private error(expected: string): RhythmicError {
    this.skip(SPACE);
    const { line, column } = this.position();
    const rest = this.text.slice(this.at).split("\n", 1)[0] ?? "";
    const found = rest === "" ? "the end of the file" : JSON.stringify(rest.slice(0, FOUND_CHARS_MAX));
    return configurationError(this.file, line, `not JSON: found ${found} at column ${column}, expected ${expected}`);
  }
}

/** Names of a file may hold anything; a message stays on one line. */
function onOneLine(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The error of a configuration file: where, and what is wrong, as one sentence. */
export function configurationError(file: string, line: number, problem: string): RhythmicError {
  const message = onOneLine(`${file}, line ${line}: ${problem}.`);
  return new RhythmicError("bad_configuration", message, { context: { file, line } });
}

/**
 * Reads JSON and keeps the lines.
 * @param file the file's name, for messages
 * @throws RhythmicError bad_configuration with line and column
 */
export function parseJsonText(file: string, text: string): JsonNode {
  return new JsonReader(file, text.startsWith("\ufeff") ? text.slice(1) : text).document();
}

/** The plain value of a node, as JSON.parse would give it. */
export function plainValue(node: JsonNode): unknown {
  if (node.value instanceof Map) {
    return Object.fromEntries([...node.value].map(([name, member]) => [name, plainValue(member.node)]));
  }
  return Array.isArray(node.value) ? node.value.map(plainValue) : node.value;
}
