import { messageOf, RhythmicError } from "../../support/errors";
import type { DisturbanceCounts } from "./disturber";
import type { HeldRecord } from "./held-records";

/** What a disturber remembers. */
export interface SavedDisturbances {
  readonly counts: DisturbanceCounts;
  readonly held: readonly HeldRecord[];
}

const LINE_END = 0x0a;

/**
 * One line of JSON, then the bytes of the held records one after the other:
 *
 * ```
 * {"counts":{...},"held":[{"dueS":1767225601,"userId":7,"ordinal":3,"copy":0,"topic":"auth_events","key":"7","bytes":312}]}
 * {"ts":...}{"ts":...}
 * ```
 */
export function writeSaved({ counts, held }: SavedDisturbances): Uint8Array {
  const head = JSON.stringify({ counts, held: held.map((record) => ({ ...record, bytes: record.bytes.length })) });
  return new Uint8Array(Buffer.concat([Buffer.from(`${head}\n`), ...held.map(({ bytes }) => bytes)]));
}

/** @throws RhythmicError bad_settings where the bytes are not what `writeSaved` made */
export function readSaved(saved: Uint8Array): SavedDisturbances {
  const headEnd = saved.indexOf(LINE_END);
  try {
    const head: { counts: DisturbanceCounts; held: (Omit<HeldRecord, "bytes"> & { bytes: number })[] } = JSON.parse(
      Buffer.from(saved.subarray(0, headEnd)).toString("utf8"),
    );
    let at = headEnd + 1;
    const held = head.held.map((record): HeldRecord => {
      const start = at;
      at += record.bytes;
      return { ...record, bytes: saved.slice(start, at) };
    });
    if (at !== saved.length) throw new Error(`${saved.length} bytes instead of ${at}`);
    return { counts: head.counts, held };
  } catch (error) {
    throw new RhythmicError(
      "bad_settings",
      `The saved disturbances can't be read (${messageOf(error)}); remove the state file to begin anew.`,
      { cause: error },
    );
  }
}
