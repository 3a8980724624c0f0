import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type DiskState, readDisk, writeDisk } from "./commands/state";

/** A disk that outlives the machines it is attached to. */
export interface DataDisk {
  readonly folder: string;
  /** What is on it, once it has a file system. */
  readonly data: string;
  state(): DiskState;
  /** What the next commands find. */
  set(changes: Partial<DiskState>): void;
  remove(): void;
}

/** A disk as Compute Engine gives it: nothing on it. */
export function emptyDisk(): DataDisk {
  const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-disk-"));
  mkdirSync(path.join(folder, "data"));
  writeDisk(folder, { fileSystem: "none", formatted: 0 });
  return {
    folder,
    data: path.join(folder, "data"),
    state: () => readDisk(folder),
    set: (changes) => writeDisk(folder, { ...readDisk(folder), ...changes }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
