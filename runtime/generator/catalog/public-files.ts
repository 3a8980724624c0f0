import { readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf, RhythmicError } from "../../support/errors";
import type { Logger } from "../../support/logging";
import { type Catalog, type CatalogContent, catalogOf, type WeightedList } from "./catalog";
import { FileReader, type FileReport, type ReadOptions, readTable } from "./file-report";
import {
  FIRST_NAMES,
  LAST_NAMES,
  LISTEN_COUNTS,
  type LineFormat,
  PLACES,
  TRACK_METADATA,
  USER_AGENTS,
} from "./public-formats";
import { readSimilarPairs } from "./similar-pairs";
import type { SimilarSongs } from "./similar-songs";
import { readSongs } from "./song-files";
import type { Song } from "./songs";

/** The files by what they hold: the names that each may have. The first that is there is read. */
export const PUBLIC_FILES = {
  listenCounts: { names: ["listen_counts.txt"], format: LISTEN_COUNTS.format },
  metadata: { names: ["songs.csv"], format: TRACK_METADATA.format },
  similar: { names: ["similar_songs.csv"], format: "track id and similar track id with a comma between them" },
  places: { names: ["US.txt"], format: PLACES.format },
  firstNames: { names: ["yob1990.txt"], format: FIRST_NAMES.format },
  lastNames: { names: ["Top1000Surnames.csv"], format: LAST_NAMES.format },
  // The second is its name in eventsim's repository.
  userAgents: { names: ["user_agents.txt", "user agents.txt"], format: USER_AGENTS.format },
} as const satisfies Record<string, { readonly names: readonly string[]; readonly format: string }>;

export type PublicFileKind = keyof typeof PUBLIC_FILES;

/** Paths of the files that are there. */
export type PublicFiles = Readonly<Partial<Record<PublicFileKind, string>>>;

export const PUBLIC_FILE_KINDS = Object.keys(PUBLIC_FILES) as PublicFileKind[];
const GZIP_ENDING = ".gz";

/** The names that a kind of file may have, the plain ones first. */
export function namesOf(kind: PublicFileKind): readonly string[] {
  const { names } = PUBLIC_FILES[kind];
  return [...names, ...names.map((name) => `${name}${GZIP_ENDING}`)];
}

/** @returns `undefined` where no public file has this name */
export function kindOf(name: string): PublicFileKind | undefined {
  return PUBLIC_FILE_KINDS.find((kind) => namesOf(kind).includes(name));
}

/**
 * The public files of a folder; others are left alone.
 * @throws RhythmicError bad_configuration where it is no folder that can be read
 */
export function publicFilesOf(folder: string): PublicFiles {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw new RhythmicError(
      "bad_configuration",
      `The catalogue ${folder} is no folder that can be read (${messageOf(error)}); give one that holds the public files, or one that npm run prepare-data has written.`,
      { cause: error },
    );
  }
  const files: Partial<Record<PublicFileKind, string>> = {};
  for (const kind of PUBLIC_FILE_KINDS) {
    const name = namesOf(kind).find((candidate) => names.includes(candidate));
    if (name !== undefined) files[kind] = join(folder, name);
  }
  return files;
}

/**
 * The first file that is needed and missing, with its format.
 * @returns `undefined` where nothing is missing
 */
function missingFile(files: PublicFiles): string | undefined {
  const described = (kind: PublicFileKind) => `${namesOf(kind).join(" or ")} (${PUBLIC_FILES[kind].format})`;
  if (files.listenCounts === undefined && files.metadata === undefined) {
    return `${described("listenCounts")}, or ${described("metadata")}`;
  }
  const missing = (["places", "firstNames", "lastNames", "userAgents"] as const).find((kind) => !files[kind]);
  return missing === undefined ? undefined : described(missing);
}

