import { Random, STREAM } from "../random";
import { YEAR_S } from "../time";

/** When new users join: a Poisson process, faster as there are more users; one user at a time, never past the end. */
export class Arrivals {
  private readonly random: Random;
  private timeS: number;

  /**
   * @param growthRate new users a year, as a fraction of the users there are; 0: nobody joins
   * @param users how many there are at the start
   */
  constructor(
    seed: number,
    private readonly growthRate: number,
    private users: number,
    startS: number,
  ) {
    this.random = new Random(seed, STREAM.arrivals, 0);
    this.timeS = startS;
    this.advance();
  }

  /** Whole seconds since 1970 at which the next user joins; infinite where nobody does. */
  get nextS(): number {
    return Math.floor(this.timeS);
  }

  /** The next user has joined. */
  joined(): void {
    this.users++;
    this.advance();
  }

  private advance(): void {
    const ratePerYear = this.users * this.growthRate;
    this.timeS =
      ratePerYear > 0 ? this.timeS + this.random.exponential(YEAR_S / ratePerYear) : Number.POSITIVE_INFINITY;
  }
}
