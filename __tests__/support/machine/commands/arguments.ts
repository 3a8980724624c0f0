/** What a stand-in says where a script asks for something that no stand-in knows: the test must fail, not guess. */
export class UnknownArgument extends Error {}

/** Flags written as --name or --name=value, up to the first word that is none. */
export interface Flags {
  readonly rest: readonly string[];
  has(name: string): boolean;
  /** Every value of a flag, in order. */
  all(name: string): readonly string[];
  last(name: string): string | undefined;
}

/**
 * @param switches flags without a value
 * @param valued flags with one, always after an equals sign
 * @throws UnknownArgument
 */
export function parseFlags(args: readonly string[], switches: readonly string[], valued: readonly string[]): Flags {
  const found: [string, string][] = [];
  let index = 0;
  for (; index < args.length && args[index]?.startsWith("-"); index++) {
    const [, name = "", value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(args[index] ?? "") ?? [];
    const isKnown = value === undefined ? switches.includes(name) : valued.includes(name);
    if (!isKnown) throw new UnknownArgument(`unknown flag: ${args[index]}`);
    found.push([name, value ?? ""]);
  }
  const all = (name: string) => found.filter(([flag]) => flag === name).map(([, value]) => value);
  return { rest: args.slice(index), has: (name) => all(name).length > 0, all, last: (name) => all(name).at(-1) };
}
