import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { type CatalogContent, catalogOf, type Song, type WeightedList } from "../../runtime/generator/catalog/catalog";
import type { FileReport } from "../../runtime/generator/catalog/file-report";
import {
  CATALOG_FORMAT,
  CATALOG_VERSION,
  MANIFEST_FILE,
  type Manifest,
  PREPARED_FILES,
  type PreparedLines,
  type PreparedPart,
} from "../../runtime/generator/catalog/prepared-format";
import { songLines } from "../../runtime/generator/catalog/song-lines";
import { messageOf, RhythmicError } from "../../runtime/support/errors";

const GZIP_LEVEL = 9;

/** What is written: the manifest, and every file with its bytes. */
interface PreparedCatalog {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

function packedLines<T>(list: WeightedList<T>, line: (value: T) => object): Uint8Array {
  const lines = list.values.map((value, index) => JSON.stringify({ ...line(value), weight: list.weights[index] }));
  return packed(Buffer.from(`${lines.join("\n")}\n`));
}

/** The same bytes on every machine: gzip's header holds no time here. */
function packed(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: GZIP_LEVEL });
}

/**
 * The files of a prepared catalogue, in memory. The same content and reports give the same bytes.
 * @param reports what was found in each source
 */
export function preparedCatalog(
  content: CatalogContent & { readonly songs: readonly Song[] },
  reports: readonly FileReport[],
): PreparedCatalog {
  const { similar, firstNames, lastNames, places, userAgents } = content;
  const catalog = catalogOf("what is written", content);
  const parts: Partial<Record<PreparedPart, Uint8Array>> = {
    songs: packed(
      songLines(
        catalog.songs,
        Float64Array.from(content.songs, ({ weight }) => weight),
      ),
    ),
    ...(similar === undefined ? {} : { similar: Buffer.concat([similar.starts, similar.neighbours].map(bytesOf)) }),
    firstNames: packedLines(firstNames, (value) => value),
    lastNames: packedLines(lastNames, (name): Omit<PreparedLines["lastNames"], "weight"> => ({ name })),
    places: packedLines(places, (value) => value),
    userAgents: packedLines(userAgents, (userAgent): Omit<PreparedLines["userAgents"], "weight"> => ({ userAgent })),
  };
  const files = new Map<string, Uint8Array>();
  for (const [part, bytes] of Object.entries(parts)) files.set(PREPARED_FILES[part as PreparedPart], bytes);
  const manifest = {
    format: CATALOG_FORMAT,
    version: CATALOG_VERSION,
    hash: catalog.hash,
    counts: {
      songs: content.songs.length,
      similarPairs: similar?.size ?? 0,
      firstNames: firstNames.values.length,
      lastNames: lastNames.values.length,
      places: places.values.length,
      userAgents: userAgents.values.length,
    },
    files: Object.fromEntries(
      [...files].map(([name, bytes]) => [
        name,
        { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") },
      ]),
    ) as Manifest["files"],
    sources: [...reports],
  } satisfies Manifest;
  files.set(MANIFEST_FILE, Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`));
  return { manifest, files };
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/**
 * May a catalogue be written here? An earlier one may be replaced; nothing else may be lost.
 * @throws RhythmicError bad_usage
 */
export function checkOut(out: string): void {
  let names: string[];
  try {
    names = readdirSync(out);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new RhythmicError("bad_usage", `--out ${out} is no folder that can be read (${messageOf(error)}).`, {
      cause: error,
    });
  }
  if (names.length === 0) return;
  const allowed: readonly string[] = [MANIFEST_FILE, ...Object.values(PREPARED_FILES)];
  const foreign = names.find((name) => !allowed.includes(name));
  if (foreign === undefined && isCatalog(out)) return;
  const what = foreign === undefined ? `no ${MANIFEST_FILE} of one` : foreign;
  throw new RhythmicError(
    "bad_usage",
    `--out ${out} is not empty and holds ${what}, so it is not an earlier catalogue alone; give a new or empty folder.`,
  );
}

/** Does the folder say of itself that it is a catalogue, of whatever version? */
function isCatalog(folder: string): boolean {
  try {
    const parsed = JSON.parse(readFileSync(path.join(folder, MANIFEST_FILE), "utf8")) as { format?: unknown } | null;
    return parsed?.format === CATALOG_FORMAT;
  } catch {
    return false;
  }
}

/**
 * Writes a catalogue whole or not at all: into a folder beside it, which takes its name when everything is on the disk.
 * @throws RhythmicError bad_usage where the folder can't be written
 */
export function writeCatalog(out: string, { files }: PreparedCatalog): void {
  const target = path.resolve(out);
  const beside = (what: string) => path.join(path.dirname(target), `.${path.basename(target)}.${what}-${process.pid}`);
  const [fresh, old] = [beside("new"), beside("old")];
  try {
    mkdirSync(path.dirname(target), { recursive: true });
    mkdirSync(fresh);
    for (const [name, bytes] of files) writeWhole(path.join(fresh, name), bytes);
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    if (!existsSync(target) && existsSync(old)) renameSync(old, target);
    throw new RhythmicError("bad_usage", `The catalogue can't be written to --out ${out}: ${messageOf(error)}.`, {
      cause: error,
    });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function writeWhole(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, "wx");
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
