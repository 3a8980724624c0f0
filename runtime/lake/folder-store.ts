import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { messageOf, RhythmicError, systemCodeOf } from "../support/errors";
import type { ObjectEntry, ObjectStore } from "./object-store";

/**
 * A lake in a local folder. Create-only is a hard link: the object is written under a temporary name, made durable,
 * and linked to its own name, which fails where that exists (POSIX link(2)). So a reader sees an object whole or not
 * at all, also after a power cut.
 */

/** Beside the objects, but no object itself: where files are written before they get their names. */
const TEMPORARY_FOLDER = ".rhythmic-tmp";

function unusable(root: string, action: string, error: unknown): RhythmicError {
  const reasons: Record<string, string> = {
    ENOSPC: "the disk is full; free some space and start again",
    EACCES: "permission is denied; give this user the right to write there, or choose another folder",
    EPERM: "permission is denied; give this user the right to write there, or choose another folder",
    EROFS: "the file system is read-only; choose another folder",
    ENOTDIR: "it (or a folder above it) is a file; give the name of a folder",
    EEXIST: "it is a file; give the name of a folder",
    ENOENT: "there is no such folder; give the one that a processor writes",
  };
  const reason = reasons[systemCodeOf(error) ?? ""] ?? messageOf(error);
  return new RhythmicError("lake_unusable", `The lake ${root} can't be ${action}: ${reason}.`, { cause: error });
}

/** Makes a rename or a link durable: its folder is flushed as well. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } finally {
    await handle?.close();
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A folder that exists but can't be written is found when it is opened, not at the first commit. */
async function probeWriting(temporary: string): Promise<void> {
  await mkdir(temporary, { recursive: true });
  const probe = join(temporary, randomUUID());
  await writeDurably(probe, new Uint8Array());
  await rm(probe);
}

export interface FolderStoreOptions {
  /** The folder must be there. @default false: it is made where it is missing */
  readonly mustExist?: boolean;
  /** The folder must be there, and nothing is written. @default false: it is made where it is missing */
  readonly readOnly?: boolean;
}

/**
 * Opens a lake in a folder.
 * @throws RhythmicError lake_unusable: the folder is a file, is missing (readOnly), or can't be written
 */
export async function createFolderStore(path: string, options: FolderStoreOptions = {}): Promise<ObjectStore> {
  const root = resolve(path);
  const temporary = join(root, TEMPORARY_FOLDER);
  const knownFolders = new Set<string>();
  try {
    if (options.readOnly === true || options.mustExist === true) await readdir(root);
    if (options.readOnly !== true) await probeWriting(temporary);
  } catch (error) {
    throw unusable(root, "used", error);
  }

  const pathOf = (name: string): string => {
    const full = resolve(root, name);
    if (!full.startsWith(root + sep) || name.startsWith("/")) {
      throw new RhythmicError("internal", `The object name ${JSON.stringify(name)} leads out of the lake ${root}.`);
    }
    return full;
  };
  const ensureFolder = async (folder: string): Promise<void> => {
    if (knownFolders.has(folder)) return;
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) await syncFolder(dirname(made));
    knownFolders.add(folder);
  };
  /** Writes the bytes under a temporary name and hands that to `place`, which gives them their own. */
  const place = async <T>(name: string, bytes: Uint8Array, give: (from: string, to: string) => Promise<T>) => {
    const target = pathOf(name);
    const from = join(temporary, randomUUID());
    try {
      await ensureFolder(dirname(target));
      await writeDurably(from, bytes);
      const answer = await give(from, target);
      await syncFolder(dirname(target));
      return answer;
    } catch (error) {
      throw unusable(root, "written", error);
    } finally {
      await rm(from, { force: true });
    }
  };

  return {
    url: root,
    create: (name, bytes) =>
      place(name, bytes, async (from, to) => {
        try {
          await link(from, to);
          return "created" as const;
        } catch (error) {
          if (systemCodeOf(error) === "EEXIST") return "exists" as const;
          throw error;
        }
      }),
    async get(name) {
      const path = pathOf(name);
      try {
        return await readFile(path);
      } catch (error) {
        if (systemCodeOf(error) === "ENOENT") return undefined;
        throw unusable(root, "read", error);
      }
    },
    async getRange(name, start, end) {
      const path = pathOf(name);
      let handle: FileHandle | undefined;
      try {
        handle = await open(path, "r");
        const bytes = new Uint8Array(end - start);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
        return bytes.subarray(0, bytesRead);
      } catch (error) {
        if (systemCodeOf(error) === "ENOENT") {
          throw new RhythmicError("lake_corrupt", `The lake ${root} lacks ${name}, which its log names.`);
        }
        throw unusable(root, "read", error);
      } finally {
        await handle?.close();
      }
    },
    async *list(prefix, options = {}) {
      yield* await listFolder(root, prefix, options.from ?? "");
    },
    async remove(name) {
      const path = pathOf(name);
      try {
        await rm(path, { force: true });
      } catch (error) {
        throw unusable(root, "written", error);
      }
    },
    replace: (name, bytes) => place(name, bytes, (from, to) => rename(from, to)),
    uri: (name) => pathOf(name),
  };
}

/** All objects below the deepest folder of the prefix, in the order of their names. */
async function listFolder(root: string, prefix: string, from: string): Promise<ObjectEntry[]> {
  const folder = join(root, prefix.slice(0, prefix.lastIndexOf("/") + 1));
  let found: string[];
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    found = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw unusable(root, "listed", error);
  }
  const names = found.filter(
    (name) => name.startsWith(prefix) && name >= from && !name.startsWith(`${TEMPORARY_FOLDER}/`),
  );
  const objects: ObjectEntry[] = [];
  for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
    try {
      const { size, mtimeMs } = await stat(join(root, name));
      objects.push({ name, sizeBytes: size, modifiedMs: Math.floor(mtimeMs) });
    } catch (error) {
      // Removed since the folder was read: as if it had been gone before.
      if (systemCodeOf(error) !== "ENOENT") throw unusable(root, "listed", error);
    }
  }
  return objects;
}
