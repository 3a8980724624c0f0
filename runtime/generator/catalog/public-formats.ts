import type { FirstName, Place } from "./catalog";

/**
 * The public files as they are published; docs/million_song_dataset.md tells where each comes from. Any of them may be
 * packed with gzip (and be named so), in UTF-8 or UTF-16, with line ends of any kind.
 *
 * | file | line |
 * |---|---|
 * | listen_counts.txt | `track id, artist, title, seconds, listens`, tabs, no header |
 * | songs.csv | the Million Song Dataset's track metadata as CSV, header |
 * | similar_songs.csv | `track id,similar track id`; read by similar-pairs.ts |
 * | US.txt | GeoNames: `country, zip, place, state, state code, ..., latitude (10th), longitude (11th)`, tabs |
 * | yob1990.txt | US Social Security: `name,sex,count` |
 * | Top1000Surnames.csv | US Census: `name,rank,count,...`, header |
 * | user_agents.txt | `percent, weight, user agent, browser, system`, tabs, header, quoted where needed |
 */

/** How the lines of one kind of file are read. */
export interface LineFormat<T> {
  /** For messages. */
  readonly format: string;
  readonly delimiter: "," | "\t";
  /** May fields stand in double quotes? Elsewhere a quote is part of a title. */
  readonly quoted?: boolean;
  /** Columns that the first line must name. @default the first line is data */
  readonly header?: readonly string[];
  /**
   * @param field the text of a column: by its name where there is a header, else by its place
   * @returns what the line says, or why it is broken
   */
  read(field: (column: string | number) => string): Entry<T> | string;
}

export interface Entry<T> {
  readonly value: T;
  readonly weight: number;
}

/** A song as a line gives it; empty or `undefined` is what the line does not say. */
export interface SongLine {
  readonly trackId: string;
  readonly artist: string;
  readonly title: string;
  readonly durationS: number | undefined;
}

/** Longest song taken as one: the schema's limit of a duration. */
const DURATION_MAX_S = 86_400;
/** Counts add up exactly below it. */
const COUNT_MAX = Number.MAX_SAFE_INTEGER;
const SHOWN_CHARS_MAX = 40;
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

/** NaN where the text is no decimal number. */
function numberOf(text: string): number {
  return NUMBER.test(text) ? Number(text) : Number.NaN;
}

/** A text from a file, cut short, for a message. */
export function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}...` : text);
}

function weighted<T>(value: T, what: string, count: string): Entry<T> | string {
  const weight = numberOf(count);
  // Adding 0 makes 0 of -0, which no other text keeps apart.
  if (weight >= 0 && weight <= COUNT_MAX) return { value, weight: weight + 0 };
  return `the ${what} is ${shown(count)}, not a number from 0 to 2^53`;
}

function songLine(trackId: string, artist: string, title: string, seconds: string, listens: string) {
  const durationS = seconds.trim() === "" ? undefined : numberOf(seconds);
  if (durationS !== undefined && !(durationS > 0 && durationS <= DURATION_MAX_S)) {
    return `the seconds are ${shown(seconds)}, not a number above 0 and up to ${DURATION_MAX_S}`;
  }
  return weighted<SongLine>({ trackId: trackId.trim(), artist, title, durationS }, "number of listens", listens);
}

export const LISTEN_COUNTS: LineFormat<SongLine> = {
  format: "track id, artist, title, seconds and listens with tabs between them",
  delimiter: "\t",
  read: (field) => songLine(field(0), field(1), field(2), field(3), field(4)),
};

export const TRACK_METADATA: LineFormat<SongLine> = {
  format: "CSV with a header that names artist_name, title, duration and, for similar songs, track_id",
  delimiter: ",",
  header: ["artist_name", "title", "duration"],
  quoted: true,
  read: (field) => songLine(field("track_id"), field("artist_name"), field("title"), field("duration"), "1"),
};

export const PLACES: LineFormat<Place> = {
  format: "GeoNames postal codes: country, zip, place, state, state code, ..., latitude, longitude with tabs",
  delimiter: "\t",
  read(field) {
    const [zip, city, state] = [field(1), field(2), field(4)];
    if (zip === "" || city === "" || state === "") return "the zip, the city or the state's code is missing";
    const [latitudeDeg, longitudeDeg] = [numberOf(field(9)), numberOf(field(10))];
    if (!(Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180)) {
      return `${shown(field(9))}, ${shown(field(10))} are no latitude and longitude in degrees`;
    }
    return { value: { city, state, zip, longitudeDeg, latitudeDeg }, weight: 1 };
  },
};

export const FIRST_NAMES: LineFormat<FirstName> = {
  format: "name, sex (F or M) and count with commas",
  delimiter: ",",
  read(field) {
    const [name, gender] = [field(0), field(1)];
    if (name === "") return "the name is missing";
    if (gender !== "F" && gender !== "M") return `the sex is ${shown(gender)}, not F or M`;
    return weighted({ name, gender }, "count", field(2));
  },
};

export const LAST_NAMES: LineFormat<string> = {
  format: "CSV with a header that names name and count",
  delimiter: ",",
  header: ["name", "count"],
  quoted: true,
  read(field) {
    const name = field("name");
    if (name === "") return "the name is missing";
    // The file shouts; people don't.
    return weighted(name.charAt(0).toUpperCase() + name.slice(1).toLowerCase(), "count", field("count"));
  },
};

export const USER_AGENTS: LineFormat<string> = {
  format: "a header that names weight and useragent, tabs between them",
  delimiter: "\t",
  header: ["weight", "useragent"],
  quoted: true,
  read(field) {
    const agent = field("useragent").trim();
    return agent === "" ? "the user agent is missing" : weighted(agent, "weight", field("weight"));
  },
};
