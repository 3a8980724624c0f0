import type { FileReader, FileReport } from "./file-report";
import { type SimilarSongs, SimilarSongsBuilder } from "./similar-songs";
import { splitFields } from "./text-file";

/** The header that a table's export begins with; eventsim's own file has none. */
const HEADER = /^\s*"?track_id"?\s*,/i;

/**
 * Reads the pairs of similar songs: `track id,similar track id`; more columns are left alone, as eventsim does
 * (RandomSongGenerator.scala). A set as large as Last.fm's, with tens of millions of pairs, is read as a stream: what
 * is kept is eight bytes a pair whose two tracks are known.
 * @param weights of all songs
 * @param trackIds song i's; empty where it has none
 * @throws RhythmicError bad_configuration, interrupted
 */
export async function readSimilarPairs(
  reader: FileReader,
  weights: Float64Array,
  trackIds: Iterable<string>,
): Promise<{ readonly similar: SimilarSongs; readonly report: FileReport }> {
  const songOf = new Map<string, number>();
  let song = 0;
  for (const id of trackIds) {
    // Of two songs with the same id the first has the neighbours.
    if (id !== "" && !songOf.has(id)) songOf.set(id, song);
    song++;
  }
  const builder = new SimilarSongsBuilder();
  let hasHeader = false;
  // The file is sorted by its first column, as a rule.
  let lastId = "";
  let last = -1;
  const lines = await reader.lines((text, line) => {
    if (line === 1 && HEADER.test(text)) {
      hasHeader = true;
      return;
    }
    const pair = text.includes('"') ? quotedPair(text) : plainPair(text);
    if (pair === undefined || pair.id === "" || pair.similar === "") {
      reader.refuse(line, "not two track ids with a comma between them");
      return;
    }
    if (pair.id !== lastId) {
      lastId = pair.id;
      last = songOf.get(pair.id) ?? -1;
    }
    // Where one is unknown the other need not be looked up.
    builder.add(last, last < 0 ? -1 : (songOf.get(pair.similar) ?? -1));
  });
  const { similar, counts } = builder.build(weights);
  return { similar, report: reader.report(hasHeader ? lines - 1 : lines, counts.kept, { pairs: counts }) };
}

interface TrackPair {
  readonly id: string;
  readonly similar: string;
}

function plainPair(text: string): TrackPair | undefined {
  const comma = text.indexOf(",");
  if (comma < 0) return undefined;
  const next = text.indexOf(",", comma + 1);
  return { id: text.slice(0, comma).trim(), similar: text.slice(comma + 1, next < 0 ? text.length : next).trim() };
}

function quotedPair(text: string): TrackPair | undefined {
  const [id = "", similar = ""] = splitFields(text, ",") ?? [];
  return { id: id.trim(), similar: similar.trim() };
}
