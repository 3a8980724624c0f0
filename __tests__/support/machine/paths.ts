import path from "node:path";

/**
 * Where a machine's files lie here, all below one folder that goes with the test:
 *
 *   host/                what the machine's own scripts see as /
 *   containers/<name>/   what a container sees as /, with symbolic links for its volumes
 *   bin/                 the stand-in commands, first on the machine's PATH
 *   state/               what the stand-ins remember: calls, containers, owners
 */
export interface MachineFolders {
  readonly root: string;
  readonly host: string;
  readonly containers: string;
  readonly bin: string;
  readonly state: string;
}

export function foldersOf(root: string): MachineFolders {
  const below = (name: string) => path.join(root, name);
  return {
    root,
    host: below("host"),
    containers: below("containers"),
    bin: below("bin"),
    state: below("state"),
  };
}

/** The folders of a machine and of its containers that are ours; paths elsewhere (/bin/sh) are this system's. */
const OURS = [
  "etc/rhythmic",
  "etc/systemd/system",
  "var/lib/rhythmic",
  "var/lib/kafka",
  "run/rhythmic",
  "mnt/disks/kafka",
  "home/rhythmic",
  "dev/disk",
  "opt/kafka",
  "app",
] as const;

/** An absolute path of ours: not a part of another path or of a URL, and whole to its next slash or its end. */
const OUR_PATH = new RegExp(`(?<![\\w.\\-/])/(${OURS.join("|")})(?![\\w.-])`, "g");

/** A text in which every path of ours lies below a folder; doing it twice is doing it once. */
export function pathsBelow(text: string, folder: string): string {
  return text.replaceAll(OUR_PATH, (_whole, ours: string) => `${folder}/${ours}`);
}

export function isOurs(file: string): boolean {
  return OURS.some((folder) => file === `/${folder}` || file.startsWith(`/${folder}/`));
}
