import { type Static, Type } from "@sinclair/typebox";
import type { FirstName, Place } from "./catalog";

/**
 * A prepared catalogue, as `npm run prepare-data` writes it and `--catalog` reads it: a folder with a manifest and
 * these files, and nothing else. All but the pairs are JSON lines packed with gzip, which every tool reads.
 *
 * | file | line |
 * |---|---|
 * | catalog.json | the manifest (`MANIFEST`): format, version, counts, hashes of the files, what the sources held |
 * | songs.ndjson.gz | `{"artist":"...","song":"...","duration":172.9,"listens":82}`, in this order and without spaces, so that an event's part is copied and not parsed |
 * | similar_songs.u32 | unsigned 32-bit numbers, little-endian: for each song where its neighbours begin, the number of all neighbours, then the neighbours as numbers of lines of songs.ndjson.gz from 0, ascending within a song |
 * | first_names.ndjson.gz | `{"name":"...","gender":"F","weight":1}` |
 * | last_names.ndjson.gz | `{"name":"...","weight":1}` |
 * | places.ndjson.gz | `{"city":"...","state":"NY","zip":"...","longitudeDeg":1,"latitudeDeg":1,"weight":1}` |
 * | user_agents.ndjson.gz | `{"userAgent":"...","weight":1}` |
 */

export const MANIFEST_FILE = "catalog.json";
export const CATALOG_FORMAT = "rhythmic-catalog";
/** Goes up whenever a reader of the version before would misread it. */
export const CATALOG_VERSION = 1;

export const PREPARED_FILES = {
  songs: "songs.ndjson.gz",
  similar: "similar_songs.u32",
  firstNames: "first_names.ndjson.gz",
  lastNames: "last_names.ndjson.gz",
  places: "places.ndjson.gz",
  userAgents: "user_agents.ndjson.gz",
} as const;

export type PreparedPart = keyof typeof PREPARED_FILES;

const count = Type.Integer({ minimum: 0 });
const sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });
const file = Type.Object({ bytes: count, sha256 });

/** What catalog.json holds. */
export const MANIFEST = Type.Object({
  format: Type.Literal(CATALOG_FORMAT),
  version: Type.Literal(CATALOG_VERSION),
  /** SHA-256 of the catalogue as events depend on it (`Catalog.hash`). */
  hash: sha256,
  counts: Type.Object({
    songs: count,
    similarPairs: count,
    firstNames: count,
    lastNames: count,
    places: count,
    userAgents: count,
  }),
  files: Type.Object({
    [PREPARED_FILES.songs]: file,
    /** Where there are similar songs. */
    [PREPARED_FILES.similar]: Type.Optional(file),
    [PREPARED_FILES.firstNames]: file,
    [PREPARED_FILES.lastNames]: file,
    [PREPARED_FILES.places]: file,
    [PREPARED_FILES.userAgents]: file,
  }),
  /** The public files that it was made from, and what was found in each (`FileReport`). */
  sources: Type.Array(Type.Object({ file: Type.String(), lines: count, used: count, broken: count })),
});

export type Manifest = Static<typeof MANIFEST>;

/** Lines of the lists. */
export interface PreparedLines {
  readonly firstNames: FirstName & { readonly weight: number };
  readonly lastNames: { readonly name: string; readonly weight: number };
  readonly places: Place & { readonly weight: number };
  readonly userAgents: { readonly userAgent: string; readonly weight: number };
}
