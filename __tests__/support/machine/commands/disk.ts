import { existsSync, lstatSync, mkdirSync, readFileSync, rmdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { UnknownArgument } from "./arguments";
import { type DiskState, readDisk, writeDisk } from "./state";

/**
 * Stand-ins for what a machine does with its data disk. A device is a file that holds the path of the disk's folder; a
 * mounted disk is a symbolic link where its folder was.
 */

/** blkid(8): 2 where nothing was found on the device, or there is no such device. */
const BLKID_NOTHING = 2;

export function blkid([device = ""]: readonly string[]): number {
  const folder = folderOf(device);
  if (folder === undefined) return BLKID_NOTHING;
  const { fileSystem, blkidStatus } = readDisk(folder);
  if (blkidStatus !== undefined) return blkidStatus;
  if (fileSystem === "none") return BLKID_NOTHING;
  process.stdout.write(`${device}: UUID="5f2c7f0c-34cd-4a35-8d3a-0c3a8f2e7b11" TYPE="${fileSystem}"\n`);
  return 0;
}

export function fsck([flag = "", device = ""]: readonly string[]): number {
  if (flag !== "-p") throw new UnknownArgument(`unknown flag: ${flag}`);
  return attached(device).disk.fsckStatus ?? 0;
}

export function mkfs(args: readonly string[]): number {
  const { folder, disk } = attached(args.at(-1) ?? "");
  expectFlags(args.slice(0, -1), ["-q", "-m", "0"]);
  // The real one makes this folder too: what keeps its files at the top of a disk must bear it.
  mkdirSync(path.join(folder, "data", "lost+found"), { recursive: true });
  writeDisk(folder, { ...disk, fileSystem: "ext4", formatted: disk.formatted + 1 });
  return 0;
}

export function resize([device = "", ...rest]: readonly string[]): number {
  expectFlags(rest, []);
  return attached(device).disk.fileSystem === "ext4" ? 0 : 1;
}

export function mount(args: readonly string[]): number {
  const [device = "", folder = ""] = args.slice(-2);
  expectFlags(args.slice(0, -2), ["-o", "discard,defaults"]);
  const { folder: diskFolder, disk } = attached(device);
  if (disk.fileSystem === "none") {
    process.stderr.write(`mount: ${folder}: wrong fs type, bad option, bad superblock on ${device}\n`);
    return 32;
  }
  // Fails, as the real one would hide them, where somebody has already put files there.
  rmdirSync(folder);
  symlinkSync(path.join(diskFolder, "data"), folder);
  return 0;
}

export function mountpoint([flag = "", folder = ""]: readonly string[]): number {
  expectFlags([flag], ["-q"]);
  return lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true ? 0 : 32;
}

function folderOf(device: string): string | undefined {
  return existsSync(device) ? readFileSync(device, "utf8") : undefined;
}

function attached(device: string): { readonly folder: string; readonly disk: DiskState } {
  const folder = folderOf(device);
  if (folder === undefined) throw new UnknownArgument(`no such device: ${device}`);
  return { folder, disk: readDisk(folder) };
}

function expectFlags(given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((flag) => !known.includes(flag));
  if (unknown !== undefined) throw new UnknownArgument(`unknown flag: ${unknown}`);
}
