import Holidays from "date-holidays";
import { version } from "date-holidays/package.json";

/** Every day that an event can have lies after the first; later years are read from the last (walk/free-days.ts). */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2100;

/**
 * runtime/generator/walk/us-holidays.json: the public holidays of the whole United States, with the days on which they
 * are observed where they fall on a weekend (decision 0023).
 */
export function usHolidays(): string {
  const calendar = new Holidays("US", { types: ["public"] });
  const years: Record<string, string> = {};
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year++) {
    // "2026-07-03 00:00:00": the day by the calendar of the place, whatever the time zone of this machine.
    const days = calendar.getHolidays(year).map(({ date }) => date.slice("2026-".length, "2026-07-03".length));
    years[year] = [...new Set(days)].sort().join(" ");
  }
  const generatedBy = `npm run generate-files, from date-holidays ${version} (github.com/commenthol/date-holidays; its data: CC-BY-3.0)`;
  return `${JSON.stringify({ generatedBy, years }, undefined, 2)}\n`;
}
