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
    const fields = text.includes('"') ? splitFields(text, ",") : text.split(",", 2);
    const [id, similarId] = [fields?.[0]?.trim() ?? "", fields?.[1]?.trim() ?? ""];
    if (id === "" || similarId === "") {
      reader.refuse(line, fields === undefined ? "a quote that is never closed" : "not two track ids with a comma");
      return;
    }
    if (id !== lastId) {
      lastId = id;
      last = songOf.get(id) ?? -1;
    }
    builder.add(last, songOf.get(similarId) ?? -1);
  });
  const { similar, counts } = builder.build(weights);
  return { similar, report: reader.report(hasHeader ? lines - 1 : lines, { pairs: counts }) };
}
