import { jStat } from "jstat";
import type { Clusters } from "./clusters";

/** Observations of a quantity, each with its cluster. */
export class Quantities {
  private values = new Float64Array(64);
  private clusters = new Int32Array(64);
  size = 0;

  add(cluster: number, value: number): void {
    if (this.size === this.values.length) {
      const values = new Float64Array(2 * this.size);
      values.set(this.values);
      this.values = values;
      const clusters = new Int32Array(2 * this.size);
      clusters.set(this.clusters);
      this.clusters = clusters;
    }
    this.values[this.size] = value;
    this.clusters[this.size++] = cluster;
  }

  valueOf(index: number): number {
    return this.values[index] as number;
  }

  clusterOf(index: number): number {
    return this.clusters[index] as number;
  }

  sorted(): Float64Array {
    return this.values.slice(0, this.size).sort();
  }
}

/** One side of a comparison. */
export interface QuantitySide {
  readonly quantities: Quantities;
  readonly clusters: Clusters;
}

export interface QuantityTest {
  /** Largest difference of the two distribution functions. */
  readonly distance: number;
  /** The value below which they differ most. */
  readonly atValue: number;
  /** As how many pairs of independent observations the sides count. */
  readonly effectiveSize: number;
  readonly medians: readonly [number, number];
  readonly p: number;
}

/** Is one side slower than the other, user by user? */
export interface PaceTest {
  readonly users: readonly [number, number];
  /** The difference of the means in its own errors. */
  readonly z: number;
  /** By what the second side's times must be multiplied to be the first's: 1 where nothing differs. */
  readonly factor: number;
  readonly p: number;
}

/** The distribution functions' errors are measured at these shares. */
const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** With fewer on one side nothing is said. */
const SIZE_MIN = 20;

/**
 * Do both sides have the same distribution? The two-sample test of Kolmogorov and Smirnov. Observations of one cluster
 * hang together, so the sizes of the sides are replaced by the number of independent observations that would give the
 * distribution functions the same errors: these are estimated from the differences between clusters at the deciles,
 * and the worst decile is taken. Times are whole seconds: ties make the test a little slower to find a difference.
 */
export function compareQuantities(first: QuantitySide, second: QuantitySide): QuantityTest | undefined {
  if (Math.min(first.quantities.size, second.quantities.size) < SIZE_MIN) return undefined;
  const a = first.quantities.sorted();
  const b = second.quantities.sorted();
  const { distance, atValue } = distanceOf(a, b);
  let effectiveSize = (a.length * b.length) / (a.length + b.length);
  for (const decile of DECILES) {
    const value = quantile(a, b, decile);
    const share = (countUpTo(a, value) + countUpTo(b, value)) / (a.length + b.length);
    if (share <= 0 || share >= 1) continue;
    const variance = varianceUpTo(first, value) + varianceUpTo(second, value);
    if (variance > 0) effectiveSize = Math.min(effectiveSize, (share * (1 - share)) / variance);
  }
  return {
    distance,
    atValue,
    effectiveSize,
    medians: [at(a, Math.floor(a.length / 2)), at(b, Math.floor(b.length / 2))],
    p: kolmogorov(distance, effectiveSize),
  };
}

/**
 * Compares the users' means of the logarithm of their times, one number a user: who comes often says no more than who
 * comes once, which finds a change of pace (another alpha or beta) far sooner than a comparison of all times.
 */
export function comparePace(first: QuantitySide, second: QuantitySide): PaceTest | undefined {
  const [a, b] = [meansOfUsers(first), meansOfUsers(second)];
  if (Math.min(a.length, b.length) < SIZE_MIN) return undefined;
  const [ofA, ofB] = [moments(a), moments(b)];
  const error = Math.sqrt(ofA.variance / a.length + ofB.variance / b.length);
  const difference = ofA.mean - ofB.mean;
  // Where all times are alike, what is left is the error of the sums.
  const z = Math.abs(difference) < 1e-9 ? 0 : difference / error;
  return {
    users: [a.length, b.length],
    z,
    factor: Math.exp(difference),
    p: 2 * (1 - jStat.normal.cdf(Math.abs(z), 0, 1)),
  };
}

function meansOfUsers({ quantities, clusters }: QuantitySide): number[] {
  const sums = new Float64Array(clusters.size);
  const counts = new Int32Array(clusters.size);
  for (let index = 0; index < quantities.size; index++) {
    const root = clusters.root(quantities.clusterOf(index));
    // Whole seconds: where one second is drawn, half a second more is the mean of what was cut off.
    sums[root] = at(sums, root) + Math.log(quantities.valueOf(index) + 0.5);
    counts[root] = (counts[root] as number) + 1;
  }
  return [...sums].map((sum, root) => sum / (counts[root] as number)).filter((mean) => Number.isFinite(mean));
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
}

/** The distance that is reached by chance with this probability. */
export function criticalDistance(p: number, effectiveSize: number): number {
  let low = 0;
  let high = 1;
  for (let round = 0; round < 40; round++) {
    const middle = (low + high) / 2;
    if (kolmogorov(middle, effectiveSize) > p) low = middle;
    else high = middle;
  }
  return high;
}

function distanceOf(a: Float64Array, b: Float64Array): { distance: number; atValue: number } {
  let distance = 0;
  let atValue = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(at(a, i), at(b, j));
    while (i < a.length && at(a, i) <= value) i++;
    while (j < b.length && at(b, j) <= value) j++;
    const difference = Math.abs(i / a.length - j / b.length);
    if (difference > distance) {
      distance = difference;
      atValue = value;
    }
  }
  return { distance, atValue };
}

/** The value at or below which this share of both sides' mean distribution lies. */
function quantile(a: Float64Array, b: Float64Array, share: number): number {
  let low = Math.min(at(a, 0), at(b, 0));
  let high = Math.max(at(a, a.length - 1), at(b, b.length - 1));
  for (let round = 0; round < 60 && high - low > 1e-9; round++) {
    const middle = (low + high) / 2;
    if ((countUpTo(a, middle) + countUpTo(b, middle)) / (a.length + b.length) < share) low = middle;
    else high = middle;
  }
  return high;
}

/** How many of the sorted values are not above this one. */
function countUpTo(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(sorted, middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Variance of a side's share of observations up to a value, from the differences between its clusters. */
function varianceUpTo({ quantities, clusters }: QuantitySide, value: number): number {
  const below = new Float64Array(clusters.size);
  const all = new Float64Array(clusters.size);
  let belowTotal = 0;
  for (let index = 0; index < quantities.size; index++) {
    const root = clusters.root(quantities.clusterOf(index));
    all[root] = at(all, root) + 1;
    if (quantities.valueOf(index) > value) continue;
    below[root] = at(below, root) + 1;
    belowTotal++;
  }
  const share = belowTotal / quantities.size;
  return below.reduce((sum, count, root) => sum + ((count - share * at(all, root)) / quantities.size) ** 2, 0);
}

/** Probability that the distance is reached by chance (Stephens' approximation of Kolmogorov's distribution). */
function kolmogorov(distance: number, size: number): number {
  const lambda = (Math.sqrt(size) + 0.12 + 0.11 / Math.sqrt(size)) * distance;
  // The series converges too slowly below, where the probability is 1 but for the fifth decimal.
  if (lambda < 0.3) return 1;
  let sum = 0;
  for (let term = 1; term <= 100; term++) {
    sum += 2 * (term % 2 === 1 ? 1 : -1) * Math.exp(-2 * (term * lambda) ** 2);
  }
  return Math.min(1, Math.max(0, sum));
}

function at(array: Float64Array, index: number): number {
  return array[index] as number;
}
