import type { Configuration } from "../config/configuration";
import type { Random } from "../random";
import { DAY_S, HOUR_S } from "../time";
import { eventsimFreeDays, type FreeDays, weekendsAndHolidays } from "./free-days";
import type { LocalClock } from "./local-time";
import type { WalkRules } from "./rules";

/** When listeners come: about every beta, more often in the evening than at night, less often on free days. */
export class SessionTimes {
  private readonly dampingS: number;
  private readonly isFreeDay: FreeDays;

  /** @param rules whether the warp of the day may break the least gap, and which days are free */
  constructor(
    private readonly configuration: Pick<Configuration, "daily" | "weekend" | "sessionGapS">,
    private readonly rules: Pick<WalkRules, "leastGapKept" | "allHolidays">,
  ) {
    this.dampingS = configuration.daily.damping * DAY_S;
    this.isFreeDay = rules.allHolidays ? weekendsAndHolidays : eventsimFreeDays;
  }

  /**
   * The start of the session after one that ended.
   * @param endS when the last session ended, seconds since 1970
   * @param betaS the user's mean gap
   * @returns whole seconds since 1970
   */
  next(endS: number, betaS: number, clock: LocalClock, random: Random): number {
    const gapS = this.configuration.sessionGapS;
    const earliestS = this.rules.leastGapKept ? endS + gapS : endS;
    let fromS = endS;
    for (;;) {
      // At least a second, so that the search ends where beta is tiny and no gap is configured.
      const candidateS = this.warp(fromS + Math.max(1, Math.floor(random.exponential(betaS)) + gapS), clock);
      if (candidateS < Math.max(fromS, earliestS)) fromS += Math.max(1, gapS);
      else if (this.isKept(candidateS, clock, random)) return candidateS;
      else fromS = Math.max(fromS + 1, candidateS);
    }
  }

  /** The first session of a user who is there from the beginning: near the steady state of the process. */
  first(startS: number, betaS: number, clock: LocalClock, random: Random): number {
    const wholeBetaS = Math.floor(betaS);
    let candidateS = this.next(startS - 2 * wholeBetaS, betaS, clock, random);
    while (candidateS < startS - wholeBetaS) candidateS = this.next(candidateS, betaS, clock, random);
    return candidateS;
  }

  /** Moves a moment towards the evening: what falls at 3 and 15 o'clock stays, the morning is thinned out. */
  private warp(timeS: number, clock: LocalClock): number {
    const secondOfDay = modulo(timeS + clock(timeS), DAY_S);
    return timeS + Math.trunc(this.dampingS * Math.sin(((secondOfDay - 3 * HOUR_S) * 2 * Math.PI) / DAY_S));
  }

  private isKept(timeS: number, clock: LocalClock, random: Random): boolean {
    const share = this.shareOfFreeDay(timeS + clock(timeS));
    return share <= 0 || random.uniform() < 1 - this.configuration.weekend.damping * share;
  }

  /**
   * How much of a free day it is, from 0 to 1, with a ramp at both ends of each row of free days.
   *
   * eventsim's ramps (TimeUtilities.scala, weekendDamping) are the same where offset <= scale <= offset + half a day, as
   * in its configurations and defaults. With a scale below the offset its ramps overshoot, so that the eve of a free day
   * is damped more than the free day itself; that is not repeated.
   */
  private shareOfFreeDay(localS: number): number {
    const { offsetS, scaleS } = this.configuration.weekend;
    const day = Math.floor(localS / DAY_S);
    const second = localS - day * DAY_S;
    const ramp = (seconds: number) => Math.min(1, Math.max(0, seconds / Math.max(1, scaleS)));
    const yesterday = this.isFreeDay(day - 1);
    const tomorrow = this.isFreeDay(day + 1);
    if (this.isFreeDay(day)) {
      const begin = yesterday ? 1 : ramp(second + offsetS);
      const end = tomorrow ? 1 : ramp(DAY_S + offsetS - second);
      return Math.min(begin, end);
    }
    const before = tomorrow ? ramp(second - (DAY_S - offsetS)) : 0;
    const after = yesterday ? ramp(offsetS - second) : 0;
    return Math.max(before, after);
  }
}

function modulo(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
