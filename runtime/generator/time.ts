import { TIME_PATTERN } from "./settings";

/** Times of the generator are whole seconds since 1970, UTC. */

export const MINUTE_S = 60;
export const HOUR_S = 3600;
export const DAY_S = 86_400;
export const WEEK_S = 7 * DAY_S;
/** 365.25 days, as eventsim counts a year. */
export const YEAR_S = 31_557_600;

/** The year 9999 ends here: the schema's limit of an event's time. */
export const TIME_MAX_S = 253_402_300_799;

/**
 * Seconds since 1970 of a text of this pattern; `undefined` where it is none (a 31st of February included), before 1970
 * or, by its offset, after the year 9999.
 */
export function parseTimeS(text: string): number | undefined {
  if (!new RegExp(TIME_PATTERN).test(text)) return undefined;
  const zoned = text.length === 10 || /(Z|[+-]\d{2}:?\d{2})$/.test(text.slice(11));
  const timeMs = Date.parse(zoned ? text : `${text}Z`);
  const dayMs = Date.parse(text.slice(0, 10));
  if (!Number.isFinite(timeMs) || timeMs < 0) return undefined;
  // Date.parse rolls a 31st of February over into March on some engines.
  if (new Date(dayMs).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  const timeS = Math.floor(timeMs / 1000);
  return timeS <= TIME_MAX_S ? timeS : undefined;
}

/** A time as people read it: 2026-01-01T00:00:00Z. */
export function formatTimeS(timeS: number): string {
  return new Date(timeS * 1000).toISOString().replace(".000Z", "Z");
}
