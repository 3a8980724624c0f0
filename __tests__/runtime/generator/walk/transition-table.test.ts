import { Random } from "../../../../runtime/generator/random";
import { TransitionTable } from "../../../../runtime/generator/walk/transition-table";
import { NONE } from "../../../../runtime/generator/walk/user-table";
import { BUILT_IN } from "../simulate";

const { machine } = BUILT_IN;
const DRAWS = 20_000;
const table = new TransitionTable(machine);

/** How often each state follows, as a part of all draws; NONE where the session ends. */
function shares(state: number, factor?: number): Map<number, number> {
  const random = new Random(1, 9, state);
  const counts = new Map<number, number>();
  for (let i = 0; i < DRAWS; i++) {
    const to = factor === undefined ? table.next(state, random) : table.nextWith(factor, state, random);
    counts.set(to, (counts.get(to) ?? 0) + 1 / DRAWS);
  }
  return counts;
}

/** A state from which errors follow, with what else can. */
const from = machine.states.find((state) => state.page === "NextSong") ?? machine.states[0];
const ways = from === undefined ? [] : machine.transitionsFrom(from);
const errors = ways.filter(({ to }) => to.status >= 400);
const sum = (list: readonly { p: number }[]) => list.reduce((total, { p }) => total + p, 0);

describe("where a walk goes on", () => {
  const index = from?.index ?? 0;

  it("follows the file's probabilities, and ends a session with what is missing to 1", () => {
    const drawn = shares(index);
    for (const { to, p } of ways) expect(Math.abs((drawn.get(to.index) ?? 0) - p)).toBeLessThan(0.015);
    expect(Math.abs((drawn.get(NONE) ?? 0) - (1 - sum(ways)))).toBeLessThan(0.015);
  });

  it("multiplies the ways to errors by a factor, and ends sessions as often as always", () => {
    expect(errors.length).toBeGreaterThan(0);
    const factor = 40;
    const drawn = shares(index, factor);
    const share = errors.reduce((total, { to }) => total + (drawn.get(to.index) ?? 0), 0);
    expect(share).toBeGreaterThan(0.01);
    expect(Math.abs(share - factor * sum(errors))).toBeLessThan(0.015);
    expect(Math.abs((drawn.get(NONE) ?? 0) - (1 - sum(ways)))).toBeLessThan(0.015);
  });

  it("leads to errors only where the factor is beyond all bounds, and to none where it is 0", () => {
    const drawn = shares(index, 1e6);
    const others = ways.filter(({ to }) => to.status < 400);
    expect(others.reduce((total, { to }) => total + (drawn.get(to.index) ?? 0), 0)).toBe(0);
    expect(Math.abs((drawn.get(NONE) ?? 0) - (1 - sum(ways)))).toBeLessThan(0.015);
    const none = shares(index, 0);
    expect(errors.reduce((total, { to }) => total + (none.get(to.index) ?? 0), 0)).toBe(0);
  });

  it("never ends a session whose row adds up to 1, whatever the rounding", () => {
    const sure = machine.states.filter((state) => Math.abs(sum(machine.transitionsFrom(state)) - 1) < 1e-9);
    expect(sure.length).toBeGreaterThan(0);
    for (const state of sure) expect(shares(state.index).has(NONE)).toBe(false);
  });
});
