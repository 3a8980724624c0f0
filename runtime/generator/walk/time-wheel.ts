/** Something that waits for its second; chained through `next`, so that waiting costs no memory. */
export interface Timed {
  /** Whole seconds since 1970. */
  atS: number;
  /** The wheel's own. */
  next: this | undefined;
}

const SECONDS = 4096;
const WINDOWS = 4096;
/** How often what lies beyond all windows (194 days) is looked through; less than WINDOWS, so that nothing is late. */
const FAR_EVERY_WINDOWS = 2048;

/**
 * A calendar queue: one list a second for the 68 minutes at hand, one list a window of 68 minutes for the half year
 * after, and one for the rest. Putting in and taking out cost the same however many wait (a heap compares its way
 * through all levels). What waits for the same second comes out in an order that depends on nothing but the calls.
 */
export class TimeWheel<T extends Timed> {
  private readonly seconds: (T | undefined)[] = new Array(SECONDS).fill(undefined);
  private readonly windows: (T | undefined)[] = new Array(WINDOWS).fill(undefined);
  private far: T | undefined;
  /** Number of the window at hand: seconds since 1970 divided by SECONDS. */
  private window: number;
  private second = 0;
  private waiting = 0;
  private waitingInWindow = 0;

  /** @param startS nothing that is put in comes before this second */
  constructor(startS: number) {
    this.window = Math.floor(startS / SECONDS);
  }

  get size(): number {
    return this.waiting;
  }

  /** Puts in what waits for `item.atS`, which must not lie before what was last taken out. */
  push(item: T): void {
    this.waiting++;
    this.place(item);
  }

  /** Takes out the earliest that comes before `endS`; `undefined` where there is none. */
  pop(endS: number): T | undefined {
    const item = this.peek(endS);
    if (item === undefined) return undefined;
    this.seconds[this.second] = item.next;
    item.next = undefined;
    this.waiting--;
    this.waitingInWindow--;
    return item;
  }

  /** The earliest that comes before `endS`; `undefined` where there is none. */
  peek(endS: number): T | undefined {
    if (this.waiting === 0) return undefined;
    for (;;) {
      const startS = this.window * SECONDS;
      if (this.waitingInWindow > 0) {
        const end = Math.min(SECONDS, endS - startS);
        while (this.second < end) {
          const item = this.seconds[this.second];
          if (item !== undefined) return item;
          this.second++;
        }
      }
      if (startS + SECONDS >= endS) return undefined;
      this.nextWindow();
    }
  }

  private place(item: T): void {
    const ahead = Math.floor(item.atS / SECONDS) - this.window;
    if (ahead === 0) {
      const second = item.atS - this.window * SECONDS;
      item.next = this.seconds[second];
      this.seconds[second] = item;
      this.waitingInWindow++;
    } else if (ahead < WINDOWS) {
      const window = (this.window + ahead) % WINDOWS;
      item.next = this.windows[window];
      this.windows[window] = item;
    } else {
      item.next = this.far;
      this.far = item;
    }
  }

  private nextWindow(): void {
    this.window++;
    this.second = 0;
    const index = this.window % WINDOWS;
    const chain = this.windows[index];
    this.windows[index] = undefined;
    this.placeAll(chain);
    if (this.window % FAR_EVERY_WINDOWS !== 0) return;
    const far = this.far;
    this.far = undefined;
    this.placeAll(far);
  }

  private placeAll(chain: T | undefined): void {
    for (let item = chain; item !== undefined; ) {
      const { next } = item;
      this.place(item);
      item = next;
    }
  }
}
