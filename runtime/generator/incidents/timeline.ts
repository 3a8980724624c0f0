/** A value that holds from a moment to before another, seconds since 1970. */
export interface Stretch<T> {
  readonly fromS: number;
  readonly toS: number;
  readonly value: T;
}

/**
 * A function of time that changes at few moments: stretches that may overlap are cut at all their ends once, so that
 * asking is one binary search.
 */
export class Timeline<T> {
  private readonly boundariesS: Float64Array;
  /** values[i] holds from boundariesS[i] to before the next one. */
  private readonly values: (T | undefined)[];

  /** @param combine what holds where these stretches, at least one, overlap; they come in the order given */
  constructor(stretches: readonly Stretch<T>[], combine: (active: readonly Stretch<T>[]) => T) {
    const moments = new Set(stretches.flatMap(({ fromS, toS }) => [fromS, toS]));
    this.boundariesS = Float64Array.from(moments).sort();
    this.values = [...this.boundariesS].map((timeS) => {
      const active = stretches.filter(({ fromS, toS }) => fromS <= timeS && timeS < toS);
      return active.length === 0 ? undefined : combine(active);
    });
  }

  /** What holds at this second; `undefined` outside all stretches. */
  at(timeS: number): T | undefined {
    const { boundariesS } = this;
    let low = 0;
    let high = boundariesS.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((boundariesS[middle] as number) <= timeS) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.values[low - 1];
  }
}

/** The same stretches of time without overlaps, each with its end as value; those that touch become one. */
export function merged(stretches: readonly Stretch<unknown>[]): Stretch<number>[] {
  const result: Stretch<number>[] = [];
  for (const { fromS, toS } of [...stretches].sort((a, b) => a.fromS - b.fromS)) {
    const last = result.at(-1);
    if (last === undefined || fromS > last.toS) result.push({ fromS, toS, value: toS });
    else if (toS > last.toS) result[result.length - 1] = { fromS: last.fromS, toS, value: toS };
  }
  return result;
}
