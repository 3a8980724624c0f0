import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Catalog } from "../../../../runtime/generator/catalog/catalog";
import { readPublicFiles } from "../../../../runtime/generator/catalog/public-files";
import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import { splitFields } from "../../../../runtime/generator/catalog/text-file";
import { type Logger, SILENT } from "../../../../runtime/support/logging";

const SHARED = join(__dirname, "../../../../../shared/data/music");

const songsOf = ({ songs }: Catalog) =>
  Array.from({ length: songs.size }, (_, song) => JSON.parse(`{${Buffer.from(songs.bytesOf(song)).toString()}}`));

let folder: string;
const put = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
const UTF_16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-catalog-"));
  put(
    "listen_counts.txt.gz",
    gzipSync(
      'TR1\tBjörk\tJóga "live"\t305.1\t10\nTR2\tNobody\t\t100\t5\nTR3\tA, B\tNo length\t\t2\nTR4\tC\tD\t100\tmany\n',
    ),
  );
  put("US.txt", "US\t00501\tHoltsville\tNew York\tNY\tSuffolk\t103\t\t\t40.8154\t-73.0451\t\nUS\t99999\tNowhere\n");
  put("yob1990.txt", "Emma,F,100\r\nLiam,M,50\r\nX,Q,1\r\n");
  put("Top1000Surnames.csv", "name,rank,count\rSMITH,1,2376206\rO'NEIL,2,100");
  put(
    "user_agents.txt",
    UTF_16(
      'percent\tweight\tuseragent\tBrowser\tOS\r\n7%\t 72 \t"Mozilla/5.0 (X, like ""Y"")"\tChrome\tWin\r\n1%\t 10 \tPlain/1.0\tP\tQ',
    ),
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the public files", () => {
  it("are read as they lie: gzip, UTF-8, UTF-16 with quotes, CR and CR LF line ends", () => {
    const catalog = readPublicFiles(folder, SILENT);
    expect(songsOf(catalog)).toEqual([
      { artist: "Björk", song: 'Jóga "live"', duration: 305.1 },
      { artist: "A, B", song: "No length", duration: 180 },
    ]);
    expect(catalog.places.values).toEqual([
      { city: "Holtsville", state: "NY", zip: "00501", longitudeDeg: -73.0451, latitudeDeg: 40.8154 },
    ]);
    expect(catalog.firstNames.values).toEqual([
      { name: "Emma", gender: "F" },
      { name: "Liam", gender: "M" },
    ]);
    expect(catalog.lastNames.values).toEqual(["Smith", "O'neil"]);
    expect(catalog.userAgents.values).toEqual(['Mozilla/5.0 (X, like "Y")', "Plain/1.0"]);
  });

  it("have their broken lines counted in the log", () => {
    const warnings: unknown[] = [];
    const log: Logger = { ...SILENT, warn: (context) => warnings.push(context) };
    readPublicFiles(folder, log);
    expect(warnings).toEqual([
      { file: "listen_counts.txt.gz", broken: 2, firstBrokenLine: 2 },
      { file: "yob1990.txt", broken: 1, firstBrokenLine: 3 },
      { file: "US.txt", broken: 1, firstBrokenLine: 2 },
    ]);
  });

  it("may hold songs.csv instead of listen counts; bytes that are no UTF-8 break their line", () => {
    rmSync(join(folder, "listen_counts.txt.gz"));
    const latin1 = Buffer.from("Queensr\xffche,Eyes,200\n", "latin1");
    put("songs.csv", Buffer.concat([Buffer.from('artist_name,title,duration\n"Earth, Wind",Fire,201.5\n'), latin1]));
    expect(songsOf(readPublicFiles(folder, SILENT))).toEqual([
      { artist: "Earth, Wind", song: "Fire", duration: 201.5 },
    ]);
  });

  it.each([
    [
      "listen_counts.txt.gz",
      /has no file listen_counts\.txt\.gz or listen_counts\.txt \(track id, .*\), or songs\.csv/,
    ],
    ["US.txt", /has no file US\.txt \(GeoNames postal codes: /],
    ["user_agents.txt", /has no file user_agents\.txt \(UTF-16 with a header/],
  ])("are named, with their format, where %s is missing", (name, message) => {
    rmSync(join(folder, name));
    expect(() => readPublicFiles(folder, SILENT)).toThrow(message);
  });

  it("are refused where nothing is usable, not gzip, or no folder", () => {
    put("yob1990.txt", "nothing here\n");
    expect(() => readPublicFiles(folder, SILENT)).toThrow(/yob1990\.txt has no usable line; expected name, sex/);
    put("listen_counts.txt.gz", Buffer.from([0x1f, 0x8b, 1, 2, 3]));
    expect(() => readPublicFiles(folder, SILENT)).toThrow(/listen_counts\.txt\.gz can't be read: /);
    expect(() => readPublicFiles(join(folder, "none"), SILENT)).toThrow(/is no folder; give one that holds the public/);
  });

  (existsSync(SHARED) ? it : it.skip)(
    "of the Million Song Dataset are read (skipped where ../shared/data is not there)",
    () => {
      const catalog = readPublicFiles(SHARED, SILENT);
      const songs = songsOf(catalog);
      expect(songs).toHaveLength(10_000);
      expect(songs.some(({ song }) => song.includes("non più"))).toBe(true);
      expect(catalog.lastNames.values).toHaveLength(1000);
      expect(catalog.places.values.length).toBeGreaterThan(40_000);
      expect(catalog.userAgents.values.filter((agent) => agent.includes('"'))).toEqual([]);
    },
  );
});

describe("splitFields", () => {
  it("honours quotes around fields, and only there", () => {
    expect(splitFields('a,"b,""c""",d "e" f,,', ",")).toEqual(["a", 'b,"c"', 'd "e" f', "", ""]);
    expect(splitFields('"open,end', ",")).toEqual(["open,end"]);
  });
});

describe("the synthetic catalogue", () => {
  const catalog = syntheticCatalog(7);

  it("is made from the seed alone", () => {
    expect(songsOf(syntheticCatalog(7))).toEqual(songsOf(catalog));
    expect(songsOf(syntheticCatalog(8))).not.toEqual(songsOf(catalog));
  });

  it("holds several thousand different songs of hundreds of artists, each of a plausible length", () => {
    const songs = songsOf(catalog);
    expect(new Set(songs.map(({ artist, song }) => `${artist}\n${song}`)).size).toBe(6000);
    expect(new Set(songs.map(({ artist }) => artist)).size).toBeGreaterThan(500);
    expect(songs.filter(({ duration }) => duration < 45 || duration > 900)).toEqual([]);
  });

  it("has places in most states, each with a zip code of its own", () => {
    const places = catalog.places.values;
    expect(new Set(places.map((place) => place.zip)).size).toBe(places.length);
    expect(new Set(places.map((place) => place.state)).size).toBeGreaterThan(40);
    expect(places.filter((place) => !/^\d{5}$/.test(place.zip))).toEqual([]);
  });
});
