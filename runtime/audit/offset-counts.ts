/**
 * How often each offset of one partition was seen: one byte an offset, so that a hundred million fit into a tenth of
 * a gigabyte.
 */
export class OffsetCounts {
  #counts = new Uint8Array(1_024);
  /** @param start the first offset that the lake ever read of the partition */
  constructor(readonly start: number) {}

  add(offset: number): void {
    const index = offset - this.start;
    // Never to be expected; the rows' total shows it.
    if (index < 0) return;
    if (index >= this.#counts.length) {
      const grown = new Uint8Array(Math.max(this.#counts.length * 2, index + 1));
      grown.set(this.#counts);
      this.#counts = grown;
    }
    // 255 times is as wrong as 256 times; the count must not wrap around to none.
    this.#counts[index] = Math.min(255, (this.#counts[index] ?? 0) + 1);
  }

  /** Offsets that were seen more than once. */
  get duplicates(): number {
    let found = 0;
    for (const count of this.#counts) if (count > 1) found++;
    return found;
  }

  /** Offsets from the start to before `end` that were never seen. */
  missingBefore(end: number): number {
    let seen = 0;
    const until = Math.max(0, end - this.start);
    for (let index = 0; index < Math.min(until, this.#counts.length); index++) if (this.#counts[index]) seen++;
    return until - seen;
  }
}
