/**
 * Where our walk differs from eventsim's on purpose, as named rules: `--eventsim-compat` takes eventsim's, so that the
 * statistics of the two can be compared. Each of ours mends an error of eventsim's, or adds what it lacks (in brackets: its
 * source).
 */
export interface WalkRules {
  /** Days and weekends begin when they do in the listener's place; else in UTC, for all alike (TimeUtilities.scala). */
  readonly localTime: boolean;
  /** The second between a redirect and the next page stands after the redirect; else before it (Session.scala). */
  readonly secondAfterRedirect: boolean;
  /** The warp of the day never breaks the least gap between two sessions; else it may (Session.scala). */
  readonly leastGapKept: boolean;
  /** Fewer come on every public holiday; else on those only that eventsim's library knows (walk/free-days.ts). */
  readonly allHolidays: boolean;
  /** An attempt to log in gives one event; else it is repeated after redirects (Session.scala, Output.scala). */
  readonly oneAuthEventPerLogin: boolean;
  /**
   * A status change is written where the new level or membership begins, and carries it; else on the page that asks
   * for it, with the old level, and for levels only (Output.scala).
   */
  readonly newStatusOnChange: boolean;
  /**
   * Who joins arrives at that moment, and a guest's registration is when the guest registers; else the first session
   * falls somewhere around it, and all have registered when they joined (User.scala, UserProperties.scala).
   */
  readonly arrivesWhenJoining: boolean;
  /** Users leave by the yearly rate; else nearly all at the end of their first session (Main.scala). */
  readonly attritionOverTime: boolean;
  /** A user has one to three devices, and a session is on one of them; else one for all (DeviceProperties.scala). */
  readonly severalDevices: boolean;
}

export const OUR_RULES: WalkRules = {
  localTime: true,
  secondAfterRedirect: true,
  leastGapKept: true,
  allHolidays: true,
  oneAuthEventPerLogin: true,
  newStatusOnChange: true,
  arrivesWhenJoining: true,
  attritionOverTime: true,
  severalDevices: true,
};

export const EVENTSIM_RULES: WalkRules = {
  localTime: false,
  secondAfterRedirect: false,
  leastGapKept: false,
  allHolidays: false,
  oneAuthEventPerLogin: false,
  newStatusOnChange: false,
  arrivesWhenJoining: false,
  attritionOverTime: false,
  severalDevices: false,
};
