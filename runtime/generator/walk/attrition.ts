import type { Random } from "../random";
import { YEAR_S } from "../time";
import type { Span, World } from "./world";

/** Which users leave for good at the end of a session, beside those whose state says so. */
export class Attrition {
  private readonly ratePerYear: number;
  private readonly eventsimProbability: number;

  constructor({ configuration: { attritionRate }, rules }: World, { startS, endS, users }: Span) {
    this.ratePerYear = rules.attritionOverTime ? attritionRate : 0;
    // Main.scala: n * rate * (end - start / year), where n * rate * (end - start) / year is meant; the former is some
    // 10^9 times the rate, so that everybody leaves. And n makes it the leavers of all, where one user's chance is meant.
    this.eventsimProbability =
      rules.attritionOverTime || attritionRate === 0 ? 0 : users * attritionRate * (endS - startS / YEAR_S);
  }

  /**
   * @param stayedS until when it is decided that the user stays
   * @param nowS the end of the session
   */
  leaves(stayedS: number, nowS: number, random: Random): boolean {
    if (this.eventsimProbability > 0) return random.uniform() < this.eventsimProbability;
    if (this.ratePerYear === 0 || nowS <= stayedS) return false;
    return random.uniform() < -Math.expm1((-this.ratePerYear * (nowS - stayedS)) / YEAR_S);
  }
}
