import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./program";

/** The community's continuation of cdktf, under cdktf's own name, and the constructs that it asks for. */
export const SUCCESSOR = { cdktf: "npm:cdktn@0.24.0", constructs: "10.6.0" } as const;
const BINDINGS = ["@cdktf/provider-docker", "@cdktf/provider-google"] as const;
/** What the app is made of; an alert without its runbook in docs is refused. */
const SOURCES = ["main.ts", "stacks", "runtime", "docs", "package.json"];

/**
 * The successor and the bindings, installed by npm once and kept in the cache.
 * @returns the folder of its node_modules
 */
function installedSuccessor(): string {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const manifest = JSON.stringify({
    private: true,
    dependencies: { ...SUCCESSOR, ...Object.fromEntries(BINDINGS.map((name) => [name, dependencies[name]])) },
    // The bindings ask for cdktf 0.21 by name and by number.
    overrides: Object.fromEntries(BINDINGS.map((name) => [name, { cdktf: "$cdktf", constructs: "$constructs" }])),
  });
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "rhythmic");
  const folder = join(cache, `successor-${createHash("sha256").update(manifest).digest("hex").slice(0, 12)}`);
  const modules = join(folder, "node_modules");
  if (existsSync(folder)) return modules;
  process.stderr.write("Installing cdktn and the bindings for the tests, once ...\n");
  // Under its name only when it is whole.
  const part = `${folder}.${process.pid}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  writeFileSync(join(part, "package.json"), manifest);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], {
    cwd: part,
    stdio: ["ignore", 2, 2],
  });
  renameSync(part, folder);
  return modules;
}

/** Makes a folder with the same sources, whose cdktf is the successor; all other packages are this checkout's. */
export function makeSuccessorCheckout(folder: string): void {
  const modules = installedSuccessor();
  for (const source of SOURCES) cpSync(join(ROOT, source), join(folder, source), { recursive: true });
  const own = join(folder, "node_modules");
  mkdirSync(own);
  const replaced = ["cdktf", "constructs", "@cdktf", ".package-lock.json"];
  for (const name of replaced) symlinkSync(join(modules, name), join(own, name));
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name !== ".cache" && !replaced.includes(name)) symlinkSync(join(ROOT, "node_modules", name), join(own, name));
  }
}
