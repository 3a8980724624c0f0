// `npm run <command>` begins here, with nothing installed: says a first word, installs what the command needs, and
// hands over to scripts/<command>.ts in the same process. Plain JavaScript on purpose.
import { existsSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { join } from "node:path";
import { runBundled } from "./setup/bundled-script.mjs";
import { ensureDependencies, nodeProblem, ROOT } from "./setup/dependencies.mjs";

/** Commands that run a program's bundle: the script, and the program. */
const PROGRAM_COMMANDS = { generate: "generator", process: "processor", load: "loader", audit: "audit" };
/** Commands that need the tests' packages too. */
const NEEDS_ALL = ["test", "generate-files", "bench"];
/** Commands that start much faster as one file; `app` is for the cdktf command line (cdktf.json). */
const BUNDLED = {
  synth: "scripts/synth.ts",
  policy: "scripts/policy.ts",
  cost: "scripts/cost.ts",
  vm: "scripts/vm.ts",
  app: "main.ts",
};

const require = createRequire(import.meta.url);
const [command = "", ...args] = process.argv.slice(2);
const problem = nodeProblem();
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
if (command === "demo") process.stderr.write("Rhythmic demo: the whole pipeline on this machine.\n");
const install = () => ensureDependencies(NEEDS_ALL.includes(command) ? "all" : "runtime");

const program = PROGRAM_COMMANDS[command];
const bundled = BUNDLED[command];
const script = join(ROOT, bundled ?? join("scripts", program === undefined ? `${command}.ts` : "program.ts"));
if (!existsSync(script)) {
  process.stderr.write(`There is no command ${JSON.stringify(command)}; package.json lists them under "scripts".\n`);
  process.exit(2);
}
process.argv.splice(1, process.argv.length - 1, script, ...(program === undefined ? [] : [program]), ...args);
if (bundled === undefined) {
  install();
  // The scripts are CommonJS, like everything here; the part of tsx for ES modules costs a third of a second.
  require("tsx/cjs");
  // Loads the script as the main module, as `tsx SCRIPT` would.
  Module.runMain();
} else {
  try {
    await runBundled(bundled, ROOT, install);
  } catch (error) {
    process.stderr.write(`${command}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
