import type { Place } from "../catalog/catalog";
import { US_STATES } from "../catalog/us-states";
import { DAY_S, HOUR_S, MINUTE_S } from "../time";

/** Seconds by which a place's clock is ahead of UTC at a moment. */
export type LocalClock = (timeS: number) => number;

/** eventsim's clock, the same for all. */
export const UTC_CLOCK: LocalClock = () => 0;
const DEGREES_PER_HOUR = 15;

/** Of a state that two time zones share: what lies in the smaller part. */
interface OtherPart {
  readonly timeZone: string;
  isIn(place: Place): boolean;
}

/**
 * States with two time zones (49 CFR part 71, which draws the lines along counties and rivers). Here they are drawn
 * along a meridian or a parallel, so that the larger towns are right and villages near the line may not be.
 */
const OTHER_PARTS: Readonly<Record<string, OtherPart>> = {
  FL: { timeZone: "America/Chicago", isIn: ({ longitudeDeg }) => longitudeDeg < -85.1 },
  ID: { timeZone: "America/Los_Angeles", isIn: ({ latitudeDeg }) => latitudeDeg > 45.5 },
  IN: {
    timeZone: "America/Chicago",
    isIn: ({ longitudeDeg, latitudeDeg }) => longitudeDeg < -86.9 && (latitudeDeg > 41 || latitudeDeg < 38.5),
  },
  KY: { timeZone: "America/Chicago", isIn: ({ longitudeDeg }) => longitudeDeg < -86.2 },
  ND: {
    timeZone: "America/Denver",
    isIn: ({ longitudeDeg, latitudeDeg }) => longitudeDeg < -101.5 && latitudeDeg < 47.6,
  },
  NE: { timeZone: "America/Denver", isIn: ({ longitudeDeg }) => longitudeDeg < -101.3 },
  SD: { timeZone: "America/Denver", isIn: ({ longitudeDeg }) => longitudeDeg < -100.6 },
  TN: { timeZone: "America/New_York", isIn: ({ longitudeDeg }) => longitudeDeg > -85.4 },
  TX: { timeZone: "America/Denver", isIn: ({ longitudeDeg }) => longitudeDeg < -104.9 },
};

const zoneByState = new Map(US_STATES.map(({ code, timeZone }) => [code, timeZone]));
const clocks = new Map<string, LocalClock>();

/** The clock on the wall of a place: its state's zone, else the hour that its longitude tells. */
export function localClock(place: Place): LocalClock {
  const timeZone = zoneByState.get(place.state);
  if (timeZone === undefined) {
    const offsetS = Math.round(place.longitudeDeg / DEGREES_PER_HOUR) * HOUR_S;
    return () => offsetS;
  }
  const other = OTHER_PARTS[place.state];
  return clockOf(other?.isIn(place) ? other.timeZone : timeZone);
}

/** The clock of a time zone, right to the minute at which it is changed. */
function clockOf(timeZone: string): LocalClock {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const offsetAt = offsetReader(timeZone);
  const spans = new Map<number, Changes>();
  let span = Number.NaN;
  let changes: Changes = [];
  const clock: LocalClock = (timeS) => {
    const wanted = Math.floor(timeS / SPAN_S);
    if (wanted !== span) {
      span = wanted;
      changes = spans.get(span) ?? changesWithin(span * SPAN_S, offsetAt);
      spans.set(span, changes);
    }
    let index = changes.length - 1;
    while (index > 0 && timeS < (changes[index] as Change).fromS) index--;
    return (changes[index] as Change).offsetS;
  };
  clocks.set(timeZone, clock);
  return clock;
}

/** From this second on, the clock is so far ahead of UTC. */
interface Change {
  readonly fromS: number;
  readonly offsetS: number;
}

/** In order; the first holds from the beginning of the span. */
type Changes = readonly Change[];

/** What is learnt of a clock at once: the times at which it is changed within some 13 months. */
const SPAN_S = 400 * DAY_S;
/** No clock of the United States is changed twice within so short a time. */
const LOOK_EVERY_S = 20 * DAY_S;

function changesWithin(startS: number, offsetAt: LocalClock): Changes {
  const changes = [{ fromS: startS, offsetS: offsetAt(startS) }];
  for (let fromS = startS; fromS < startS + SPAN_S; fromS += LOOK_EVERY_S) {
    const before = offsetAt(fromS);
    const toS = fromS + LOOK_EVERY_S;
    if (offsetAt(toS) === before) continue;
    // Between the two the clock is changed: halved until the minute is known.
    let early = fromS / MINUTE_S;
    let late = toS / MINUTE_S;
    while (late - early > 1) {
      const middle = Math.floor((early + late) / 2);
      if (offsetAt(middle * MINUTE_S) === before) early = middle;
      else late = middle;
    }
    changes.push({ fromS: late * MINUTE_S, offsetS: offsetAt(late * MINUTE_S) });
  }
  return changes;
}

/** Asks the time zone data of the JavaScript engine; slow. */
function offsetReader(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  return (timeS) => {
    const name = format.formatToParts(timeS * 1000).find((part) => part.type === "timeZoneName")?.value ?? "";
    const [, sign, hours, minutes] = /GMT([+-])(\d{2}):(\d{2})/.exec(name) ?? [];
    return (Number(hours ?? 0) * HOUR_S + Number(minutes ?? 0) * MINUTE_S) * (sign === "-" ? -1 : 1);
  };
}
