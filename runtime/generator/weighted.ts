import type { Random } from "./random";

/**
 * Draws an index by weight in constant time: the alias method (A. J. Walker 1977, in M. D. Vose's form of 1991). Each
 * slot holds its own index up to a threshold and another one above it.
 */
export class WeightedIndex {
  private readonly threshold: Float64Array;
  private readonly alias: Int32Array;

  /** @param weights not negative, not all zero */
  constructor(weights: ArrayLike<number>) {
    const size = weights.length;
    let total = 0;
    for (let i = 0; i < size; i++) total += weights[i] ?? 0;
    if (!(total > 0)) throw new RangeError("weights must not all be zero");
    this.threshold = new Float64Array(size);
    this.alias = new Int32Array(size);
    const scaled = Float64Array.from(weights, (weight) => (weight * size) / total);
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((share, index) => {
      (share < 1 ? small : large).push(index);
    });
    while (small.length > 0 && large.length > 0) {
      const less = small.pop() as number;
      const more = large.pop() as number;
      this.threshold[less] = scaled[less] ?? 0;
      this.alias[less] = more;
      scaled[more] = (scaled[more] ?? 0) + (scaled[less] ?? 0) - 1;
      ((scaled[more] ?? 0) < 1 ? small : large).push(more);
    }
    // What is left is full but for rounding.
    for (const index of [...small, ...large]) this.threshold[index] = 1;
  }

  get size(): number {
    return this.threshold.length;
  }

  draw(random: Random): number {
    const slot = random.below(this.threshold.length);
    return random.uniform() < (this.threshold[slot] as number) ? slot : (this.alias[slot] as number);
  }
}

/** Values drawn by weight. */
export class Weighted<T> {
  private readonly index: WeightedIndex;

  constructor(
    readonly values: readonly T[],
    weights: ArrayLike<number>,
  ) {
    this.index = new WeightedIndex(weights);
  }

  get size(): number {
    return this.values.length;
  }

  draw(random: Random): T {
    return this.values[this.index.draw(random)] as T;
  }

  /** Where in `values` the drawn one stands. */
  drawIndex(random: Random): number {
    return this.index.draw(random);
  }
}
