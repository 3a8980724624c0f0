import type { StateMachine } from "../config/state-machine";
import type { Random } from "../random";
import { NONE } from "./user-table";

const ROUNDING = 1e-9;
const ERROR_STATUS_MIN = 400;
/** Factors of errors whose rows are kept; a schedule of incidents has a handful. */
const FACTORS_MAX = 64;

/** All rows one after the other, each with the likeliest first, so that most draws end at the first comparison. */
interface Rows {
  /** The ways from state i stand from starts[i] to before starts[i + 1]. */
  readonly starts: Int32Array;
  /** Probability of this way and all before it in the row. */
  readonly upTo: Float64Array;
  readonly to: Int32Array;
}

/** Draws where a walk goes on. */
export class TransitionTable {
  private readonly usual: Rows;
  private readonly byFactor = new Map<number, Rows>();

  constructor(private readonly machine: StateMachine) {
    this.usual = this.rows(1);
  }

  /** @returns the index of the next state; NONE where the session ends */
  next(state: number, random: Random): number {
    return draw(this.usual, state, random);
  }

  /**
   * The same, where errors are more or less frequent than usual.
   * @param factor by what the probability of every way to a page of status 400 and above is multiplied; the other ways
   *   of the row are scaled, so that sessions end as often as always
   */
  nextWith(factor: number, state: number, random: Random): number {
    let rows = this.byFactor.get(factor);
    if (rows === undefined) {
      if (this.byFactor.size === FACTORS_MAX) this.byFactor.clear();
      rows = this.rows(factor);
      this.byFactor.set(factor, rows);
    }
    return draw(rows, state, random);
  }

  private rows(factor: number): Rows {
    const { states } = this.machine;
    const starts = new Int32Array(states.length + 1);
    const upTo: number[] = [];
    const to: number[] = [];
    for (const state of states) {
      const row = scaled(this.machine.transitionsFrom(state), factor);
      let sum = 0;
      for (const way of [...row].sort((a, b) => b.p - a.p)) {
        sum += way.p;
        // A row that adds up to 1 but for rounding must not end a session.
        upTo.push(sum >= 1 - ROUNDING ? 1 : sum);
        to.push(way.to.index);
      }
      starts[state.index + 1] = to.length;
    }
    return { starts, upTo: Float64Array.from(upTo), to: Int32Array.from(to) };
  }
}

function draw({ starts, upTo, to }: Rows, state: number, random: Random): number {
  const u = random.uniform();
  const end = starts[state + 1] as number;
  for (let way = starts[state] as number; way < end; way++) if (u < (upTo[way] as number)) return to[way] as number;
  return NONE;
}

type Way = ReturnType<StateMachine["transitionsFrom"]>[number];

/** A row with more or fewer errors and the same sum. */
function scaled(row: readonly Way[], factor: number): readonly Way[] {
  const isError = (way: Way) => way.to.status >= ERROR_STATUS_MIN;
  const sumOf = (ways: readonly Way[]) => ways.reduce((sum, { p }) => sum + p, 0);
  const errors = sumOf(row.filter(isError));
  const others = sumOf(row.filter((way) => !isError(way)));
  if (factor === 1 || errors === 0 || others === 0) return row;
  const errorFactor = Math.min(factor, (errors + others) / errors);
  const otherFactor = Math.max(0, (errors + others - errors * errorFactor) / others);
  return row.map((way) => ({ to: way.to, p: way.p * (isError(way) ? errorFactor : otherFactor) }));
}
