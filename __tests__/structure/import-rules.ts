import path from "node:path";
import { type SourceFile, sourceFiles } from "./import-graph";

/**
 * The rules of docs/structure.md: who may import whom. Imports go one way, so that no provider reaches a program's
 * bundle, no program a synth, and a store can be exchanged where it is named: in a program's main.ts.
 */

const PROGRAMS = ["generator", "processor", "loader", "audit", "keeper"];
const STORES = ["kafka", "lake", "warehouse", "secrets"];
const LEAVES = ["schema", "marts", "support"];
/** Files of pure values, which stacks may read. */
const VALUE_FILE = /^(settings|topics|access|metrics)\.ts$/;
/** The drivers of the stores: files that begin with the name of what they drive. */
const DRIVER_FILE = /^(kafkajs|memory|folder|cloud-storage|secret-manager|duckdb|bigquery)-/;
/** The openers of the stores pair a place with its driver: mains may import them, and they their store's drivers. */
const OPENER_FILE = /^open-/;
/** The packages that only the driver of the same name may import. */
const DRIVER_PACKAGES: Readonly<Record<string, string>> = {
  kafkajs: "kafkajs",
  "@duckdb/node-api": "duckdb",
  "@google-cloud/storage": "cloud-storage",
  "@google-cloud/bigquery": "bigquery",
  "@googleapis/secretmanager": "secret-manager",
};
/** Where the environment is read; everything else is given what it needs. */
const ENVIRONMENT_READERS = ["runtime/support/program.ts", "stacks/environments.ts"];

/** Where a file stands. */
interface Place {
  readonly file: string;
  /** The first folder, or the file itself. */
  readonly area: string;
  /** The folder below `runtime`. */
  readonly part: string | undefined;
  readonly isValues: boolean;
  /** What the file drives. */
  readonly driver: string | undefined;
  /** Does it choose among its store's drivers? */
  readonly isOpener: boolean;
}

function placeOf(file: string): Place {
  const [area = "", part] = file.split("/");
  const name = path.posix.basename(file);
  const isRuntime = area === "runtime";
  const isStore = isRuntime && STORES.includes(part ?? "");
  return {
    file,
    area,
    part: isRuntime ? part : undefined,
    isValues: isRuntime && VALUE_FILE.test(name),
    driver: isStore ? DRIVER_FILE.exec(name)?.[1] : undefined,
    isOpener: isStore && OPENER_FILE.test(name),
  };
}

/**
 * Everything that breaks a rule, a sentence each, with the file and the import.
 * @param dependencies packages that are there at run time
 */
export function brokenRules(root: string, dependencies: readonly string[]): string[] {
  const files = sourceFiles(root);
  const known = new Set(files.map(({ file }) => file));
  return files
    .filter(({ file }) => !isFree(placeOf(file)))
    .flatMap((source) => [
      ...environmentProblem(source),
      ...source.specifiers.flatMap((specifier) => {
        const from = placeOf(source.file);
        const problem = specifier.startsWith(".")
          ? fileProblem(from, placeOf(resolve(source.file, specifier, known)))
          : packageProblem(from, specifier, dependencies);
        return problem === undefined ? [] : [`${source.file} imports ${specifier}: ${problem}`];
      }),
    ])
    .concat(files.flatMap(rootImportProblem));
}

/** Scripts and tests are mains, or stand outside: they may import everything. */
function isFree({ area }: Place): boolean {
  return area === "scripts" || area === "__tests__";
}

function resolve(from: string, specifier: string, known: ReadonlySet<string>): string {
  const base = path.posix.join(path.posix.dirname(from), specifier);
  const candidates = [base, `${base}.ts`, `${base}/index.ts`];
  return candidates.find((candidate) => known.has(candidate)) ?? base;
}

function environmentProblem({ file, readsEnvironment }: SourceFile): string[] {
  if (!readsEnvironment || ENVIRONMENT_READERS.includes(file)) return [];
  return [`${file} reads process.env: only ${ENVIRONMENT_READERS.join(" and ")} may; take what is needed as a value`];
}

/** The root of a provider's bindings costs seconds and hundreds of megabytes. */
function rootImportProblem({ file, specifiers }: SourceFile): string[] {
  return specifiers
    .filter((specifier) => /^@cdktf\/provider-[^/]+(\/lib\/?)?$/.test(specifier))
    .map((specifier) => `${file} imports ${specifier}: name the resource, such as ${specifier}/lib/storage-bucket`);
}

function packageProblem(from: Place, specifier: string, dependencies: readonly string[]): string | undefined {
  if (specifier.startsWith("node:")) return from.isValues ? "files of values import nothing of Node" : undefined;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (!dependencies.includes(name)) return "not among the dependencies of package.json, so it is missing at run time";
  if (from.isValues && name !== "@sinclair/typebox") return "files of values import no package but @sinclair/typebox";
  if (from.area !== "runtime") return undefined;
  if (/^(cdktf|constructs|@cdktf\/.*|esbuild)$/.test(name)) return "no provider may reach a program's bundle";
  const driver = DRIVER_PACKAGES[name];
  if (driver !== undefined && from.driver !== driver) return `only drivers may: files named ${driver}-*.ts of a store`;
  return undefined;
}

function fileProblem(from: Place, to: Place): string | undefined {
  if (to.area === "scripts" || to.area === "__tests__") return `nothing but scripts and tests imports ${to.area}`;
  if (from.area === "main.ts") return to.area === "stacks" ? undefined : "main.ts imports stacks only";
  if (from.area === "stacks") return stacksProblem(to);
  if (from.area !== "runtime" || to.area !== "runtime") return `${from.area} never imports ${to.area}`;
  return runtimeProblem(from, to);
}

function stacksProblem(to: Place): string | undefined {
  if (to.area === "stacks" || to.part === "schema" || to.isValues) return undefined;
  return "stacks import of runtime only schema and files named settings.ts, topics.ts, access.ts or metrics.ts";
}

function runtimeProblem(from: Place, to: Place): string | undefined {
  if (from.isValues) {
    return to.isValues || to.part === "schema" ? undefined : "files of values import only each other and schema";
  }
  if (to.driver !== undefined || to.isOpener) {
    const isMain = PROGRAMS.includes(from.part ?? "") && path.posix.basename(from.file) === "main.ts";
    const isItself = from.part === to.part && (from.isOpener || (from.driver === to.driver && !to.isOpener));
    return isMain || isItself
      ? undefined
      : "drivers and what opens them are named by a program's main.ts alone; take the port";
  }
  if (from.part === to.part) return undefined;
  const allowed = allowedParts(from.part ?? "");
  return allowed.includes(to.part ?? "") ? undefined : `${from.part} imports only ${allowed.join(", ") || "itself"}`;
}

function allowedParts(part: string): readonly string[] {
  if (PROGRAMS.includes(part)) return [...LEAVES, ...STORES];
  if (STORES.includes(part)) return ["schema", "support"];
  return [];
}
