import { Random } from "../../../../runtime/generator/random";
import { TimeWheel } from "../../../../runtime/generator/walk/time-wheel";
import { AT, FLOATS, NONE, UserTable } from "../../../../runtime/generator/walk/user-table";

const START_S = 1_735_689_600;

/** A wheel whose rows are put in by their second. */
function wheelOf() {
  const table = new UserTable(1);
  const wheel = new TimeWheel(table, START_S);
  return {
    table,
    wheel,
    put(atS: number, row = table.take()) {
      table.floats[row * FLOATS + AT] = atS;
      wheel.push(row);
    },
    /** The row and second of the earliest before the end; `undefined` where there is none. */
    pop(endS: number) {
      const row = wheel.peek(endS);
      if (row === NONE) return undefined;
      wheel.take(row);
      return { row, atS: table.floats[row * FLOATS + AT] as number };
    },
  };
}

describe("the wheel of seconds", () => {
  it("gives everything back in the order of time, over gaps of seconds, months and decades", () => {
    const random = new Random(3, 9, 0);
    const { wheel, put, pop } = wheelOf();
    for (let item = 0; item < 3000; item++) put(START_S + random.below(10 ** (1 + random.below(9))));
    const times: number[] = [];
    for (let item = pop(Number.POSITIVE_INFINITY); item !== undefined; item = pop(Number.POSITIVE_INFINITY)) {
      times.push(item.atS);
      // Some come again, as users do.
      if (random.below(2) === 0 && times.length < 10_000) put(item.atS + random.below(10 ** random.below(8)), item.row);
    }
    expect(times.length).toBeGreaterThan(5000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(wheel.size).toBe(0);
  });

  it("takes nothing out before its end, and loses nothing that is put in after", () => {
    const { put, pop } = wheelOf();
    put(START_S + 100_000);
    expect(pop(START_S + 50_000)).toBeUndefined();
    put(START_S + 50_000);
    expect(pop(START_S + 100_000)?.atS).toBe(START_S + 50_000);
    expect(pop(START_S + 100_000)).toBeUndefined();
    expect(pop(START_S + 100_001)?.atS).toBe(START_S + 100_000);
    expect(pop(Number.POSITIVE_INFINITY)).toBeUndefined();
  });

  it("takes a free row again before it makes a new one", () => {
    const table = new UserTable(1);
    const rows = Array.from({ length: 500 }, () => table.take());
    expect(new Set(rows).size).toBe(500);
    table.free(17);
    table.free(400);
    expect([table.take(), table.take(), table.take()]).toEqual([400, 17, 500]);
  });
});
