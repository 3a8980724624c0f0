import { Random, STREAM } from "../random";
import { YEAR_S } from "../time";

export interface GrowthOptions {
  readonly seed: number;
  /** New users a year, as a fraction of the users there are; 0: nobody joins. */
  readonly growthRate: number;
  /** Users who leave a year, as a fraction of the users there are. */
  readonly attritionRate: number;
  /** How many there are at the start. */
  readonly users: number;
  readonly startS: number;
}

/**
 * When new users join: a Poisson process, faster as there are more users; one user at a time, never past the end. Who
 * leaves is every user's own affair and not known here, so that all shards agree on who joins when: the users there
 * are fall by the rate of attrition between two arrivals.
 */
export class Arrivals {
  private readonly random: Random;
  /** Whole seconds since 1970 at which the next user joins; infinite where nobody does. */
  nextS = 0;
  private users: number;
  private timeS: number;

  constructor(private readonly options: GrowthOptions) {
    this.random = new Random(options.seed, STREAM.arrivals, 0);
    this.users = options.users;
    this.timeS = options.startS;
    this.advance();
  }

  /** The next user has joined. */
  joined(): void {
    this.users++;
    this.advance();
  }

  /** What `restore` needs: six numbers, none of them infinite, which JSON can't say. */
  save(): number[] {
    const words = new Int32Array(4);
    this.random.store(words, 0);
    return [...words, this.users, Number.isFinite(this.timeS) ? this.timeS : -1];
  }

  restore(saved: readonly number[]): void {
    this.random.load(Int32Array.from(saved), 0);
    this.users = saved[4] ?? 0;
    const timeS = saved[5] ?? -1;
    this.setTime(timeS < 0 ? Number.POSITIVE_INFINITY : timeS);
  }

  private setTime(timeS: number): void {
    this.timeS = timeS;
    this.nextS = Math.floor(timeS);
  }

  /**
   * With n users, growth g and attrition a the rate after t years is g n e^(-a t); its integral reaches an exponential
   * number E after -ln(1 - a E / (g n)) / a years, or never.
   */
  private advance(): void {
    const { growthRate, attritionRate } = this.options;
    const ratePerYear = this.users * growthRate;
    if (!(ratePerYear > 0)) {
      this.setTime(Number.POSITIVE_INFINITY);
      return;
    }
    let years = this.random.exponential(1) / ratePerYear;
    if (attritionRate > 0) {
      const left = 1 - attritionRate * years;
      years = left > 0 ? -Math.log(left) / attritionRate : Number.POSITIVE_INFINITY;
      this.users *= Math.exp(-attritionRate * years);
    }
    this.setTime(this.timeS + years * YEAR_S);
  }
}
