import { YEAR_S } from "../../../../runtime/generator/time";
import { Arrivals } from "../../../../runtime/generator/walk/arrivals";

const START_S = 1_735_689_600;

/** How many join within some years. */
function joined(growthRate: number, attritionRate: number, users: number, years: number): number {
  const arrivals = new Arrivals({ seed: 3, growthRate, attritionRate, users, startS: START_S });
  let count = 0;
  for (; arrivals.nextS < START_S + years * YEAR_S; count++) arrivals.joined();
  return count;
}

describe("who joins", () => {
  it("joins faster as there are more users", () => {
    // n (e^(g t) - 1), within five deviations of a process that grows by itself.
    expect(Math.abs(joined(1, 0, 2_000, 1) - 2_000 * (Math.E - 1))).toBeLessThan(5 * Math.sqrt(2_000) * Math.E);
  });

  it("joins as often as others leave where both rates are the same", () => {
    // The users stay as many as they were: n g t.
    expect(Math.abs(joined(2, 2, 1_000, 3) - 6_000)).toBeLessThan(5 * Math.sqrt(6_000) * 3);
  });

  it("joins ever more rarely where more leave, and in the end nobody does", () => {
    const arrivals = new Arrivals({ seed: 3, growthRate: 1, attritionRate: 20, users: 100, startS: START_S });
    let count = 0;
    for (; arrivals.nextS < Number.POSITIVE_INFINITY; count++) arrivals.joined();
    // n g / (a - g)
    expect(Math.abs(count - 100 / 19)).toBeLessThan(12);
  });

  it("goes on from where it was saved", () => {
    const options = { seed: 3, growthRate: 1, attritionRate: 0.5, users: 100, startS: START_S };
    const whole = new Arrivals(options);
    for (let i = 0; i < 5; i++) whole.joined();
    const other = new Arrivals(options);
    other.restore(JSON.parse(JSON.stringify(whole.save())));
    for (let i = 0; i < 20; i++) {
      expect(other.nextS).toBe(whole.nextS);
      whole.joined();
      other.joined();
    }
  });
});
