import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "../..");

/**
 * The value of a constant that a source file keeps to itself, for a page that quotes it.
 * @param file below the repository's root
 * @throws Error where the file has no such constant, or it is more than products of numbers
 */
export function constantIn(file: string, name: string): number {
  const text = readFileSync(join(ROOT, file), "utf8");
  const expression = new RegExp(`^(?:export )?const ${name} = ([0-9_ *]+);$`, "m").exec(text)?.[1];
  if (expression === undefined) throw new Error(`${file} has no constant ${name} that is a number.`);
  return expression.split("*").reduce((product, factor) => product * Number(factor.replaceAll("_", "").trim()), 1);
}
