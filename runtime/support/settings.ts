import {
  type Static,
  type TArray,
  type TBoolean,
  type TInteger,
  type TNumber,
  type TString,
  Type,
} from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

/**
 * Settings of a program: environment variables, declared as one value that gives the type of the settings, the type
 * of what a stack must fill in, the parser, the flags and the text of `--help`. A pure value: nothing here reads
 * the environment or imports another part of the platform.
 */

export type SettingSchema = TString | TInteger | TNumber | TBoolean | TArray<TString>;
export type SettingsDeclaration = Readonly<Record<string, SettingSchema>>;

interface Common {
  /** One sentence; names the unit where there is one. */
  readonly description: string;
  /** The flag without its dashes. @default derived from the name: PROCESSOR_CUT_BYTES_MAX is --cut-bytes-max */
  readonly flag?: string;
  /** Other flags for the same, such as those of a program that people know; one letter is meant for a single dash. */
  readonly aliases?: readonly string[];
  /** Of a boolean: flags that say no. */
  readonly negations?: readonly string[];
}

/** What a setting may hold; `undefined` stays for settings that may be left out. */
export type SettingsOf<D extends SettingsDeclaration> = {
  readonly [K in keyof D]: D[K] extends { readonly mayBeAbsent: true } ? Static<D[K]> | undefined : Static<D[K]>;
};

type LeftOut<D extends SettingsDeclaration> = {
  [K in keyof D]: D[K] extends { readonly default: unknown } | { readonly mayBeAbsent: true } ? K : never;
}[keyof D];

/**
 * What a stack fills in: every setting without a default, and those with one that it wants otherwise. A missing or
 * misspelt name does not compile.
 */
export type SettingsInput<D extends SettingsDeclaration> = {
  readonly [K in Exclude<keyof D, LeftOut<D>>]: Static<D[K]>;
} & { readonly [K in LeftOut<D>]?: Static<D[K]> };

export function text(options: Common & { readonly pattern?: string; readonly allowed?: string }): TString {
  return Type.String({ minLength: 1, ...options });
}

export function integer(options: Common & { readonly minimum: number; readonly maximum: number }): TInteger {
  return Type.Integer(options);
}

export function number(options: Common & { readonly minimum: number; readonly maximum: number }): TNumber {
  return Type.Number(options);
}

export function boolean(options: Common): TBoolean {
  return Type.Boolean(options);
}

/** A list of texts, written with commas. */
export function list(options: Common & { readonly pattern?: string; readonly allowed?: string }): TArray<TString> {
  const { pattern, ...rest } = options;
  return Type.Array(Type.String({ minLength: 1, ...(pattern === undefined ? {} : { pattern }) }), {
    minItems: 1,
    ...rest,
  });
}

/** The value that a setting has where nobody gives one. */
export function withDefault<S extends SettingSchema>(schema: S, value: Static<S>): S & { readonly default: Static<S> } {
  return { ...schema, default: value };
}

/** The setting may be left out, and is `undefined` then. */
export function optional<S extends SettingSchema>(schema: S): S & { readonly mayBeAbsent: true } {
  return { ...schema, mayBeAbsent: true };
}

/** The same setting under further flags. */
export function withAliases<S extends SettingSchema>(schema: S, ...aliases: readonly string[]): S {
  return { ...schema, aliases };
}

/** One thing that is wrong with the settings, as a sentence. */
export type SettingProblem = string;

/** What a setting allows, for messages and the help. */
export function allowedValues(schema: SettingSchema): string {
  if (typeof schema.allowed === "string") return schema.allowed;
  switch (schema.type) {
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number from ${schema.minimum} to ${schema.maximum}`;
    case "number":
      return `a number from ${schema.minimum} to ${schema.maximum}`;
    case "array":
      return "texts with commas between them";
    default:
      return "a text that is not empty";
  }
}

/** A value as the text of an environment variable. */
export function encodeSetting(value: string | number | boolean | readonly string[]): string {
  return typeof value === "object" ? value.join(",") : String(value);
}

function decode(schema: SettingSchema, given: string): unknown {
  switch (schema.type) {
    case "boolean":
      return given === "true" ? true : given === "false" ? false : given;
    case "integer":
    case "number":
      return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(given) ? Number(given) : given;
    case "array":
      return given.split(",").map((item) => item.trim());
    default:
      return given;
  }
}

/**
 * Settings from texts by name (an environment, or flags turned into one).
 * @returns the settings with their defaults, and every problem; settings are to be used only where there are none.
 */
export function parseSettings<D extends SettingsDeclaration>(
  declaration: D,
  given: Readonly<Record<string, string | undefined>>,
): { readonly settings: SettingsOf<D>; readonly problems: readonly SettingProblem[] } {
  const settings: Record<string, unknown> = {};
  const problems: SettingProblem[] = [];
  for (const [name, schema] of Object.entries(declaration)) {
    const found = given[name];
    if (found === undefined) {
      if (schema.default === undefined && schema.mayBeAbsent !== true) {
        problems.push(`${nameAndFlag(declaration, name)} is missing; it must be ${allowedValues(schema)}.`);
      }
      settings[name] = schema.default;
      continue;
    }
    const value = decode(schema, found);
    if (Value.Check(schema, value)) settings[name] = value;
    else {
      problems.push(
        `${nameAndFlag(declaration, name)} is ${JSON.stringify(found)}; it must be ${allowedValues(schema)}.`,
      );
    }
  }
  return { settings: settings as SettingsOf<D>, problems };
}

/**
 * The environment block of a program, for whoever starts it (a stack, the demo, a test).
 * @throws Error naming each value that the program would refuse
 */
export function environmentOf<D extends SettingsDeclaration>(
  declaration: D,
  values: SettingsInput<D>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(values) as [string, string | number | boolean | string[] | undefined][]) {
    if (value !== undefined) environment[name] = encodeSetting(value);
  }
  const { problems } = parseSettings(declaration, environment);
  if (problems.length > 0) throw new Error(`These settings would be refused by the program: ${problems.join(" ")}`);
  return environment;
}

/** The prefix that all settings of one program share, such as PROCESSOR_; settings without it are common to several. */
export function prefixOf(program: string): string {
  return `${program.toUpperCase().replaceAll("-", "_")}_`;
}

/** The flag of a setting, without its dashes. */
export function flagOf(declaration: SettingsDeclaration, name: string): string {
  const given = declaration[name]?.flag;
  if (typeof given === "string") return given;
  const [, ...rest] = name.toLowerCase().split("_");
  return rest.join("-");
}

/** One way to write a setting on the command line. */
export interface Flag {
  /** Without its dashes. */
  readonly flag: string;
  /** Does it say no to a boolean? */
  readonly negates: boolean;
}

/** All flags of a setting, its own first. */
export function flagsOf(declaration: SettingsDeclaration, name: string): readonly Flag[] {
  const { aliases, negations } = (declaration[name] ?? {}) as Partial<Common>;
  return [
    { flag: flagOf(declaration, name), negates: false },
    ...(aliases ?? []).map((flag) => ({ flag, negates: false })),
    ...(negations ?? []).map((flag) => ({ flag, negates: true })),
  ];
}

/** A flag with its dashes: one for a letter, two for a word. */
export function dashed(flag: string): string {
  return flag.length === 1 ? `-${flag}` : `--${flag}`;
}

function nameAndFlag(declaration: SettingsDeclaration, name: string): string {
  return `${name} (--${flagOf(declaration, name)})`;
}
