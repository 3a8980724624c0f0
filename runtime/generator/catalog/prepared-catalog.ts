import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Value } from "@sinclair/typebox/value";
import { messageOf, RhythmicError } from "../../support/errors";
import { type Catalog, catalogOf, type WeightedList } from "./catalog";
import {
  CATALOG_FORMAT,
  CATALOG_VERSION,
  MANIFEST,
  MANIFEST_FILE,
  type Manifest,
  PREPARED_FILES,
  type PreparedLines,
  type PreparedPart,
} from "./prepared-format";
import { SimilarSongs } from "./similar-songs";
import { readSongLines } from "./song-lines";
import type { SongTable } from "./songs";

const AGAIN = "prepare it again with npm run prepare-data";

function refusal(folder: string, problem: string, cause?: unknown): RhythmicError {
  return new RhythmicError("bad_configuration", `The prepared catalogue ${folder} ${problem}; ${AGAIN}.`, { cause });
}

/**
 * The manifest of a prepared catalogue.
 * @throws RhythmicError bad_configuration where it is none, or one of another version
 */
export function readManifest(folder: string): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(join(folder, MANIFEST_FILE), "utf8"));
  } catch (error) {
    throw refusal(folder, `has a ${MANIFEST_FILE} that can't be read (${messageOf(error)})`, error);
  }
  const { format, version } = (parsed ?? {}) as Record<string, unknown>;
  if (format !== CATALOG_FORMAT) {
    throw refusal(folder, `has a ${MANIFEST_FILE} of the format ${JSON.stringify(format)}, not "${CATALOG_FORMAT}"`);
  }
  if (version !== CATALOG_VERSION) {
    throw refusal(folder, `is of version ${JSON.stringify(version)}, and this program reads ${CATALOG_VERSION}`);
  }
  if (Value.Check(MANIFEST, parsed)) return parsed;
  const problem = Value.Errors(MANIFEST, parsed).First();
  throw refusal(folder, `has a ${MANIFEST_FILE} that is damaged at ${problem?.path || "/"}: ${problem?.message}`);
}

/** The bytes of a part, which must be those that the manifest names. */
function readPart(folder: string, manifest: Manifest, part: PreparedPart): Buffer {
  const name = PREPARED_FILES[part];
  const expected = manifest.files[name];
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(folder, name));
  } catch (error) {
    throw refusal(folder, `has no file ${name} that can be read (${messageOf(error)})`, error);
  }
  if (bytes.length !== expected?.bytes) {
    throw refusal(folder, `is damaged: ${name} has ${bytes.length} bytes instead of ${expected?.bytes}`);
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== expected.sha256) {
    throw refusal(folder, `is damaged: ${name} has the SHA-256 ${sha256} instead of ${expected.sha256}`);
  }
  return bytes;
}

function linesOf<T>(bytes: Buffer): T[] {
  const lines = gunzipSync(bytes).toString("utf8").trimEnd();
  return JSON.parse(`[${lines.replaceAll("\n", ",")}]`) as T[];
}

function listOf<L extends { readonly weight: number }, T>(bytes: Buffer, value: (line: L) => T): WeightedList<T> {
  const lines = linesOf<L>(bytes);
  return { values: lines.map(value), weights: lines.map(({ weight }) => weight) };
}

/** @throws RangeError where rows or neighbours lie outside */
function similarOf(bytes: Buffer, { weights }: SongTable): SimilarSongs {
  const songs = weights.length;
  // A view of the file's memory, if it lies where numbers may begin.
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const numbers = new Uint32Array(buffer, byteOffset, Math.floor(length / 4));
  const starts = numbers.subarray(0, songs + 1);
  const neighbours = numbers.subarray(songs + 1);
  for (let song = 0; song < songs; song++) {
    if ((starts[song] as number) > (starts[song + 1] as number))
      throw new RangeError(`row ${song} ends before it begins`);
  }
  if (starts[songs] !== neighbours.length) {
    throw new RangeError(`there are ${neighbours.length} pairs instead of ${starts[songs]}`);
  }
  for (let at = 0; at < neighbours.length; at++) {
    if ((neighbours[at] as number) >= songs) throw new RangeError(`pair ${at} names no song`);
  }
  return new SimilarSongs(starts, neighbours, weights);
}

/**
 * Reads a prepared catalogue. Every file is checked against the manifest, and what was read against the hash of what was
 * written.
 * @throws RhythmicError bad_configuration where it is damaged, incomplete, or of another version
 */
export function readPreparedCatalog(folder: string): Catalog {
  const manifest = readManifest(folder);
  const part = (name: PreparedPart) => readPart(folder, manifest, name);
  let catalog: Catalog;
  try {
    const songs = readSongLines(gunzipSync(part("songs")), manifest.counts.songs);
    const hasSimilar = manifest.files[PREPARED_FILES.similar] !== undefined;
    catalog = catalogOf(folder, {
      songs,
      ...(hasSimilar ? { similar: similarOf(part("similar"), songs) } : {}),
      firstNames: listOf(part("firstNames"), ({ name, gender }: PreparedLines["firstNames"]) => ({ name, gender })),
      lastNames: listOf(part("lastNames"), ({ name }: PreparedLines["lastNames"]) => name),
      places: listOf(part("places"), ({ city, state, zip, longitudeDeg, latitudeDeg }: PreparedLines["places"]) => ({
        city,
        state,
        zip,
        longitudeDeg,
        latitudeDeg,
      })),
      userAgents: listOf(part("userAgents"), ({ userAgent }: PreparedLines["userAgents"]) => userAgent),
    });
  } catch (error) {
    if (error instanceof RhythmicError) throw error;
    throw refusal(folder, `does not hold what its manifest says (${messageOf(error)})`, error);
  }
  if (catalog.hash !== manifest.hash) {
    throw refusal(folder, `has the content ${catalog.hash} instead of ${manifest.hash}, which its manifest says`);
  }
  return catalog;
}
