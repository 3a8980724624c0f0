import { jStat } from "jstat";
import type { Clusters } from "./clusters";

/** How often each of some categories came, by cluster. */
export class CategoryCounts {
  readonly columns = new Map<string, Int32Array>();

  add(cluster: number, category: string): void {
    let column = this.columns.get(category);
    if (column === undefined || cluster >= column.length) {
      const longer = new Int32Array(Math.max(64, 2 * cluster));
      if (column !== undefined) longer.set(column);
      column = longer;
      this.columns.set(category, column);
    }
    column[cluster] = (column[cluster] as number) + 1;
  }

  total(category: string): number {
    return this.columns.get(category)?.reduce((sum, count) => sum + count, 0) ?? 0;
  }
}

/** One side of a comparison. */
export interface ShareSide {
  readonly counts: CategoryCounts;
  readonly clusters: Clusters;
}

/** What is asked of a test: how far two sides lie apart, and how probable that is by chance. */
export interface ShareTest {
  /** Pearson's statistic as if all observations were independent. */
  readonly chiSquare: number;
  /** Degrees of freedom as if all observations were independent. */
  readonly freedom: number;
  /** Sum of the generalized design effects: the mean of the statistic by chance. */
  readonly meanByChance: number;
  /** Sum of their squares: half the variance of the statistic by chance. */
  readonly halfVarianceByChance: number;
  /** As how many independent users the smaller side counts. */
  readonly effectiveClusters: number;
  readonly p: number;
  /** The category whose share differs most, in its own deviations. */
  readonly most: ShareDifference | undefined;
}

export interface ShareDifference {
  readonly category: string;
  readonly shares: readonly [number, number];
  /** Standard error of the difference of the shares, by clusters. */
  readonly error: number;
}

/** Categories that came less often, in both together, are counted as one. */
const RARE = 20;
const OTHERS = "(rare ones together)";
/** Beyond it the F distribution is the chi-square distribution as far as a table shows. */
const FREEDOM_MAX = 10_000;

/**
 * Are the shares of the categories the same on both sides? Pearson's chi-square with the correction of Rao and Scott
 * (second order: mean and variance of the statistic by chance are matched), its variance taken from the differences
 * between clusters, and referred to an F distribution, since that variance is estimated from few clusters.
 * J. N. K. Rao and A. J. Scott, "On chi-squared tests for multiway contingency tables", Annals of Statistics 12 (1984);
 * D. R. Thomas and J. N. K. Rao, Journal of the American Statistical Association 82 (1987).
 */
export function compareShares(first: ShareSide, second: ShareSide): ShareTest | undefined {
  const categories = commonCategories(first.counts, second.counts);
  const sides = [sideOf(first, categories), sideOf(second, categories)] as const;
  const [a, b] = sides;
  if (a.total === 0 || b.total === 0 || categories.length < 2) return undefined;
  const pooled = categories.map((_, k) => (at(a.sums, k) + at(b.sums, k)) / (a.total + b.total));
  const scale = pooled.map((share) => 1 / (share * (1 / a.total + 1 / b.total)));
  const covariance = addUp(a.covariance, b.covariance);
  let chiSquare = 0;
  let meanByChance = 0;
  let halfVarianceByChance = 0;
  let most: ShareDifference | undefined;
  let mostDeviations = 0;
  categories.forEach(({ name }, k) => {
    const shares = [at(a.sums, k) / a.total, at(b.sums, k) / b.total] as const;
    const difference = shares[0] - shares[1];
    const variance = at(covariance, k * categories.length + k);
    chiSquare += at(scale, k) * difference ** 2;
    meanByChance += at(scale, k) * variance;
    for (let l = 0; l < categories.length; l++) {
      halfVarianceByChance += at(scale, k) * at(scale, l) * at(covariance, k * categories.length + l) ** 2;
    }
    if (Math.abs(difference) > mostDeviations * Math.sqrt(variance)) {
      mostDeviations = Math.abs(difference) / Math.sqrt(variance);
      most = { category: name, shares, error: Math.sqrt(variance) };
    }
  });
  const effectiveClusters = Math.min(a.effectiveClusters, b.effectiveClusters);
  const parts = { chiSquare, meanByChance, halfVarianceByChance, effectiveClusters };
  return { ...parts, freedom: categories.length - 1, p: pOf(parts), most };
}

