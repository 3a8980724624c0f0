import { parseArgs } from "node:util";
import { suggestion } from "../runtime/support/nearest";
import { ENVIRONMENT_NAMES, type EnvironmentName } from "../stacks/environment-record";
import { refusal, SynthesisError } from "../stacks/synthesis/synthesis-error";

/** What a command takes: `--json` alone, or `--environment NAME` with what the value stands for. */
export type FlagDeclarations = Readonly<Record<string, "alone" | { readonly value: string }>>;

/** The words that a command takes beside its flags. */
export interface WordDeclarations {
  /** As the help says it: `ACTION [NAME]`. */
  readonly what: string;
  readonly max: number;
  /** May `--` be followed by words that are taken as they are? @default false */
  readonly rest?: boolean;
}

/** What was given: `has("json")`, and the values in the order in which they were given. */
export interface Flags {
  /** What is no flag, before `--`. */
  readonly words: readonly string[];
  /** What comes after `--`; `undefined` where there is none. */
  readonly rest: readonly string[] | undefined;
  has(name: string): boolean;
  /** The last value. */
  value(name: string): string | undefined;
  values(name: string): readonly string[];
}

/**
 * Reads a command line.
 * @param declared without the hyphens; `--help` is added
 * @param takes the words beside the flags; none where it is left out
 * @throws SynthesisError in one sentence, for a flag that is not declared, an argument, a value that is missing, or one
 *   too many
 */
export function readFlags(
  args: readonly string[],
  declared: FlagDeclarations,
  takes: WordDeclarations = { what: "", max: 0 },
): Flags {
  const all: FlagDeclarations = { ...declared, help: "alone" };
  const names = Object.keys(all).map((name) => `--${name}`);
  const flagTexts = Object.entries(all).map(([name, what]) => `--${name}${what === "alone" ? "" : ` ${what.value}`}`);
  const allowed = [...(takes.max === 0 ? [] : [takes.what]), ...flagTexts].join(", ");
  const options = Object.fromEntries(
    Object.entries(all).map(([name, what]) => [name, { type: what === "alone" ? "boolean" : "string" } as const]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string[]>();
  const words: string[] = [];
  const end = takes.rest === true ? tokens.find(({ kind }) => kind === "option-terminator")?.index : undefined;
  for (const token of tokens) {
    if (end !== undefined && token.index >= end) break;
    if (token.kind === "positional" && words.length < takes.max) {
      words.push(token.value);
      continue;
    }
    const text = token.kind === "option" ? token.rawName : token.kind === "positional" ? token.value : "--";
    const what = token.kind === "option" ? all[token.name] : undefined;
    if (token.kind !== "option" || what === undefined) {
      const hint = suggestion(text, names);
      throw new SynthesisError(`There is no flag or argument ${text}${hint}; allowed: ${allowed}.`);
    }
    if (what === "alone" && token.value !== undefined) throw refusal(`${text}'s value`, token.value, "none");
    if (what !== "alone" && !token.value) throw new SynthesisError(`${text} needs a value; allowed: ${allowed}.`);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ""]);
  }
  const values = (name: string) => given.get(name) ?? [];
  return {
    words,
    rest: end === undefined ? undefined : args.slice(end + 1),
    has: (name) => given.has(name),
    value: (name) => values(name).at(-1),
    values,
  };
}

/**
 * The environment that `--environment` or else RHYTHMIC_ENV names.
 * @throws SynthesisError
 */
export function environmentNameOf(
  flags: Flags,
  variables: Readonly<Record<string, string | undefined>>,
): EnvironmentName {
  const flag = flags.value("environment");
  const [what, given] =
    flag === undefined ? ["RHYTHMIC_ENV", variables.RHYTHMIC_ENV || "dev"] : ["--environment", flag];
  const known = ENVIRONMENT_NAMES.find((name) => name === given);
  if (known === undefined) throw refusal(what, given, ENVIRONMENT_NAMES.join(" or "));
  return known;
}
