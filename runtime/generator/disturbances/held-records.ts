import type { Topic } from "../../schema/events";
import { messageOf, RhythmicError } from "../../support/errors";

/** A record that is delivered later than it was made. */
export interface HeldRecord {
  /** When it is delivered, seconds of the simulated time since 1970. */
  readonly dueS: number;
  readonly userId: number;
  readonly ordinal: number;
  /** The event itself (0) or its repetition (1). */
  readonly copy: 0 | 1;
  readonly topic: Topic;
  readonly key: string;
  /** Its own bytes, nobody else's. */
  readonly bytes: Uint8Array;
}

/** What a held record takes beside its bytes: the object, the array and its buffer, the place in the heap. */
const OVERHEAD_BYTES = 350;

/** Records in the order in which they are due; at the same second by user, ordinal and copy: a heap. */
export class HeldRecords {
  private readonly heap: HeldRecord[] = [];
  private dueS = Number.POSITIVE_INFINITY;
  /** About what all of it takes in memory. */
  bytes = 0;

  get size(): number {
    return this.heap.length;
  }

  /** When the first of them is due; infinite where there is none. */
  get nextS(): number {
    return this.dueS;
  }

  push(record: HeldRecord): void {
    const { heap } = this;
    this.bytes += record.bytes.length + OVERHEAD_BYTES;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as HeldRecord;
      if (!isBefore(record, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = record;
    if (record.dueS < this.dueS) this.dueS = record.dueS;
  }

  /** Takes the first out. */
  shift(): HeldRecord | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    this.bytes -= first.bytes.length + OVERHEAD_BYTES;
    if (heap.length > 0) this.sink(last);
    this.dueS = heap[0]?.dueS ?? Number.POSITIVE_INFINITY;
    return first;
  }

  /** All of them, in order. */
  sorted(): HeldRecord[] {
    return [...this.heap].sort((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  /** Lets a record sink from the top to its place. */
  private sink(record: HeldRecord): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as HeldRecord, heap[below] as HeldRecord)) below++;
      const child = heap[below] as HeldRecord;
      if (!isBefore(child, record)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = record;
  }
}

function isBefore(one: HeldRecord, other: HeldRecord): boolean {
  if (one.dueS !== other.dueS) return one.dueS < other.dueS;
  if (one.userId !== other.userId) return one.userId < other.userId;
  if (one.ordinal !== other.ordinal) return one.ordinal < other.ordinal;
  return one.copy < other.copy;
}

const LINE_END = 0x0a;

/**
 * Records as bytes: one line of JSON, then what the records hold, one after the other.
 *
 * ```
 * [{"dueS":1767225601,"userId":7,"ordinal":3,"copy":0,"topic":"auth_events","key":"7","bytes":312}]
 * {"ts":...}{"ts":...}
 * ```
 */
export function writeHeld(held: readonly HeldRecord[]): Uint8Array {
  const head = JSON.stringify(held.map((record) => ({ ...record, bytes: record.bytes.length })));
  return new Uint8Array(Buffer.concat([Buffer.from(`${head}\n`), ...held.map(({ bytes }) => bytes)]));
}

/** @throws RhythmicError bad_settings where the bytes are not what `writeHeld` made */
export function readHeld(saved: Uint8Array): HeldRecord[] {
  const headEnd = saved.indexOf(LINE_END);
  try {
    const head: (Omit<HeldRecord, "bytes"> & { readonly bytes: number })[] = JSON.parse(
      Buffer.from(saved.subarray(0, headEnd)).toString("utf8"),
    );
    let at = headEnd + 1;
    const held = head.map((record): HeldRecord => {
      const start = at;
      at += record.bytes;
      return { ...record, bytes: new Uint8Array(saved.subarray(start, at)) };
    });
    if (at !== saved.length) throw new Error(`${saved.length} bytes instead of ${at}`);
    return held;
  } catch (error) {
    throw new RhythmicError(
      "bad_settings",
      `The records that were held back can't be read (${messageOf(error)}); remove the state file to begin anew.`,
      { cause: error },
    );
  }
}
