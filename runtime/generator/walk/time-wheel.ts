import { AT, FLOATS, INTS, NEXT, NONE, type UserTable } from "./user-table";

const SECONDS = 4096;
const WINDOWS = 4096;
/** How often what lies beyond all windows (194 days) is looked through; less than WINDOWS, so that nothing is late. */
const FAR_EVERY_WINDOWS = 2048;

/** Where a wheel stands; its rows' order is in the table. */
export interface SavedWheel {
  /** First rows of the seconds, then of the windows, then of the rest; NONE where nobody waits. */
  readonly heads: Int32Array;
  readonly window: number;
  readonly second: number;
  readonly size: number;
  readonly inWindow: number;
}

/**
 * A calendar queue: one list a second for the 68 minutes at hand, one list a window of 68 minutes for the half year
 * after, and one for the rest. Putting in and taking out cost the same however many wait (a heap compares its way
 * through all levels). The lists are chained through the users' rows. Who waits for the same second comes out in an
 * order that depends on nothing but the calls.
 */
export class TimeWheel {
  static readonly HEADS = SECONDS + WINDOWS + 1;
  private static readonly FAR = SECONDS + WINDOWS;
  private readonly heads = new Int32Array(TimeWheel.HEADS).fill(NONE);
  /** Number of the window at hand: seconds since 1970 divided by SECONDS. */
  private window: number;
  private second = 0;
  private waiting = 0;
  private waitingInWindow = 0;

  /** @param startS nobody who is put in comes before this second */
  constructor(
    private readonly table: UserTable,
    startS: number,
  ) {
    this.window = Math.floor(startS / SECONDS);
  }

  /** A wheel that goes on where another one was saved. */
  static of(table: UserTable, saved: SavedWheel): TimeWheel {
    const wheel = new TimeWheel(table, saved.window * SECONDS);
    wheel.heads.set(saved.heads);
    wheel.second = saved.second;
    wheel.waiting = saved.size;
    wheel.waitingInWindow = saved.inWindow;
    return wheel;
  }

  save(): SavedWheel {
    const { heads, window, second, waiting, waitingInWindow } = this;
    return { heads, window, second, size: waiting, inWindow: waitingInWindow };
  }

  get size(): number {
    return this.waiting;
  }

  /** Puts in a row that waits for its AT, which must not lie before what was last taken out. */
  push(row: number): void {
    this.waiting++;
    this.place(row);
  }

  /** The earliest row that comes before `endS`; NONE where there is none. */
  peek(endS: number): number {
    if (this.waiting === 0) return NONE;
    for (;;) {
      const startS = this.window * SECONDS;
      if (this.waitingInWindow > 0) {
        const end = Math.min(SECONDS, endS - startS);
        while (this.second < end) {
          const row = this.heads[this.second] as number;
          if (row !== NONE) return row;
          this.second++;
        }
      }
      if (startS + SECONDS >= endS) return NONE;
      this.nextWindow();
    }
  }

  /** Takes out the row that `peek` has just given. */
  take(row: number): void {
    this.heads[this.second] = this.table.ints[row * INTS + NEXT] as number;
    this.waiting--;
    this.waitingInWindow--;
  }

  private place(row: number): void {
    const atS = this.table.floats[row * FLOATS + AT] as number;
    const ahead = Math.floor(atS / SECONDS) - this.window;
    let list = TimeWheel.FAR;
    if (ahead === 0) {
      list = atS - this.window * SECONDS;
      this.waitingInWindow++;
    } else if (ahead < WINDOWS) {
      list = SECONDS + ((this.window + ahead) % WINDOWS);
    }
    this.table.ints[row * INTS + NEXT] = this.heads[list] as number;
    this.heads[list] = row;
  }

  private nextWindow(): void {
    this.window++;
    this.second = 0;
    this.placeAll(SECONDS + (this.window % WINDOWS));
    if (this.window % FAR_EVERY_WINDOWS === 0) this.placeAll(TimeWheel.FAR);
  }

  private placeAll(list: number): void {
    let row = this.heads[list] as number;
    this.heads[list] = NONE;
    while (row !== NONE) {
      const next = this.table.ints[row * INTS + NEXT] as number;
      this.place(row);
      row = next;
    }
  }
}
