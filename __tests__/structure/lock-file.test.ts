import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The lock file must install anywhere: from any registry, on any platform. */

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync(join(__dirname, "..", "..", "package-lock.json"), "utf8");
const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, LockedPackage>> };

/** Where Node.js would find a package from a folder: beside it, or in a node_modules above. */
function find(from: string, name: string): LockedPackage | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    const found = packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`];
    if (found !== undefined || folder === "") return found;
  }
}

test("the lock file names no download address", () => {
  const resolved = Object.values(packages).flatMap((entry) => entry.resolved ?? []);
  expect(resolved.filter((address) => !address.startsWith("file:"))).toEqual([]);
});

test("the lock file names the binaries of every platform, also where it was written on one", () => {
  const missing = Object.entries(packages).flatMap(([folder, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => find(folder, name) === undefined),
  );
  expect(missing).toEqual([]);
});
