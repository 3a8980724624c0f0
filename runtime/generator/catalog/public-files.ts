import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { RhythmicError } from "../../support/errors";
import type { Logger } from "../../support/logging";
import { type Catalog, catalogOf, type FirstName, type Place, type Song, type WeightedList } from "./catalog";
import { readLines, splitFields } from "./text-file";

/**
 * The public files as they are published; docs/million_song_dataset.md tells where each comes from.
 *
 * | file | line |
 * |---|---|
 * | listen_counts.txt(.gz) | `track id, artist, title, seconds, listens`, tabs, no header, UTF-8 |
 * | songs.csv | the Million Song Dataset's summary as CSV, header, UTF-8; all songs equally popular |
 * | US.txt | GeoNames: `country, zip, place, state, state code, ..., latitude (10th), longitude (11th)`, tabs |
 * | yob1990.txt | US Social Security: `name,sex,count` |
 * | Top1000Surnames.csv | US Census: `name,rank,count,...`, header, lines end with CR |
 * | user_agents.txt | `percent, weight, user agent, browser, system`, tabs, header, UTF-16, quoted where needed |
 */

/** How one kind of file is read. `read` answers `undefined` for a line that is broken. */
interface FileFormat<T> {
  /** Names it may have, the first that exists is read. */
  readonly names: readonly string[];
  readonly format: string;
  readonly delimiter: "," | "\t";
  /** May fields stand in double quotes? Elsewhere a quote is part of a title. */
  readonly quoted?: boolean;
  /** Begins the columns' names; without it the first line is data. */
  readonly header?: boolean;
  read(fields: readonly string[], columns: ReadonlyMap<string, number>): Entry<T> | undefined;
}

interface Entry<T> {
  readonly value: T;
  readonly weight: number;
}

/** Longest song taken as one: the schema's limit of a duration. */
const DURATION_MAX_S = 86_400;
/** What eventsim takes where the length is not known (its RandomSongGenerator.scala). */
const DURATION_UNKNOWN_S = 180;

