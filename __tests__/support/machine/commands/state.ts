import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { MachineFolders } from "../paths";

/** What the stand-in commands of one machine remember, in files, because each call is a process of its own. */

export interface Call {
  readonly command: string;
  readonly args: readonly string[];
}

/** A numeric user and group. */
export interface Owner {
  readonly user: number;
  readonly group: number;
}

/** A container as `docker run` has started it. */
export interface Container {
  readonly name: string;
  readonly image: string;
  /** Of its first process. */
  readonly pid: number;
  /** Whom the stand-in checks files for and can't become. */
  readonly user: Owner;
  /** What it sees as /. */
  readonly root: string;
  readonly command: readonly string[];
  /** What the unit and its files give it; what leads it through the tests' network is not in here. */
  readonly environment: Readonly<Record<string, string>>;
  /** All that it was started with. */
  readonly environmentHere: Readonly<Record<string, string>>;
}

/** A disk, in a folder of its own that outlives machines: `disk.json` says what is on it, `data` is its file system. */
export interface DiskState {
  readonly fileSystem: "none" | "ext4";
  /** How often a file system has been made on it. */
  readonly formatted: number;
  /** What blkid answers. @default what is true */
  readonly blkidStatus?: number;
  /** What fsck answers. @default 0 */
  readonly fsckStatus?: number;
}

export function recordCall(folders: MachineFolders, call: Call): void {
  appendFileSync(path.join(folders.state, "calls.jsonl"), `${JSON.stringify(call)}\n`);
}

export function recordedCalls(folders: MachineFolders): readonly Call[] {
  const file = path.join(folders.state, "calls.jsonl");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Call);
}

const containerFile = (folders: MachineFolders, name: string) => path.join(folders.state, "containers", `${name}.json`);

export function saveContainer(folders: MachineFolders, container: Container): void {
  mkdirSync(path.join(folders.state, "containers"), { recursive: true });
  writeFileSync(containerFile(folders, container.name), JSON.stringify(container));
}

export function findContainer(folders: MachineFolders, name: string): Container | undefined {
  const file = containerFile(folders, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Container) : undefined;
}

export function allContainers(folders: MachineFolders): readonly Container[] {
  const folder = path.join(folders.state, "containers");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => JSON.parse(readFileSync(path.join(folder, file), "utf8")) as Container);
}

export function forgetContainer(folders: MachineFolders, name: string): void {
  rmSync(containerFile(folders, name), { force: true });
}

const ownersFile = (folders: MachineFolders) => path.join(folders.state, "owners.json");

function readOwners(folders: MachineFolders): Readonly<Record<string, Owner>> {
  const file = ownersFile(folders);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Owner>) : {};
}

/** Who owns a path, as chown has said it on this machine; root, where it has said nothing. */
export function ownerOf(folders: MachineFolders, file: string): Owner {
  return readOwners(folders)[file] ?? { user: 0, group: 0 };
}

export function setOwner(folders: MachineFolders, file: string, owner: Owner): void {
  writeFileSync(ownersFile(folders), JSON.stringify({ ...readOwners(folders), [file]: owner }));
}

export function readDisk(folder: string): DiskState {
  return JSON.parse(readFileSync(path.join(folder, "disk.json"), "utf8")) as DiskState;
}

export function writeDisk(folder: string, state: DiskState): void {
  writeFileSync(path.join(folder, "disk.json"), JSON.stringify(state));
}
