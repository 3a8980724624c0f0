import { randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, RhythmicError, systemCodeOf } from "../support/errors";
import type { SecretStore } from "./secret-store";

/**
 * A secret in a folder, for one machine. Nobody but its owner may read it:
 *
 *   generator/            0700
 *   generator/1           0600, the value of version 1, never changed
 *   generator/1.disabled  empty: version 1 is disabled
 *   generator/2
 *
 * A version is written under a temporary name and linked to its number, which fails where that is taken (POSIX
 * link(2)): it is there whole or not at all, and two writers never get the same number.
 *
 * A path that is a file is one version of its own: what a person has written down or copied.
 */

const VERSION = /^[1-9][0-9]*$/;
const DISABLED = ".disabled";
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Nothing is looked at before the first call, and the folder is made by the first `add`. */
export function createFolderSecret(path: string): SecretStore {
  const folder = resolve(path);

  const unusable = (action: string, error: unknown) =>
    new RhythmicError("secret_unusable", `The secret ${folder} can't be ${action}: ${reasonOf(error)}.`, {
      cause: error,
    });

  /** Numbers of the enabled versions, newest first; none where there is no folder. */
  async function enabledNumbers(): Promise<number[]> {
    const names = new Set(await readdir(folder).catch(noneWhereMissing));
    return [...names]
      .filter((name) => VERSION.test(name) && !names.has(`${name}${DISABLED}`))
      .map(Number)
      .sort((a, b) => b - a);
  }

  async function place(value: string): Promise<string> {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    const temporary = join(folder, `.${randomUUID()}`);
    try {
      await writeDurably(temporary, value);
      for (let number = (await lastNumber(folder)) + 1; ; number++) {
        const version = join(folder, String(number));
        try {
          await link(temporary, version);
          await syncFolder(folder);
          return version;
        } catch (error) {
          // Another writer was first with this number.
          if (systemCodeOf(error) !== "EEXIST") throw error;
        }
      }
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    url: folder,
    async latest() {
      try {
        if (await isFile(folder)) return { name: folder, value: await readFile(folder, "utf8") };
        const [newest] = await enabledNumbers();
        if (newest === undefined) return undefined;
        const name = join(folder, String(newest));
        return { name, value: await readFile(name, "utf8") };
      } catch (error) {
        throw unusable("read", error);
      }
    },
    async add(value) {
      try {
        return await place(value);
      } catch (error) {
        throw unusable("given a version", error);
      }
    },
    async enabled() {
      try {
        return (await enabledNumbers()).map((number) => join(folder, String(number)));
      } catch (error) {
        throw unusable("read", error);
      }
    },
    async isEnabled(number) {
      try {
        return (await enabledNumbers()).includes(Number(number));
      } catch (error) {
        throw unusable("read", error);
      }
    },
    async disable(version) {
      try {
        if (dirname(resolve(version)) !== folder || !VERSION.test(basename(version)) || !(await isFile(version))) {
          throw new Error(`${version} is none of its versions`);
        }
        await writeFile(`${version}${DISABLED}`, "", { mode: FILE_MODE });
        await syncFolder(folder);
      } catch (error) {
        throw unusable("managed", error);
      }
    },
  };
}

function reasonOf(error: unknown): string {
  const reasons: Record<string, string> = {
    EACCES: "permission is denied; run this as the user whom it belongs to",
    EPERM: "permission is denied; run this as the user whom it belongs to",
    ENOSPC: "the disk is full; free some space",
    EROFS: "the file system is read-only; choose another folder",
    ENOTDIR: "it (or a folder above it) is a file; give the name of a folder",
    EEXIST: "it is a file; give the name of a folder",
  };
  return reasons[systemCodeOf(error) ?? ""] ?? messageOf(error);
}

function noneWhereMissing(error: unknown): string[] {
  if (systemCodeOf(error) === "ENOENT") return [];
  throw error;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Of the disabled ones too: a number is never given twice. */
async function lastNumber(folder: string): Promise<number> {
  const numbers = (await readdir(folder)).filter((name) => VERSION.test(name)).map(Number);
  return Math.max(0, ...numbers);
}

async function writeDurably(path: string, value: string): Promise<void> {
  const handle = await open(path, "wx", FILE_MODE);
  try {
    await handle.writeFile(value, "utf8");
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a link durable: its folder is flushed as well. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
