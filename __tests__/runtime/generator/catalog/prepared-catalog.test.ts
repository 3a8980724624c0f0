import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { openCatalog } from "../../../../runtime/generator/catalog/open-catalog";
import { CATALOG_VERSION, PREPARED_FILES } from "../../../../runtime/generator/catalog/prepared-format";
import { publicFilesOf, readPublicContent } from "../../../../runtime/generator/catalog/public-files";
import { RhythmicError } from "../../../../runtime/support/errors";
import { SILENT } from "../../../../runtime/support/logging";
import { preparedCatalog } from "../../../../scripts/prepare-data/write-catalog";
import { simulate } from "../simulate";
import { type Folder, folderWith, MADE_UP, songsOf } from "./made-up-files";

const SHARED = join(__dirname, "../../../../../shared/data/music");

async function prepared(publicFolder: string): Promise<Folder> {
  const { content, reports } = await readPublicContent(publicFilesOf(publicFolder), publicFolder, { digests: true });
  return folderWith(Object.fromEntries(preparedCatalog(content, reports).files));
}

let publicFolder: Folder;
let folder: Folder;
beforeEach(async () => {
  publicFolder = folderWith(MADE_UP);
  folder = await prepared(publicFolder.path);
});
afterEach(() => {
  publicFolder.removeAll();
  folder.removeAll();
});

const open = () => openCatalog(folder.path, SILENT);
const manifest = () => JSON.parse(readFileSync(join(folder.path, "catalog.json"), "utf8"));

/** Both ways to the same catalogue. */
async function expectSameEvents(publicPath: string, preparedPath: string): Promise<void> {
  const [ofPublic, ofPrepared] = [await openCatalog(publicPath, SILENT), await openCatalog(preparedPath, SILENT)];
  expect(ofPrepared.hash).toBe(ofPublic.hash);
  expect(ofPrepared.songs.playsS).toEqual(ofPublic.songs.playsS);
  const events = (catalog: typeof ofPublic) => simulate({ catalog, users: 20, days: 7 });
  const expected = events(ofPublic);
  expect(expected.filter(({ topic }) => topic === "listen_events").length).toBeGreaterThan(50);
  expect(events(ofPrepared)).toEqual(expected);
}

