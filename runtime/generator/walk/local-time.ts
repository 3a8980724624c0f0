import type { Place } from "../catalog/catalog";
import { US_STATES } from "../catalog/us-states";
import { DAY_S, HOUR_S } from "../time";

/** Seconds by which a place's clock is ahead of UTC at a moment. */
export type LocalClock = (timeS: number) => number;

/** eventsim's clock, the same for all. */
export const UTC_CLOCK: LocalClock = () => 0;
const DEGREES_PER_HOUR = 15;

/** Clocks by time zone; each learns a day's offset once, at noon UTC: an hour wrong for half a day, twice a year. */
const clocks = new Map<string, LocalClock>();
const zoneByState = new Map(US_STATES.map(({ code, timeZone }) => [code, timeZone]));

function clockOf(timeZone: string): LocalClock {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const offsetsS = new Map<number, number>();
  const clock: LocalClock = (timeS) => {
    const day = Math.floor(timeS / DAY_S);
    let offsetS = offsetsS.get(day);
    if (offsetS === undefined) {
      const noonMs = (day + 0.5) * DAY_S * 1000;
      const name = format.formatToParts(noonMs).find((part) => part.type === "timeZoneName")?.value ?? "";
      const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
      offsetS = (Number(hours ?? 0) * HOUR_S + Number(minutes ?? 0) * 60) * (sign === "-" ? -1 : 1);
      offsetsS.set(day, offsetS);
    }
    return offsetS;
  };
  clocks.set(timeZone, clock);
  return clock;
}

/** The clock on the wall of a place: its state's zone, else the hour that its longitude tells. */
export function localClock(place: Place): LocalClock {
  const timeZone = zoneByState.get(place.state);
  if (timeZone !== undefined) return clockOf(timeZone);
  const offsetS = Math.round(place.longitudeDeg / DEGREES_PER_HOUR) * HOUR_S;
  return () => offsetS;
}
