/**
 * The users as rows of two arrays of numbers. A row of each fills one line of the processor's cache, so that a visit
 * waits for memory twice however many users there are; and what is saved of a run is a copy of the arrays.
 */

/** Columns of a row of whole numbers. */
export const INTS = 16;
/** Four words: the user's stream of random numbers. */
export const RANDOM = 0;
/** The row that waits behind this one in the wheel, or is free after it; NONE at the end. */
export const NEXT = 4;
/** Index of the state in which the user stands; its second has not come yet. */
export const STATE = 5;
/** The state before this one in the session; NONE at its beginning. */
export const PREVIOUS = 6;
/** Where the walk goes from here; NONE where the session ends. */
export const TARGET = 7;
/** The song of the last NextSong of this session; NONE before the first. */
export const SONG = 8;
/** Sessions of the user before this one. */
export const SESSION = 9;
/** Bits: see FLAG. */
export const FLAGS = 10;
/** The user's id, counted from the first user's. */
export const NUMBER = 11;
/** Index of the user's place in the catalogue. */
export const PLACE = 12;
/** Three columns: indexes of the browsers of the user's devices in the catalogue. */
export const DEVICES = 13;

/** Columns of a row of floating-point numbers. */
export const FLOATS = 8;
/** When the user enters the state: whole seconds since 1970. */
export const AT = 0;
/** When the last song of the session ends: seconds since 1970. */
export const SONG_END = 1;
/** Mean seconds between two events of a session. */
export const ALPHA = 2;
/** Mean seconds between two sessions. */
export const BETA = 3;
/** Until when it is decided that the user stays: seconds since 1970. */
export const STAYED = 4;
/** Seconds since 1970. */
export const REGISTERED = 5;
/** Events of the user so far: the ordinal in the next event's id. */
export const ORDINAL = 6;
/** Pages of the session before this one. */
export const ITEM = 7;

export const NONE = -1;

export const FLAG = {
  /** Is this page the answer to an attempt to log in? */
  answersLogin: 1,
  /** A guest registers on the way; one whose properties are shown as a guest has registered before. */
  unregisteredGuest: 2,
  /** Has an event of this session been written? */
  sessionCounted: 4,
} as const;
/** Two bits: devices of the user, 1 to 3. */
export const DEVICE_COUNT_SHIFT = 4;
/** Two bits: the device of this session. */
export const DEVICE_SHIFT = 6;
export const DEVICE_BITS = 3;

const CAPACITY_MIN = 64;

/** Rows of users. A row that is free is taken again, so that memory follows the users who are there. */
export class UserTable {
  ints: Int32Array;
  floats: Float64Array;
  /** Rows that have ever been used. */
  rows = 0;
  /** The first free row below `rows`. */
  firstFree = NONE;

  /** @param capacity rows for which there is room from the beginning */
  constructor(capacity: number) {
    const rows = Math.max(CAPACITY_MIN, capacity);
    this.ints = new Int32Array(rows * INTS);
    this.floats = new Float64Array(rows * FLOATS);
  }

  /** A table of saved rows. */
  static of(saved: Pick<UserTable, "ints" | "floats" | "firstFree">): UserTable {
    const { ints, floats, firstFree } = saved;
    const table = new UserTable(ints.length / INTS);
    table.ints.set(ints);
    table.floats.set(floats);
    table.rows = ints.length / INTS;
    table.firstFree = firstFree;
    return table;
  }

  /** A row of which every column is still to be set. The arrays may be others afterwards. */
  take(): number {
    const free = this.firstFree;
    if (free !== NONE) {
      this.firstFree = this.ints[free * INTS + NEXT] as number;
      return free;
    }
    if ((this.rows + 1) * INTS > this.ints.length) this.grow();
    return this.rows++;
  }

  free(row: number): void {
    this.ints[row * INTS + NEXT] = this.firstFree;
    this.firstFree = row;
  }

  private grow(): void {
    const ints = new Int32Array(this.ints.length * 2);
    ints.set(this.ints);
    this.ints = ints;
    const floats = new Float64Array(this.floats.length * 2);
    floats.set(this.floats);
    this.floats = floats;
  }
}
