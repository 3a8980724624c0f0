import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installApart, makeCheckout } from "../../scripts/setup/second-checkout";
import { ROOT } from "./program";

/** The community's continuation of cdktf, under cdktf's own name, and the constructs that it asks for. */
export const SUCCESSOR = { cdktf: "npm:cdktn@0.24.0", constructs: "10.6.0" } as const;
const BINDINGS = ["@cdktf/provider-docker", "@cdktf/provider-google"] as const;

/** Makes a folder with the same sources, whose cdktf is the successor; all other packages are this checkout's. */
export function makeSuccessorCheckout(folder: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const packages = installApart("successor", {
    dependencies: { ...SUCCESSOR, ...Object.fromEntries(BINDINGS.map((name) => [name, dependencies[name]])) },
    // The bindings ask for cdktf 0.21 by name and by number.
    overrides: Object.fromEntries(BINDINGS.map((name) => [name, { cdktf: "$cdktf", constructs: "$constructs" }])),
  });
  makeCheckout(folder, packages);
}
