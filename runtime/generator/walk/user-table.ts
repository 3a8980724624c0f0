/**
 * The users as rows of 128 bytes of one buffer: 16 whole numbers and 8 floating-point numbers, each half a line of the
 * processor's cache, which fetches lines in pairs. So a visit waits once for the memory of its user, however many there
 * are; and what is saved of a run is a copy of the buffer.
 */
export const ROW_BYTES = 128;

/** Whole numbers from one row to the next; the first half of a row. */
export const INTS = 32;
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

/** Floating-point numbers from one row to the next; the second half of a row. */
export const FLOATS = 16;
/** When the user enters the state: whole seconds since 1970. */
export const AT = 8;
/** When the last song of the session ends: seconds since 1970. */
export const SONG_END = 9;
/** Mean seconds between two events of a session. */
export const ALPHA = 10;
/** Mean seconds between two sessions. */
export const BETA = 11;
/** Until when it is decided that the user stays: seconds since 1970. */
export const STAYED = 12;
/** Seconds since 1970. */
export const REGISTERED = 13;
/** Events of the user so far: the ordinal in the next event's id. */
export const ORDINAL = 14;
/** Pages of the session before this one. */
export const ITEM = 15;

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
  ints!: Int32Array;
  floats!: Float64Array;
  /** Rows that have ever been used. */
  rows = 0;
  /** The first free row below `rows`. */
  firstFree = NONE;

  /** @param capacity rows for which there is room from the beginning */
  constructor(capacity: number) {
    this.useBuffer(Math.max(CAPACITY_MIN, capacity));
  }

  /** A table of saved rows. */
  static of({ rowBytes, firstFree }: SavedRows): UserTable {
    const rows = rowBytes.length / ROW_BYTES;
    const table = new UserTable(rows);
    new Uint8Array(table.ints.buffer).set(rowBytes);
    table.rows = rows;
    table.firstFree = firstFree;
    return table;
  }

  /** What `of` needs; a view of the table itself, right until its next change. */
  save(): SavedRows {
    return { rowBytes: new Uint8Array(this.ints.buffer, 0, this.rows * ROW_BYTES), firstFree: this.firstFree };
  }

  /** A row of which every column is still to be set. The arrays may be others afterwards. */
  take(): number {
    const free = this.firstFree;
    if (free !== NONE) {
      this.firstFree = this.ints[free * INTS + NEXT] as number;
      return free;
    }
    if ((this.rows + 1) * INTS > this.ints.length) {
      const { ints } = this;
      this.useBuffer(2 * this.rows);
      this.ints.set(ints);
    }
    return this.rows++;
  }

  free(row: number): void {
    this.ints[row * INTS + NEXT] = this.firstFree;
    this.firstFree = row;
  }

  private useBuffer(rows: number): void {
    const buffer = new ArrayBuffer(rows * ROW_BYTES);
    this.ints = new Int32Array(buffer);
    this.floats = new Float64Array(buffer);
  }
}

export interface SavedRows {
  readonly rowBytes: Uint8Array;
  readonly firstFree: number;
}