async function readList<T>(
  path: string,
  format: LineFormat<T>,
  options: ReadOptions,
  reports: FileReport[],
): Promise<WeightedList<T>> {
  const reader = new FileReader(path, options);
  const [values, weights]: [T[], number[]] = [[], []];
  const lines = await readTable(reader, path, format, (value, weight) => {
    values.push(value);
    weights.push(weight);
  });
  const report = reader.report(lines, values.length);
  requireUsable(path, weights, format.format, report);
  reports.push(report);
  return { values, weights };
}

/** @throws RhythmicError bad_configuration where nothing can be drawn */
function requireUsable(path: string, weights: readonly number[], format: string, { firstBroken }: FileReport): void {
  if (weights.some((weight) => weight > 0)) return;
  const why = firstBroken === undefined ? "" : ` (line ${firstBroken.line}: ${firstBroken.why})`;
  throw new RhythmicError(
    "bad_configuration",
    `The catalogue file ${path} has no usable line${why}; expected ${format}.`,
  );
}

/** A catalogue's content with what was found in each file, in the order in which they were read. */
export interface PublicContent {
  readonly content: CatalogContent & { readonly songs: readonly Song[] };
  readonly reports: readonly FileReport[];
}

/**
 * Reads public files.
 * @param where they were looked for, as the subject of a sentence
 * @throws RhythmicError bad_configuration where a file is missing, can't be read, or holds no usable line; interrupted
 */
export async function readPublicContent(
  files: PublicFiles,
  where: string,
  options: ReadOptions = {},
): Promise<PublicContent> {
  const missing = missingFile(files);
  const { listenCounts, metadata, places, firstNames, lastNames, userAgents } = files;
  const songFile = listenCounts ?? metadata;
  if (missing !== undefined || !songFile || !places || !firstNames || !lastNames || !userAgents) {
    throw new RhythmicError("bad_configuration", `${where} has no file ${missing}.`);
  }
  const reports: FileReport[] = [];
  const { songs, report } = await readSongs({ listenCounts, metadata }, options, reports);
  const weights = songs.map(({ weight }) => weight);
  requireUsable(songFile, weights, listenCounts === undefined ? TRACK_METADATA.format : LISTEN_COUNTS.format, report);
  let similar: SimilarSongs | undefined;
  if (files.similar !== undefined) {
    const reader = new FileReader(files.similar, options);
    const trackIds = songs.map(({ trackId }) => trackId ?? "");
    const read = await readSimilarPairs(reader, Float64Array.from(weights), trackIds);
    similar = read.similar;
    reports.push(read.report);
  }
  const content = {
    songs,
    ...(similar === undefined ? {} : { similar }),
    firstNames: await readList(firstNames, FIRST_NAMES, options, reports),
    lastNames: await readList(lastNames, LAST_NAMES, options, reports),
    places: await readList(places, PLACES, options, reports),
    userAgents: await readList(userAgents, USER_AGENTS, options, reports),
  };
  return { content, reports };
}

/**
 * The catalogue of a folder that holds the public files as they are. Broken lines are left out, counted and logged.
 * @throws RhythmicError bad_configuration where a file is missing, can't be read, or holds no usable line; interrupted
 */
export async function readPublicFiles(folder: string, log: Logger, stop?: AbortSignal): Promise<Catalog> {
  const options = stop === undefined ? {} : { stop };
  const { content, reports } = await readPublicContent(publicFilesOf(folder), `The catalogue ${folder}`, options);
  for (const report of reports) logReport(report, log);
  return catalogOf(folder, content);
}

function logReport({ file, broken, firstBroken, filled, lengthAssumed, pairs }: FileReport, log: Logger): void {
  if (firstBroken !== undefined) {
    const { line, why } = firstBroken;
    log.warn({ file, broken, firstBrokenLine: line, why }, "catalogue: broken lines left out");
  }
  if (filled || lengthAssumed) {
    log.info({ file, filled, lengthAssumed }, "catalogue: songs that lacked a length, an artist or a title");
  }
  if (pairs !== undefined) log.info({ file, ...pairs }, "catalogue: pairs of similar songs");
}
