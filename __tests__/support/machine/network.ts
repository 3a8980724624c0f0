import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY_ROOT } from "../../../stacks/constructs/bundle";

/**
 * Real names with their ports, and where they are here: `storage.googleapis.com:443` -> `127.0.0.1:41234`. With a
 * star for the port, an address that is what it says.
 */
export type Network = Readonly<Record<string, string>>;

/** The files that lead a machine's programs to the places of a network. */
export interface NetworkFiles {
  /** CURL_HOME. */
  readonly folder: string;
  /** For Node's --require. */
  readonly preload: string;
  readonly authority: string;
}

/**
 * Tells curl and Node where the names of a machine's network are here. Names and ports stay as the programs know them,
 * so that certificates are checked against the real names. What is not in the network is not to be reached.
 */
export function writeNetwork(folder: string, network: Network, authorityPem: string): NetworkFiles {
  mkdirSync(folder, { recursive: true });
  const files = {
    folder,
    preload: path.join(folder, "network-preload.cjs"),
    authority: path.join(folder, "authority.pem"),
  };
  writeFileSync(files.authority, authorityPem);
  const named = Object.entries(network).filter(([name]) => !name.endsWith(":*"));
  const lines = named.map(([name, place]) => `connect-to = "${name}:${place}"\n`);
  // A proxy of the machine that the tests run on must not see what our machines ask for.
  writeFileSync(path.join(folder, ".curlrc"), `${lines.join("")}cacert = "${files.authority}"\nnoproxy = "*"\n`);
  writeFileSync(path.join(folder, "network.json"), JSON.stringify(network));
  if (!existsSync(files.preload)) writeFileSync(files.preload, buildPreload());
  return files;
}

let built: string | undefined;

function buildPreload(): string {
  built ??= buildForNode("__tests__/support/machine/network-preload.ts");
  return built;
}

/** A file of ours as one JavaScript file, for a Node of its own. */
export function buildForNode(entry: string): string {
  const esbuild = require("esbuild") as typeof import("esbuild");
  const { outputFiles } = esbuild.buildSync({
    absWorkingDir: REPOSITORY_ROOT,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild gave no output for ${entry}`);
  return file.text;
}