/** Tests of categories that exclude each other (the rows of a table of transitions), taken together. */
export function together(tests: readonly ShareTest[]): ShareTest | undefined {
  if (tests.length === 0) return undefined;
  const sum = (value: (test: ShareTest) => number) => tests.reduce((total, test) => total + value(test), 0);
  const parts = {
    chiSquare: sum((test) => test.chiSquare),
    meanByChance: sum((test) => test.meanByChance),
    halfVarianceByChance: sum((test) => test.halfVarianceByChance),
    effectiveClusters: Math.max(...tests.map((test) => test.effectiveClusters)),
  };
  return { ...parts, freedom: sum((test) => test.freedom), p: pOf(parts), most: undefined };
}

function pOf(
  test: Pick<ShareTest, "chiSquare" | "meanByChance" | "halfVarianceByChance" | "effectiveClusters">,
): number {
  if (test.chiSquare === 0) return 1;
  const freedom = test.meanByChance ** 2 / test.halfVarianceByChance;
  const denominator = Math.min(FREEDOM_MAX, freedom * Math.max(1, test.effectiveClusters - 2));
  return Math.max(0, 1 - jStat.centralF.cdf(test.chiSquare / test.meanByChance, freedom, denominator));
}

/** One category, of one or (rare ones) several columns. */
interface Category {
  readonly name: string;
  readonly columns: readonly string[];
}

function commonCategories(a: CategoryCounts, b: CategoryCounts): Category[] {
  const names = [...new Set([...a.columns.keys(), ...b.columns.keys()])].sort();
  const frequent: Category[] = [];
  const rare: string[] = [];
  let rareTotal = 0;
  for (const name of names) {
    const total = a.total(name) + b.total(name);
    if (total >= RARE) frequent.push({ name, columns: [name] });
    else {
      rare.push(name);
      rareTotal += total;
    }
  }
  if (rareTotal >= RARE) frequent.push({ name: OTHERS, columns: rare });
  return frequent;
}

/** Counts of a side, and the covariance of its shares. */
interface SideShares {
  readonly total: number;
  readonly sums: Float64Array;
  readonly covariance: Float64Array;
  readonly effectiveClusters: number;
}

function sideOf({ counts, clusters }: ShareSide, categories: readonly Category[]): SideShares {
  const width = categories.length;
  const rows = new Float64Array(clusters.size * width);
  categories.forEach(({ columns }, k) => {
    for (const name of columns) {
      counts.columns.get(name)?.forEach((count, cluster) => {
        if (count > 0) rows[clusters.root(cluster) * width + k] = at(rows, clusters.root(cluster) * width + k) + count;
      });
    }
  });
  const sums = new Float64Array(width);
  rows.forEach((count, index) => {
    sums[index % width] = at(sums, index % width) + count;
  });
  const total = sums.reduce((sum, count) => sum + count, 0);
  const covariance = new Float64Array(width * width);
  const residual = new Float64Array(width);
  let squares = 0;
  for (let cluster = 0; cluster < clusters.size; cluster++) {
    const row = rows.subarray(cluster * width, (cluster + 1) * width);
    const ofCluster = row.reduce((sum, count) => sum + count, 0);
    if (ofCluster === 0) continue;
    squares += ofCluster ** 2;
    for (let k = 0; k < width; k++) residual[k] = (at(row, k) - (at(sums, k) / total) * ofCluster) / total;
    for (let k = 0; k < width; k++) {
      for (let l = 0; l < width; l++) {
        covariance[k * width + l] = at(covariance, k * width + l) + at(residual, k) * at(residual, l);
      }
    }
  }
  return { total, sums, covariance, effectiveClusters: squares === 0 ? 0 : total ** 2 / squares };
}

function addUp(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, index) => value + at(b, index));
}

function at(array: Float64Array | readonly number[], index: number): number {
  return array[index] as number;
}
