import { Random } from "../../../../runtime/generator/random";
import { type Timed, TimeWheel } from "../../../../runtime/generator/walk/time-wheel";

class Item implements Timed {
  next: this | undefined = undefined;
  constructor(public atS: number) {}
}

const START_S = 1_735_689_600;

describe("the wheel of seconds", () => {
  it("gives everything back in the order of time, over gaps of seconds, months and decades", () => {
    const random = new Random(3, 9, 0);
    const wheel = new TimeWheel<Item>(START_S);
    for (let item = 0; item < 3000; item++) wheel.push(new Item(START_S + random.below(10 ** (1 + random.below(9)))));
    const times: number[] = [];
    for (
      let item = wheel.pop(Number.POSITIVE_INFINITY);
      item !== undefined;
      item = wheel.pop(Number.POSITIVE_INFINITY)
    ) {
      times.push(item.atS);
      // Some come again, as users do.
      if (random.below(2) === 0 && times.length < 10_000) {
        item.atS += random.below(10 ** random.below(8));
        wheel.push(item);
      }
    }
    expect(times.length).toBeGreaterThan(5000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(wheel.size).toBe(0);
  });

  it("takes nothing out before its end, and loses nothing that is put in after", () => {
    const wheel = new TimeWheel<Item>(START_S);
    wheel.push(new Item(START_S + 100_000));
    expect(wheel.pop(START_S + 50_000)).toBeUndefined();
    wheel.push(new Item(START_S + 50_000));
    expect(wheel.pop(START_S + 100_000)?.atS).toBe(START_S + 50_000);
    expect(wheel.pop(START_S + 100_000)).toBeUndefined();
    expect(wheel.pop(START_S + 100_001)?.atS).toBe(START_S + 100_000);
    expect(wheel.pop(Number.POSITIVE_INFINITY)).toBeUndefined();
  });
});
