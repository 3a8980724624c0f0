import { Random, STREAM } from "../../../runtime/generator/random";
import { WeightedIndex } from "../../../runtime/generator/weighted";

const draws = (random: Random) => Array.from({ length: 8 }, () => random.uniform());
const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;

describe("random streams", () => {
  it("are the same for the same seed, purpose and id, and others for any other", () => {
    expect(draws(new Random(1, STREAM.user, 2))).toEqual(draws(new Random(1, STREAM.user, 2)));
    const others = [
      [2, 1, 2],
      [1, 2, 2],
      [1, 1, 3],
      [2 ** 40 + 1, 1, 2],
      [1, 1, 2 ** 40 + 2],
      [0, 0, 0],
    ] as const;
    const firsts = others.map(([seed, purpose, id]) => draws(new Random(seed, purpose, id))[0]);
    expect(new Set([...firsts, draws(new Random(1, STREAM.user, 2))[0]]).size).toBe(others.length + 1);
  });

  it("of neighbouring users have nothing to do with each other", () => {
    const firsts = Array.from({ length: 20_000 }, (_, id) => new Random(1, STREAM.user, id).uniform());
    const product = mean(firsts.slice(1).map((value, index) => (value - 0.5) * ((firsts[index] ?? 0) - 0.5)));
    // The deviation of the mean product is 1/12 / sqrt(20,000).
    expect(Math.abs(product)).toBeLessThan(5 * (1 / 12 / Math.sqrt(20_000)));
    expect(Math.abs(mean(firsts) - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 20_000));
  });

  it("have the means that they say", () => {
    const random = new Random(9, STREAM.catalog, 0);
    const times = (draw: () => number) => mean(Array.from({ length: 100_000 }, draw));
    expect(Math.abs(times(() => random.exponential(90)) - 90)).toBeLessThan(2);
    expect(Math.abs(times(() => random.normal()))).toBeLessThan(0.02);
    expect(Math.abs(times(() => random.logNormal()) - 1)).toBeLessThan(0.03);
  });
});

describe("drawing by weight", () => {
  it("gives each index its share, and none to a weight of zero", () => {
    const weights = [1, 0, 2, 97];
    const index = new WeightedIndex(weights);
    const counts = [0, 0, 0, 0];
    const random = new Random(4, STREAM.catalog, 0);
    for (let draw = 0; draw < 100_000; draw++) {
      const drawn = index.draw(random);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    expect(counts[1]).toBe(0);
    expect(Math.abs((counts[0] ?? 0) - 1000)).toBeLessThan(5 * Math.sqrt(1000));
    expect(Math.abs((counts[2] ?? 0) - 2000)).toBeLessThan(5 * Math.sqrt(2000));
  });
});
