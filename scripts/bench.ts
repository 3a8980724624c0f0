import { readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf, RhythmicError } from "../runtime/support/errors";
import { suggestion } from "../runtime/support/nearest";

/**
 * `npm run bench -- NAME [--json] [flags]`: one benchmark of scripts/bench. A benchmark prints a table (or JSON) that
 * compares side by side in one run; nothing is judged by it.
 */
interface Benchmark {
  run(options: { readonly json: boolean; readonly flags: readonly string[] }): Promise<void>;
  /** Flags of its own. @default none */
  readonly FLAGS?: readonly string[];
  /** Flags of its own that are followed by a value, which is checked to be there. @default none */
  readonly VALUE_FLAGS?: readonly string[];
}

const FOLDER = join(__dirname, "bench");

async function main([name, ...words]: readonly string[]): Promise<number> {
  // `npm run bench -- NAME -- --flag`: npm takes the first hyphens for itself, the second are as welcome as none.
  const flags = words[0] === "--" ? words.slice(1) : words;
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length));
  if (name === undefined || name === "--help") {
    process.stdout.write(`npm run bench -- NAME [--json]; benchmarks: ${names.join(", ")}\n`);
    return name === undefined ? 2 : 0;
  }
  const file = join(FOLDER, `${name}.ts`);
  if (!names.includes(name)) {
    process.stderr.write(`There is no benchmark ${name}${suggestion(name, names)}; allowed: ${names.join(", ")}.\n`);
    return 2;
  }
  const benchmark = require(file) as Benchmark;
  const valued = benchmark.VALUE_FLAGS ?? [];
  const allowed = ["--json", ...(benchmark.FLAGS ?? []), ...valued];
  if (flags.includes("--help")) {
    process.stdout.write(`npm run bench -- ${name}; flags: ${allowed.join(", ")}\n`);
    return 0;
  }
  const unknown = flags.find((flag) => flag.startsWith("-") && !allowed.includes(flag));
  if (unknown !== undefined) {
    process.stderr.write(`The benchmark ${name} has no flag ${unknown}; allowed: ${allowed.join(", ")}.\n`);
    return 2;
  }
  const bare = flags.find((flag, index) => valued.includes(flag) && (flags[index + 1] ?? "--").startsWith("--"));
  if (bare !== undefined) {
    process.stderr.write(`The benchmark ${name} needs a value after ${bare}.\n`);
    return 2;
  }
  await benchmark.run({ json: flags.includes("--json"), flags: flags.filter((flag) => flag !== "--json") });
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`bench: ${messageOf(error)}\n`);
    process.exit(error instanceof RhythmicError ? error.exitCode : 1);
  },
);
