import { TIME_PATTERN } from "./settings";

/** Times of the generator are whole seconds since 1970, UTC. */

export const MINUTE_S = 60;
export const HOUR_S = 3600;
export const DAY_S = 86_400;
export const WEEK_S = 7 * DAY_S;
/** 365.25 days, as eventsim counts a year. */
export const YEAR_S = 31_557_600;

/** Seconds since 1970 of a text of this pattern; `undefined` where it is none (a 31st of February included) or before 1970. */
export function parseTimeS(text: string): number | undefined {
  if (!new RegExp(TIME_PATTERN).test(text)) return undefined;
  const zoned = text.length === 10 || /(Z|[+-]\d{2}:?\d{2})$/.test(text.slice(11));
  const timeMs = Date.parse(zoned ? text : `${text}Z`);
  const dayMs = Date.parse(text.slice(0, 10));
  if (!Number.isFinite(timeMs) || timeMs < 0) return undefined;
  // Date.parse rolls a 31st of February over into March on some engines.
  if (new Date(dayMs).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  return Math.floor(timeMs / 1000);
}

/** A time as people read it: 2026-01-01T00:00:00Z. */
export function formatTimeS(timeS: number): string {
  return new Date(timeS * 1000).toISOString().replace(".000Z", "Z");
}