function notNegative(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function song(artist = "", title = "", seconds = "", listens = "1"): Entry<Song> | undefined {
  const durationS = seconds.trim() === "" ? DURATION_UNKNOWN_S : notNegative(seconds);
  const weight = notNegative(listens);
  if (artist === "" || title === "" || durationS === undefined || weight === undefined) return undefined;
  if (durationS === 0 || durationS > DURATION_MAX_S) return undefined;
  return { value: { artist, title, durationS, weight }, weight };
}

const LISTEN_COUNTS: FileFormat<Song> = {
  names: ["listen_counts.txt.gz", "listen_counts.txt"],
  format: "track id, artist, title, seconds and listens with tabs between them",
  delimiter: "\t",
  read: ([, artist, title, seconds, listens]) => song(artist, title, seconds, listens),
};

const SONGS_CSV: FileFormat<Song> = {
  names: ["songs.csv", "songs.csv.gz"],
  format: "CSV with a header that names artist_name, title and duration",
  delimiter: ",",
  header: true,
  quoted: true,
  read(fields, columns) {
    const field = (name: string) => fields[columns.get(name) ?? -1];
    return song(field("artist_name"), field("title"), field("duration"));
  },
};

const PLACES: FileFormat<Place> = {
  names: ["US.txt"],
  format: "GeoNames postal codes: country, zip, place, state, state code, ..., latitude, longitude with tabs",
  delimiter: "\t",
  read([, zip = "", city = "", , state = "", , , , , latitude = "", longitude = ""]) {
    const [latitudeDeg, longitudeDeg] = [Number(latitude), Number(longitude)];
    if (zip === "" || city === "" || state === "" || latitude === "" || longitude === "") return undefined;
    if (!(Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180)) return undefined;
    return { value: { city, state, zip, longitudeDeg, latitudeDeg }, weight: 1 };
  },
};

const FIRST_NAMES: FileFormat<FirstName> = {
  names: ["yob1990.txt"],
  format: "name, sex (F or M) and count with commas",
  delimiter: ",",
  read([name = "", gender, count]) {
    const weight = notNegative(count);
    if (name === "" || (gender !== "F" && gender !== "M") || weight === undefined) return undefined;
    return { value: { name, gender }, weight };
  },
};

const LAST_NAMES: FileFormat<string> = {
  names: ["Top1000Surnames.csv"],
  format: "CSV with a header that names name and count",
  delimiter: ",",
  header: true,
  quoted: true,
  read(fields, columns) {
    const name = fields[columns.get("name") ?? -1] ?? "";
    const weight = notNegative(fields[columns.get("count") ?? -1]);
    if (name === "" || weight === undefined) return undefined;
    // The file shouts; people don't.
    return { value: name.charAt(0).toUpperCase() + name.slice(1).toLowerCase(), weight };
  },
};

const USER_AGENTS: FileFormat<string> = {
  names: ["user_agents.txt"],
  format: "UTF-16 with a header that names weight and useragent, tabs between them",
  delimiter: "\t",
  header: true,
  quoted: true,
  read(fields, columns) {
    const value = (fields[columns.get("useragent") ?? -1] ?? "").trim();
    const weight = notNegative(fields[columns.get("weight") ?? -1]);
    return value === "" || weight === undefined ? undefined : { value, weight };
  },
};

function pathOf(folder: string, formats: readonly FileFormat<unknown>[]): { path: string; index: number } {
  for (const [index, format] of formats.entries()) {
    for (const name of format.names) {
      const path = join(folder, name);
      if (existsSync(path)) return { path, index };
    }
  }
  const wanted = formats.map(({ names, format }) => `${names.join(" or ")} (${format})`).join(", or ");
  throw new RhythmicError("bad_configuration", `The catalogue ${folder} has no file ${wanted}.`);
}

function readFormat<T>(
  folder: string,
  formats: readonly FileFormat<T>[],
  log: Logger,
): { values: T[]; weights: number[] } {
  const { path, index } = pathOf(folder, formats);
  const format = formats[index] as FileFormat<T>;
  const lines = readLines(path);
  const split = (line: string) =>
    format.quoted === true ? splitFields(line, format.delimiter) : line.split(format.delimiter);
  const columns = new Map<string, number>();
  if (format.header === true) {
    for (const [column, name] of split(lines.shift() ?? "").entries()) {
      columns.set(name.trim().toLowerCase(), column);
    }
  }
  const values: T[] = [];
  const weights: number[] = [];
  let firstBroken = 0;
  for (const [number, line] of lines.entries()) {
    const entry = line.includes("\ufffd") ? undefined : format.read(split(line), columns);
    if (entry === undefined) {
      firstBroken ||= number + (format.header === true ? 2 : 1);
      continue;
    }
    values.push(entry.value);
    weights.push(entry.weight);
  }
  const broken = lines.length - values.length;
  if (!weights.some((weight) => weight > 0)) {
    throw new RhythmicError(
      "bad_configuration",
      `The catalogue file ${path} has no usable line; expected ${format.format}.`,
    );
  }
  if (broken > 0) {
    log.warn({ file: basename(path), broken, firstBrokenLine: firstBroken }, "catalogue: broken lines left out");
  }
  return { values, weights };
}

function weightedFile<T>(folder: string, format: FileFormat<T>, log: Logger): WeightedList<T> {
  return readFormat(folder, [format], log);
}

/**
 * The catalogue of a folder that holds the public files as they are. Broken lines are left out, counted and logged.
 * @throws RhythmicError bad_configuration where a file is missing or holds no usable line
 */
export function readPublicFiles(folder: string, log: Logger): Catalog {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new RhythmicError(
      "bad_configuration",
      `The catalogue ${folder} is no folder; give one that holds the public files.`,
    );
  }
  return catalogOf(folder, {
    songs: readFormat(folder, [LISTEN_COUNTS, SONGS_CSV], log).values,
    firstNames: weightedFile(folder, FIRST_NAMES, log),
    lastNames: weightedFile(folder, LAST_NAMES, log),
    places: weightedFile(folder, PLACES, log),
    userAgents: weightedFile(folder, USER_AGENTS, log),
  });
}
