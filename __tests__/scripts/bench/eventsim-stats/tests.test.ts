import { Random } from "../../../../runtime/generator/random";
import { Clusters } from "../../../../scripts/bench/eventsim-stats/clusters";
import { comparePace, compareQuantities, Quantities } from "../../../../scripts/bench/eventsim-stats/durations";
import { CategoryCounts, compareShares } from "../../../../scripts/bench/eventsim-stats/shares";

const USERS = 100;
const EVENTS_OF_USER = 15;
const COMPARISONS = 120;

/**
 * A side on which each user has a habit: the share of A and the pace of one user's events lie together.
 * @param change what is added to the share of A
 * @param factor by what the times are multiplied
 */
function side(seed: number, change = 0, factor = 1) {
  const random = new Random(seed, 9, 0);
  const clusters = new Clusters();
  const counts = new CategoryCounts();
  const quantities = new Quantities();
  for (let user = 0; user < USERS; user++) {
    const cluster = clusters.of(user, user);
    const habit = random.uniform();
    const pace = factor * random.logNormal();
    for (let event = 0; event < EVENTS_OF_USER; event++) {
      counts.add(cluster, random.uniform() < 0.1 + change + 0.6 * habit ? "A" : random.uniform() < 0.5 ? "B" : "C");
      quantities.add(cluster, random.exponential(100 * pace));
    }
  }
  return { clusters, counts, quantities };
}

type Side = ReturnType<typeof side>;
const equalSides = Array.from({ length: 2 * COMPARISONS }, (_, seed) => side(seed));

/** Share of comparisons of equal sides below the level: it should be the level. */
function falseAlarms(p: (first: Side, second: Side) => number, level: number): number {
  let below = 0;
  for (let index = 0; index < equalSides.length; index += 2) {
    if (p(equalSides[index] as Side, equalSides[index + 1] as Side) < level) below++;
  }
  return below / COMPARISONS;
}

describe("tests that count by users", () => {
  it("say of equal sides that they differ no oftener than they should, though users have habits", () => {
    const ofShares = falseAlarms((a, b) => compareShares(a, b)?.p ?? 0, 0.05);
    expect(ofShares).toBeGreaterThan(0.01);
    expect(ofShares).toBeLessThan(0.09);
    // The worst decile is taken for the effective size: never too bold, sometimes too careful.
    expect(falseAlarms((a, b) => compareQuantities(a, b)?.p ?? 0, 0.05)).toBeLessThan(0.07);
    const ofPace = falseAlarms((a, b) => comparePace(a, b)?.p ?? 0, 0.05);
    expect(ofPace).toBeGreaterThan(0.01);
    expect(ofPace).toBeLessThan(0.09);
  });

  it("would be misled by events that are counted as if each were another user's", () => {
    const single = (counted: Side) => {
      const clusters = new Clusters();
      const counts = new CategoryCounts();
      let event = 0;
      for (const [category, column] of counted.counts.columns) {
        const total = column.reduce((sum, count) => sum + count, 0);
        for (let index = 0; index < total; index++) counts.add(clusters.of(event, event++), category);
      }
      return { clusters, counts };
    };
    expect(falseAlarms((a, b) => compareShares(single(a), single(b))?.p ?? 0, 0.05)).toBeGreaterThan(0.12);
  });

  it("find what differs", () => {
    const shares = compareShares(side(1), side(2, 0.2));
    expect(shares?.p).toBeLessThan(1e-4);
    expect(shares?.most?.category).toBe("A");
    expect(compareQuantities(side(1), side(2, 0, 3))?.p).toBeLessThan(1e-4);
    const pace = comparePace(side(1), side(2, 0, 3));
    expect(pace?.p).toBeLessThan(1e-4);
    expect(Math.abs((pace?.factor ?? 0) - 1 / 3)).toBeLessThan(0.12);
  });

  it("give Pearson's chi-square and Kolmogorov's distance where every observation is another user's", () => {
    const counted = (numbers: readonly number[]) => {
      const clusters = new Clusters();
      const counts = new CategoryCounts();
      let user = 0;
      numbers.forEach((number, category) => {
        for (let index = 0; index < number; index++) counts.add(clusters.of(user, user++), `${category}`);
      });
      return { clusters, counts };
    };
    // 30 of 100 against 45 of 100: by hand, 2 * (7.5^2 / 37.5 + 7.5^2 / 62.5) = 4.8, of which chance alone gives p = .028.
    const test = compareShares(counted([30, 70]), counted([45, 55]));
    expect(test?.chiSquare).toBeCloseTo(4.8, 10);
    expect(test?.freedom).toBe(1);
    expect(Math.abs((test?.p ?? 0) - 0.028)).toBeLessThan(0.004);
    const measured = (from: number) => {
      const clusters = new Clusters();
      const quantities = new Quantities();
      for (let user = 0; user < 100; user++) quantities.add(clusters.of(user, user), from + user);
      return { clusters, quantities };
    };
    const distance = compareQuantities(measured(0), measured(20));
    expect(distance?.distance).toBeCloseTo(0.2, 10);
    // The table of Smirnov: 1.36 * sqrt(2 / 100) = 0.192 at p = .05.
    expect(distance?.p).toBeGreaterThan(0.02);
    expect(distance?.p).toBeLessThan(0.05);
  });
});

describe("clusters", () => {
  it("join the sessions of a user, those included that show the user only later", () => {
    const clusters = new Clusters();
    const hidden = clusters.of(1, undefined);
    const shown = clusters.of(2, 7);
    expect(clusters.root(hidden)).not.toBe(clusters.root(shown));
    clusters.of(1, 7);
    expect(clusters.root(hidden)).toBe(clusters.root(shown));
    expect(clusters.root(clusters.of(1, undefined))).toBe(clusters.root(shown));
    expect(clusters.root(clusters.of(3, undefined))).not.toBe(clusters.root(shown));
  });
});
