import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, RhythmicError, systemCodeOf } from "../support/errors";

/** Files of the keeper: whole or not at all, also after a power cut, and a secret's for its owner alone. */

/** For its owner alone. */
export const SECRET_MODE = 0o600;
/** For its owner to write and its group to read: Kafka runs as another user of the keeper's group. */
export const GROUP_MODE = 0o640;
/** For everybody to read. */
export const PUBLIC_MODE = 0o644;
const FOLDER_MODE = 0o700;

/** @returns `undefined` where there is no such file. @throws RhythmicError bad_configuration */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw unusable(path, "read", error);
  }
}

/** Writes a file in the place of what is there. @throws RhythmicError bad_configuration */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await place(path, text, mode, (temporary) => rename(temporary, path));
}

/**
 * Writes a file where there is none.
 * @returns was there none?
 * @throws RhythmicError bad_configuration
 */
export async function createFile(path: string, text: string, mode: number): Promise<boolean> {
  let created = true;
  await place(path, text, mode, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (error) {
      if (systemCodeOf(error) !== "EEXIST") throw error;
      created = false;
    }
  });
  return created;
}

async function place(
  path: string,
  text: string,
  mode: number,
  put: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    await writeDurably(temporary, text, mode);
    await put(temporary);
    await syncFolder(dirname(path));
  } catch (error) {
    throw unusable(path, "written", error);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    // The process's umask may have taken rights away that others need.
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function unusable(path: string, action: string, cause: unknown): RhythmicError {
  return new RhythmicError(
    "bad_configuration",
    `${path} can't be ${action} (${systemCodeOf(cause) ?? messageOf(cause)}); give the keeper a folder that its user may write to, with space left.`,
    { cause },
  );
}
