import { DAY_S } from "../time";
import US_HOLIDAYS from "./us-holidays.json";

/** Is this a day on which fewer listeners come? The day is counted from 1970-01-01 (day 0), by the calendar of the place. */
export type FreeDays = (day: number) => boolean;

/** A day of the Gregorian calendar. */
interface CalendarDay {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly dayOfMonth: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const MONDAY = 1;
const THURSDAY = 4;
const SATURDAY = 6;
const SUNDAY = 0;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = THURSDAY;
/** Until the end of the year 2100: what is asked again and again is worked out once. */
const REMEMBERED_DAYS = 47_847;

/**
 * Saturdays, Sundays, and the public holidays of the whole United States with the days on which they are observed.
 * The table stands in us-holidays.json (decision 0023). Before 1970 no holiday is known; a year after the table's last
 * has the holidays of the last one in it with the same calendar.
 */
export const weekendsAndHolidays: FreeDays = freeDaysWith(isPublicHoliday);

/**
 * Saturdays, Sundays, and the seven holidays that eventsim knows: those of the whole country in jollyday 0.5.1
 * (holidays/Holidays_us.xml, top level), on their own day even where that is a Sunday. Martin Luther King Jr. Day,
 * Washington's Birthday and Columbus Day are the states' there, and Juneteenth is younger.
 */
export const eventsimFreeDays: FreeDays = freeDaysWith(
  ({ month, dayOfMonth, weekday }) =>
    (month === 1 && dayOfMonth === 1) ||
    (month === 5 && weekday === MONDAY && dayOfMonth > 31 - 7) ||
    (month === 7 && dayOfMonth === 4) ||
    (month === 9 && weekday === MONDAY && dayOfMonth <= 7) ||
    (month === 11 && dayOfMonth === 11) ||
    (month === 11 && weekday === THURSDAY && dayOfMonth > 3 * 7 && dayOfMonth <= 4 * 7) ||
    (month === 12 && dayOfMonth === 25),
);

function freeDaysWith(isHoliday: (day: CalendarDay) => boolean): FreeDays {
  const UNKNOWN = 0;
  const FREE = 1;
  const WORKING = 2;
  const known = new Uint8Array(REMEMBERED_DAYS);
  const isFree = (day: number) => {
    const weekday = modulo(day + FIRST_WEEKDAY, 7);
    return weekday === SATURDAY || weekday === SUNDAY || isHoliday(calendarDay(day, weekday));
  };
  return (day) => {
    const answer = known[day];
    if (answer === undefined) return isFree(day);
    if (answer !== UNKNOWN) return answer === FREE;
    const free = isFree(day);
    known[day] = free ? FREE : WORKING;
    return free;
  };
}

function calendarDay(day: number, weekday: number): CalendarDay {
  const date = new Date(day * DAY_S * 1000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, dayOfMonth: date.getUTCDate(), weekday };
}

/** The holidays of each year, as "MM-DD" with spaces between. */
const HOLIDAYS_OF_YEAR: ReadonlyMap<number, string> = new Map(
  Object.entries(US_HOLIDAYS.years).map(([year, days]) => [Number(year), days]),
);
const FIRST_YEAR = Math.min(...HOLIDAYS_OF_YEAR.keys());
const LAST_YEAR = Math.max(...HOLIDAYS_OF_YEAR.keys());

function isPublicHoliday({ year, month, dayOfMonth }: CalendarDay): boolean {
  if (year < FIRST_YEAR) return false;
  const days = HOLIDAYS_OF_YEAR.get(year <= LAST_YEAR ? year : yearLike(year)) ?? "";
  return days.includes([month, dayOfMonth].map((number) => `${number}`.padStart(2, "0")).join("-"));
}

/** The last year of the table that begins and ends on the same weekdays: there are fourteen kinds of year. */
function yearLike(year: number): number {
  const kind = (candidate: number) =>
    [Date.UTC(candidate, 0, 1), Date.UTC(candidate, 11, 31)].map((timeMs) => new Date(timeMs).getUTCDay()).join();
  const wanted = kind(year);
  let candidate = LAST_YEAR;
  while (candidate > FIRST_YEAR && kind(candidate) !== wanted) candidate--;
  return candidate;
}

function modulo(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
