import { eventsimFreeDays, type FreeDays, weekendsAndHolidays } from "../../../../runtime/generator/walk/free-days";

const DAY_MS = 86_400_000;

function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}

/** The free days of a year that are no Saturday and no Sunday, as MM-DD. */
function holidays(year: number, isFree: FreeDays): string[] {
  const list: string[] = [];
  for (let day = dayOf(`${year}-01-01`); day < dayOf(`${year + 1}-01-01`); day++) {
    const date = new Date(day * DAY_MS);
    if (isFree(day) && date.getUTCDay() !== 0 && date.getUTCDay() !== 6) list.push(date.toISOString().slice(5, 10));
  }
  return list;
}

describe("free days", () => {
  it("are Saturdays and Sundays, in every century", () => {
    for (const isFree of [weekendsAndHolidays, eventsimFreeDays]) {
      for (const monday of ["1965-03-15", "2024-03-04", "2026-03-02", "2400-03-06"]) {
        const week = [0, 1, 2, 3, 4, 5, 6].map((day) => isFree(dayOf(monday) + day));
        expect(week).toEqual([false, false, false, false, false, true, true]);
      }
    }
  });

  it("are the public holidays of the United States, and the days on which they are observed", () => {
    expect(holidays(2026, weekendsAndHolidays).join(" ")).toBe(
      "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    );
    // 2022-01-01 was a Saturday: observed on the day before, in the year before.
    expect(holidays(2021, weekendsAndHolidays)).toContain("12-31");
  });

  it("go on after the table's last year as in a year with the same calendar", () => {
    // 2101 begins on a Saturday and is no leap year, like 2095; Thanksgiving is the fourth Thursday.
    expect(holidays(2101, weekendsAndHolidays)).toEqual(holidays(2095, weekendsAndHolidays));
    // 2128, a leap year that begins on a Thursday, like 2088 of the table.
    expect(holidays(2128, weekendsAndHolidays)).toEqual(holidays(2088, weekendsAndHolidays));
    expect(holidays(9998, weekendsAndHolidays)).toContain("11-26");
    expect(holidays(1969, weekendsAndHolidays)).toEqual([]);
  });

  // What jollyday 0.5.1 answers for the country "us", asked of the library itself for 1970 to 2110.
  it("are eventsim's seven in its way: no other holiday, and none observed on another day", () => {
    expect(holidays(2024, eventsimFreeDays).join(" ")).toBe("01-01 05-27 07-04 09-02 11-11 11-28 12-25");
    expect(holidays(2026, eventsimFreeDays).join(" ")).toBe("01-01 05-25 09-07 11-11 11-26 12-25");
    expect(holidays(2015, eventsimFreeDays).join(" ")).toBe("01-01 05-25 09-07 11-11 11-26 12-25");
    expect(holidays(2007, eventsimFreeDays).join(" ")).toBe("01-01 05-28 07-04 09-03 11-22 12-25");
  });
});
