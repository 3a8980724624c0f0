import { FileReader, type FileReport, type ReadOptions, readTable } from "./file-report";
import { LISTEN_COUNTS, type SongLine, TRACK_METADATA } from "./public-formats";
import type { Song } from "./songs";

/** What eventsim takes where the length is not known (its RandomSongGenerator.scala). */
const DURATION_UNKNOWN_S = 180;
const NAMELESS = "the artist or the title is missing";

/** A line of songs, as it was read. */
interface Draft extends SongLine {
  readonly weight: number;
  readonly line: number;
}

function isWhole({ artist, title, durationS }: SongLine): boolean {
  return artist !== "" && title !== "" && durationS !== undefined;
}

/**
 * The songs: those with listen counts, where there are any; what a line lacks is filled from the track metadata, by
 * track id. Without listen counts those of the metadata, all equally popular.
 * @param files at least one of the two
 * @param reports gets a report for each file that was read
 * @returns the songs in the order of their lines, and the report of the file that they stand in
 * @throws RhythmicError bad_configuration where a file can't be read, interrupted
 */
export async function readSongs(
  { listenCounts, metadata }: { readonly listenCounts: string | undefined; readonly metadata: string | undefined },
  options: ReadOptions,
  reports: FileReport[],
): Promise<{ readonly songs: Song[]; readonly report: FileReport }> {
  const path = listenCounts ?? metadata ?? "";
  const reader = new FileReader(path, options);
  const drafts: Draft[] = [];
  const gaps = new Map<string, SongLine | undefined>();
  const format = listenCounts === undefined ? TRACK_METADATA : LISTEN_COUNTS;
  const lines = await readTable(reader, path, format, (value, weight, line) => {
    if (!isWhole(value) && value.trackId !== "") gaps.set(value.trackId, undefined);
    drafts.push({ ...value, weight, line });
  });
  // Where nothing is missing a million lines of metadata need not be read.
  const fillsFrom = listenCounts !== undefined && gaps.size > 0 ? metadata : undefined;
  const fillReport = fillsFrom === undefined ? undefined : await readGaps(fillsFrom, gaps, options);
  const songs: Song[] = [];
  let filled = 0;
  let lengthAssumed = 0;
  for (const draft of drafts) {
    const known = isWhole(draft) ? undefined : gaps.get(draft.trackId);
    const [artist, title] = [draft.artist || known?.artist, draft.title || known?.title];
    if (!artist || !title) {
      reader.refuse(draft.line, NAMELESS);
      continue;
    }
    const durationS = draft.durationS ?? known?.durationS;
    if (known !== undefined) filled++;
    if (durationS === undefined) lengthAssumed++;
    const { trackId, weight } = draft;
    songs.push({ artist, title, durationS: durationS ?? DURATION_UNKNOWN_S, weight, trackId });
  }
  const report = reader.report(lines, songs.length, {
    ...(filled > 0 ? { filled } : {}),
    ...(lengthAssumed > 0 ? { lengthAssumed } : {}),
  });
  reports.push(report, ...(fillReport === undefined ? [] : [fillReport]));
  return { songs, report };
}

/** Looks the tracks of `gaps` up in the track metadata. */
async function readGaps(
  path: string,
  gaps: Map<string, SongLine | undefined>,
  options: ReadOptions,
): Promise<FileReport> {
  const reader = new FileReader(path, options);
  let used = 0;
  const lines = await readTable(reader, path, TRACK_METADATA, (value) => {
    used++;
    if (gaps.has(value.trackId) && gaps.get(value.trackId) === undefined) gaps.set(value.trackId, value);
  });
  return reader.report(lines, used);
}
