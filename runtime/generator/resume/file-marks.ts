import { open, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, RhythmicError, systemCodeOf } from "../../support/errors";
import type { FileMark } from "./saved-run";

/** The file of a topic in the folder that --out names. */
export function fileOf(folder: string, topic: string): string {
  return join(folder, `${topic}.ndjson`);
}

/**
 * Where the files stand, after what was written has reached the disk.
 * @throws RhythmicError delivery_failed
 */
export async function markFiles(folder: string, topics: readonly string[]): Promise<FileMark> {
  const bytes: Record<string, number> = {};
  for (const topic of topics) {
    const path = fileOf(folder, topic);
    try {
      const handle = await open(path, "r+");
      try {
        await handle.datasync();
        bytes[topic] = (await handle.stat()).size;
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw new RhythmicError("delivery_failed", `${path} can't be brought to the disk: ${messageOf(error)}.`, {
        cause: error,
      });
    }
  }
  return { kind: "files", bytes };
}

/**
 * Cuts the files back to where they stood: what came after is written again.
 * @throws RhythmicError bad_settings where one holds less than it did, or is gone
 */
export async function cutFiles(folder: string, mark: FileMark): Promise<void> {
  const files = Object.entries(mark.bytes).map(([topic, bytes]) => ({ path: fileOf(folder, topic), bytes }));
  // All are looked at before the first is changed.
  for (const { path, bytes } of files) {
    const found = await sizeOf(path);
    if (found >= bytes) continue;
    throw new RhythmicError(
      "bad_settings",
      `${path} holds ${found} bytes, but ${bytes} when the state was written, so the run can't go on there; put the file back, or remove the state to begin the run anew.`,
    );
  }
  for (const { path, bytes } of files) if ((await sizeOf(path)) > bytes) await truncate(path, bytes);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return 0;
    throw new RhythmicError("bad_usage", `${path} can't be read (${messageOf(error)}); give a folder that is yours.`, {
      cause: error,
    });
  }
}
