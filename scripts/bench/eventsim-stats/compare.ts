import { jStat } from "jstat";
import type { Topic } from "../../../runtime/schema/events";
import { comparePace, compareQuantities, criticalDistance } from "./durations";
import { AFTER, OF_CATALOGUE, type TopicObservations } from "./observe";
import { type CategoryCounts, compareShares, type ShareTest, together } from "./shares";

/** One test of the comparison. */
export interface TestResult {
  readonly topic: Topic;
  readonly what: string;
  readonly kind: "volume" | "shares" | "distribution" | "pace";
  /** Observations on either side. */
  readonly sizes: readonly [number, number];
  /** z of a volume and of a pace, chi-square of shares, the greatest distance of distributions. */
  readonly statistic: number;
  /** Degrees of freedom of shares as users' habits leave them, effective number of observations of a distribution. */
  readonly freedom: number | undefined;
  readonly p: number;
  /** Beyond what the sizes of both sides explain, at the level of the whole comparison. */
  readonly differs: boolean;
  /** The two sides in words. */
  readonly detail: string;
}

export interface Comparison {
  /** Probability that any test says "differs" where nothing does. */
  readonly level: number;
  /** The level of one test: divided by their number (Bonferroni). */
  readonly testLevel: number;
  readonly tests: readonly TestResult[];
}

export interface CompareOptions {
  /** Users of the second side for each of the first. @default 1 */
  readonly usersRatio?: number;
  /** Are songs, places, names and browsers of both sides drawn from the same files? @default true */
  readonly sameCatalogue?: boolean;
  /** @default 0.001 */
  readonly level?: number;
}

export type Side = ReadonlyMap<Topic, TopicObservations>;

const LEVEL_DEFAULT = 0.001;

/** Compares everything that both sides show. */
export function compareSides(first: Side, second: Side, options: CompareOptions = {}): Comparison {
  const level = options.level ?? LEVEL_DEFAULT;
  const tests: Omit<TestResult, "differs">[] = [];
  for (const [topic, a] of first) {
    const b = second.get(topic);
    if (b === undefined) continue;
    tests.push(...volumes(topic, a, b, options.usersRatio ?? 1));
    tests.push(...shares(topic, a, b, options));
    tests.push(...distributions(topic, a, b, options));
  }
  const testLevel = level / Math.max(1, tests.length);
  const results = tests.map((test) => ({ ...test, differs: test.p < testLevel }));
  return { level, testLevel, tests: results.map((test) => withCritical(test, testLevel)) };
}

/** Users come and go independently, so a sum over users has the sum of their squares as its variance, at most. */
function volumes(topic: Topic, a: TopicObservations, b: TopicObservations, usersRatio: number) {
  const tests: Omit<TestResult, "differs">[] = [];
  for (const what of new Set([...a.volumes.keys(), ...b.volumes.keys()])) {
    const [first, second] = [a, b].map((side) => sumAndSquares(side, side.volumes.get(what)));
    if (first === undefined || second === undefined || first.sum + second.sum === 0) continue;
    const expected = second.sum / usersRatio;
    const deviation = Math.sqrt(first.squares + second.squares / usersRatio ** 2);
    const z = (first.sum - expected) / deviation;
    tests.push({
      topic,
      what,
      kind: "volume",
      sizes: [first.sum, second.sum],
      statistic: z,
      freedom: undefined,
      p: 2 * (1 - jStat.normal.cdf(Math.abs(z), 0, 1)),
      detail: `${first.sum} | ${Math.round(expected)} (error of the difference ${Math.round(deviation)})`,
    });
  }
  return tests;
}

function sumAndSquares(side: TopicObservations, counts: CategoryCounts | undefined) {
  const byRoot = new Float64Array(side.clusters.size);
  for (const column of counts?.columns.values() ?? []) {
    column.forEach((count, cluster) => {
      if (count > 0) {
        const root = side.clusters.root(cluster);
        byRoot[root] = (byRoot[root] as number) + count;
      }
    });
  }
  return {
    sum: byRoot.reduce((sum, count) => sum + count, 0),
    squares: byRoot.reduce((sum, count) => sum + count ** 2, 0),
  };
}