describe("a prepared catalogue", () => {
  it("gives the same events as the public files that it was made from", async () => {
    await expectSameEvents(publicFolder.path, folder.path);
  });

  it("holds the songs as JSON lines that anybody reads, and the pairs", async () => {
    const catalog = await open();
    expect(songsOf(catalog)).toEqual(songsOf(await openCatalog(publicFolder.path, SILENT)));
    expect(catalog.songs.hasNeighbours).toBe(true);
    expect(manifest()).toMatchObject({
      format: "rhythmic-catalog",
      version: CATALOG_VERSION,
      hash: catalog.hash,
      counts: { songs: 7, similarPairs: 4, firstNames: 2, lastNames: 2, places: 2, userAgents: 2 },
      sources: expect.arrayContaining([
        {
          file: "listen_counts.txt.gz",
          lines: 10,
          used: 7,
          broken: 3,
          firstBroken: { line: 2, why: "the artist or the title is missing" },
          filled: 2,
          lengthAssumed: 1,
          bytes: MADE_UP["listen_counts.txt.gz"]?.length,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ]),
    });
  });

  it("is the same, byte for byte, when it is prepared again", async () => {
    const again = await prepared(publicFolder.path);
    for (const name of ["catalog.json", ...Object.values(PREPARED_FILES)]) {
      expect(readFileSync(join(again.path, name)).equals(readFileSync(join(folder.path, name)))).toBe(true);
    }
    again.removeAll();
  });

  const change = (part: Record<string, unknown>) =>
    folder.put("catalog.json", JSON.stringify({ ...manifest(), ...part }));
  it.each<[string, () => void, RegExp]>([
    ["a file is missing", () => folder.remove("places.ndjson.gz"), /has no file places\.ndjson\.gz that can be read/],
    [
      "a file is longer",
      () => folder.put("similar_songs.u32", Buffer.alloc(99)),
      /damaged: similar_songs\.u32 has 99 bytes/,
    ],
    [
      "a byte is another",
      () => {
        const bytes = readFileSync(join(folder.path, "songs.ndjson.gz"));
        bytes.writeUInt8((bytes[40] ?? 0) ^ 1, 40);
        folder.put("songs.ndjson.gz", bytes);
      },
      /damaged: songs\.ndjson\.gz has the SHA-256 [0-9a-f]{64} instead of/,
    ],
    ["the version is another", () => change({ version: 2 }), /is of version 2, and this program reads 1/],
    ["the format is another", () => change({ format: "x" }), /of the format "x", not "rhythmic-catalog"/],
    ["the manifest is another's", () => folder.put("catalog.json", "[]"), /of the format undefined, not/],
    ["the manifest is null", () => folder.put("catalog.json", "null"), /of the format undefined, not/],
    ["the manifest is no JSON", () => folder.put("catalog.json", "{"), /has a catalog\.json that can't be read/],
    ["the manifest lacks something", () => change({ counts: {} }), /damaged at \/counts\/songs: /],
    ["the content is another", () => change({ hash: "0".repeat(64) }), /has the content [0-9a-f]{64} instead of 0000/],
    [
      "there are more songs",
      () => change({ counts: { ...manifest().counts, songs: 6 } }),
      /there are more than 6 songs/,
    ],
    [
      "there are fewer songs",
      () => change({ counts: { ...manifest().counts, songs: 8 } }),
      /line 8 of the songs is no song/,
    ],
  ])("is refused in a sentence that says what to do where %s", async (_, damage, message) => {
    damage();
    await expect(open()).rejects.toThrow(message);
    await expect(open()).rejects.toThrow(/prepare it again with npm run prepare-data\.$/);
    await expect(open()).rejects.toMatchObject({ code: "bad_configuration" });
  });

  it("of somebody who has forged the hashes is refused as well", async () => {
    const { createHash } = await import("node:crypto");
    const forge = (name: string, bytes: Buffer) => {
      const file = { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
      folder.put(name, bytes);
      change({ files: { ...manifest().files, [name]: file } });
    };
    forge("similar_songs.u32", Buffer.from(Uint32Array.from([0, 1, 1, 1, 1, 1, 1, 1, 700]).buffer));
    await expect(open()).rejects.toThrow(/does not hold what its manifest says \(pair 0 names no song\)/);
    forge("songs.ndjson.gz", gzipSync("no\nsongs\n"));
    await expect(open()).rejects.toThrow(/does not hold what its manifest says \(line 1 of the songs is no song\)/);
  });

  it("with any byte changed is refused, or is the same catalogue; it never breaks", async () => {
    const { hash } = await open();
    const files = ["catalog.json", ...Object.values(PREPARED_FILES)];
    const mutation = fc.record({
      file: fc.constantFrom(...files),
      at: fc.nat(),
      bits: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(mutation, async ({ file, at, bits }) => {
        const whole = readFileSync(join(folder.path, file));
        const bytes = Buffer.from(whole);
        bytes.writeUInt8((bytes[at % bytes.length] ?? 0) ^ bits, at % bytes.length);
        folder.put(file, bytes);
        try {
          expect((await open()).hash).toBe(hash);
        } catch (error) {
          if (!(error instanceof RhythmicError)) throw error;
          expect(error.code).toBe("bad_configuration");
        } finally {
          folder.put(file, whole);
        }
      }),
      { numRuns: 80 },
    );
  });

  (existsSync(SHARED) ? it : it.skip)(
    "of the real files gives the same events (skipped where ../shared/data is not there)",
    async () => {
      const real = await prepared(SHARED);
      await expectSameEvents(SHARED, real.path);
      real.removeAll();
    },
  );
});
