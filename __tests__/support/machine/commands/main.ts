import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { foldersOf, type MachineFolders } from "../paths";
import { parseFlags, UnknownArgument } from "./arguments";
import { blkid, fsck, mkfs, mount, mountpoint, resize } from "./disk";
import { docker } from "./docker";
import type { StandIn } from "./list";
import { recordCall, setOwner } from "./state";

/**
 * All stand-in commands of a machine, as one program: `node stand-ins.cjs <folder of the machine> <command> <args>`.
 * An unknown flag ends with 64 and a line that tests look for.
 */

type Command = (folders: MachineFolders, args: readonly string[]) => number | Promise<number>;

const EXIT_UNKNOWN = 64;

const COMMANDS: Readonly<Record<Exclude<StandIn, "sleep">, Command>> = {
  docker,
  "docker-credential-gcr": configureRegistries,
  iptables,
  chown,
  blkid: (_folders, args) => blkid(args),
  "mkfs.ext4": (_folders, args) => mkfs(args),
  "fsck.ext4": (_folders, args) => fsck(args),
  resize2fs: (_folders, args) => resize(args),
  mount: (_folders, args) => mount(args),
  mountpoint: (_folders, args) => mountpoint(args),
  // Its calls are read by the machine, which runs the units.
  systemctl: () => 0,
};

/** docker-credential-gcr configure-docker --registries=HOST: Docker asks it for the account's token from then on. */
function configureRegistries(_folders: MachineFolders, [command, ...args]: readonly string[]): number {
  const registries = parseFlags(args, [], ["registries"]).last("registries");
  if (command !== "configure-docker" || registries === undefined) throw new UnknownArgument(`unknown: ${command}`);
  const folder = path.join(process.env.HOME ?? "/nowhere", ".docker");
  mkdirSync(folder, { recursive: true });
  const credHelpers = Object.fromEntries(registries.split(",").map((registry) => [registry, "gcr"]));
  writeFileSync(path.join(folder, "config.json"), JSON.stringify({ credHelpers }));
  return 0;
}

/** iptables -w -C|-A RULE: whether a rule is there, and adding one. */
function iptables(folders: MachineFolders, [wait, action, ...rule]: readonly string[]): number {
  const file = path.join(folders.state, "iptables");
  const rules = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  if (wait !== "-w") throw new UnknownArgument("iptables without -w, which fails while another one runs");
  if (action === "-C") return rules.includes(rule.join(" ")) ? 0 : 1;
  if (action !== "-A") throw new UnknownArgument(`unknown action: ${action}`);
  appendFileSync(file, `${rule.join(" ")}\n`);
  return 0;
}

function chown(folders: MachineFolders, args: readonly string[]): number {
  const [owner = "", ...files] = parseFlags(args, [], []).rest;
  const [, user, group] = /^(\d+):(\d+)$/.exec(owner) ?? [];
  if (user === undefined || files.length === 0) throw new UnknownArgument(`chown ${args.join(" ")}`);
  for (const file of files) setOwner(folders, file, { user: Number(user), group: Number(group) });
  return 0;
}

async function main([root = "", name = "", ...args]: readonly string[]): Promise<void> {
  const folders = foldersOf(root);
  recordCall(folders, { command: name, args });
  try {
    const command = (COMMANDS as Readonly<Record<string, Command>>)[name];
    if (command === undefined) throw new UnknownArgument("no such stand-in");
    process.exitCode = await command(folders, args);
  } catch (error) {
    process.stderr.write(`stand-in ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UnknownArgument ? EXIT_UNKNOWN : 1;
  }
}

void main(process.argv.slice(2));