function shares(topic: Topic, a: TopicObservations, b: TopicObservations, options: CompareOptions) {
  const tests: Omit<TestResult, "differs">[] = [];
  const transitions: ShareTest[] = [];
  const names = [...new Set([...a.shares.keys(), ...b.shares.keys()])];
  const isRow = (name: string) => name.startsWith(AFTER);
  for (const what of [...names.filter((name) => !isRow(name)), ...names.filter(isRow).sort()]) {
    const [ofA, ofB] = [a.shares.get(what), b.shares.get(what)];
    if (ofA === undefined || ofB === undefined || isLeftOut(what, options)) continue;
    const test = compareShares({ counts: ofA, clusters: a.clusters }, { counts: ofB, clusters: b.clusters });
    if (test === undefined) continue;
    if (isRow(what)) transitions.push(test);
    tests.push(shareResult(topic, what, [sizeOf(ofA), sizeOf(ofB)], test));
  }
  const all = together(transitions);
  if (all !== undefined) tests.push(shareResult(topic, "all transitions together", [0, 0], all));
  return tests;
}

function shareResult(topic: Topic, what: string, sizes: readonly [number, number], test: ShareTest) {
  const { most } = test;
  const freedom = test.meanByChance ** 2 / (test.halfVarianceByChance || 1);
  const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
  const detail =
    most === undefined
      ? ""
      : `most: ${most.category} ${percent(most.shares[0])} | ${percent(most.shares[1])} (error ${percent(most.error)})`;
  return {
    topic,
    what,
    kind: "shares" as const,
    sizes,
    // What the dependence of a user's events adds is taken off, of the degrees of freedom too.
    statistic: (test.chiSquare * freedom) / (test.meanByChance || 1),
    freedom,
    p: test.p,
    detail,
  };
}

function distributions(topic: Topic, a: TopicObservations, b: TopicObservations, options: CompareOptions) {
  const tests: Omit<TestResult, "differs">[] = [];
  for (const [what, ofA] of a.quantities) {
    const ofB = b.quantities.get(what);
    if (ofB === undefined || isLeftOut(what, options)) continue;
    const first = { quantities: ofA, clusters: a.clusters };
    const second = { quantities: ofB, clusters: b.clusters };
    const test = compareQuantities(first, second);
    if (test === undefined) continue;
    tests.push({
      topic,
      what,
      kind: "distribution",
      sizes: [ofA.size, ofB.size],
      statistic: test.distance,
      freedom: test.effectiveSize,
      p: test.p,
      detail: `medians ${round(test.medians[0])} | ${round(test.medians[1])}, most at ${round(test.atValue)}`,
    });
    const pace = comparePace(first, second);
    if (pace === undefined) continue;
    tests.push({
      topic,
      what: `${what}, each user's mean`,
      kind: "pace",
      sizes: pace.users,
      statistic: pace.z,
      freedom: undefined,
      p: pace.p,
      detail: `the first's are ${pace.factor.toFixed(3)} times the second's`,
    });
  }
  return tests;
}

function withCritical(test: TestResult, testLevel: number): TestResult {
  if (test.kind !== "distribution" || test.freedom === undefined) return test;
  const critical = criticalDistance(testLevel, test.freedom);
  return { ...test, detail: `${test.detail}; a distance from ${critical.toFixed(3)} on differs` };
}

function isLeftOut(what: string, { sameCatalogue }: CompareOptions): boolean {
  return sameCatalogue === false && OF_CATALOGUE.includes(what);
}

function sizeOf(counts: CategoryCounts): number {
  return [...counts.columns.keys()].reduce((sum, name) => sum + counts.total(name), 0);
}

function round(value: number): string {
  return value.toFixed(Number.isInteger(value) ? 0 : 1);
}
