import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Catalog } from "../../../../runtime/generator/catalog/catalog";
import { type Logger, SILENT } from "../../../../runtime/support/logging";

/** Made-up public files, with every difficulty that the real ones have, and a few more. */

/** What stands in the events of each song. */
export const songsOf = ({ songs }: Catalog) =>
  Array.from({ length: songs.size }, (_, song) => JSON.parse(`{${Buffer.from(songs.bytesOf(song)).toString()}}`));

export function utf16(text: string, order: "le" | "be" = "le", mark = true): Buffer {
  const bytes = Buffer.from(`${mark ? "\ufeff" : ""}${text}`, "utf16le");
  return order === "le" ? bytes : bytes.swap16();
}

export const utf8WithMark = (text: string) => Buffer.from(`\ufeff${text}`);

/** By name: listen counts with gaps, odd characters and broken lines; metadata; similar songs; places; people. */
export const MADE_UP: Readonly<Record<string, string | Uint8Array>> = {
  "listen_counts.txt.gz": gzipSync(
    [
      'TR1\tBjörk\tJóga "live"\t305.1\t10',
      "TR2\tNobody\t\t100\t5",
      "TR3\tA, B\tNo length\t\t2",
      "TR4\tC\tD\t100\tmany",
      "TR5\t東京事変\t群青日和 \\ \u2028 end\t0.4\t1e3",
      "TR6\tE\tFilled from the metadata\t\t7",
      "\tNo id\tStill a song\t86400\t0.5",
      "TR8\tNever heard\tBy nobody\t200\t-0",
      "TR9\t\t\t1.5e-7\t3",
      "TR10\tF\tToo long\t86401\t3",
    ].join("\n"),
  ),
  "songs.csv": utf8WithMark(
    [
      "track_id,artist_name,title,duration",
      'TR6,"Other, ""artist""",Other title,222.25',
      "TR9,G,Named by the metadata,99",
      'TR9,"never closed,x,1',
      "TR11,Not among,The listen counts,100",
    ].join("\r"),
  ),
  "similar_songs.csv": Buffer.from(
    [
      "track_id,similar_track_id",
      "TR1,TR3",
      "TR1,TR5",
      '"TR1","TR6",0.7',
      "TR1,TR3",
      "TR3,TR3",
      "TR3,TR99",
      "TR5",
      "TR9,TR8",
    ].join("\r\n"),
  ),
  "US.txt":
    "US\t00501\tHoltsville\tNew York\tNY\tSuffolk\t103\t\t\t40.8154\t-73.0451\t\nUS\t99999\tNowhere\nUS\t96701\tAiea\tHawaii\tHI\tHonolulu\t003\t\t\t21.3908\t-157.9332\t4\n",
  "yob1990.txt": "Emma,F,100\r\nLiam,M,50\r\nX,Q,1\r\n",
  "Top1000Surnames.csv": "name,rank,count\rSMITH,1,2376206\rO'NEIL,2,100",
  "user_agents.txt": utf16(
    'percent\tweight\tuseragent\tBrowser\tOS\r\n7%\t 72 \t"Mozilla/5.0 (X, like ""Y"")"\tChrome\tWin\r\n1%\t 10 \tPlain/1.0\tP\tQ',
  ),
};

export interface Folder {
  readonly path: string;
  put(name: string, content: string | Uint8Array): void;
  remove(name: string): void;
  removeAll(): void;
}

/** A temporary folder with these files. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Folder {
  const path = mkdtempSync(join(tmpdir(), "rhythmic-catalog-"));
  const put = (name: string, content: string | Uint8Array) => writeFileSync(join(path, name), content);
  for (const [name, content] of Object.entries(files)) put(name, content);
  return {
    path,
    put,
    remove: (name) => rmSync(join(path, name)),
    removeAll: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** A log that remembers what it was told. */
export function rememberingLog() {
  const told: Record<string, unknown>[] = [];
  const keep = (context: Readonly<Record<string, unknown>>) => void told.push(context);
  const log: Logger = { ...SILENT, warn: keep, info: keep };
  return { log, told };
}
