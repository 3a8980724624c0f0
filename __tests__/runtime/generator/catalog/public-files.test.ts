import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { openCatalog } from "../../../../runtime/generator/catalog/open-catalog";
import { publicFilesOf, readPublicContent, readPublicFiles } from "../../../../runtime/generator/catalog/public-files";
import { SILENT } from "../../../../runtime/support/logging";
import { type Folder, folderWith, MADE_UP, rememberingLog, songsOf, utf8WithMark, utf16 } from "./made-up-files";

const SHARED = join(__dirname, "../../../../../shared/data/music");

let folder: Folder;
beforeEach(() => {
  folder = folderWith(MADE_UP);
});
afterEach(() => folder.removeAll());

const read = () => readPublicFiles(folder.path, SILENT);
const withoutSongs = (...names: string[]) => {
  for (const name of ["listen_counts.txt.gz", "songs.csv", "similar_songs.csv", ...names]) folder.remove(name);
};

describe("the public files", () => {
  it("are read as they lie: gzip, UTF-8, UTF-16 with quotes, CR and CR LF line ends", async () => {
    const catalog = await read();
    expect(songsOf(catalog)).toEqual([
      { artist: "Björk", song: 'Jóga "live"', duration: 305.1 },
      { artist: "A, B", song: "No length", duration: 180 },
      { artist: "東京事変", song: "群青日和 \\ \u2028 end", duration: 0.4 },
      { artist: "E", song: "Filled from the metadata", duration: 222.25 },
      { artist: "No id", song: "Still a song", duration: 86_400 },
      { artist: "Never heard", song: "By nobody", duration: 200 },
      { artist: "G", song: "Named by the metadata", duration: 1.5e-7 },
    ]);
    expect(catalog.places.values).toEqual([
      { city: "Holtsville", state: "NY", zip: "00501", longitudeDeg: -73.0451, latitudeDeg: 40.8154 },
      { city: "Aiea", state: "HI", zip: "96701", longitudeDeg: -157.9332, latitudeDeg: 21.3908 },
    ]);
    expect(catalog.firstNames.values).toEqual([
      { name: "Emma", gender: "F" },
      { name: "Liam", gender: "M" },
    ]);
    expect(catalog.lastNames.values).toEqual(["Smith", "O'neil"]);
    expect(catalog.userAgents.values).toEqual(['Mozilla/5.0 (X, like "Y")', "Plain/1.0"]);
  });

  it("have broken lines counted in the log, with the first one and why; so are gaps and pairs", async () => {
    const { log, told } = rememberingLog();
    await readPublicFiles(folder.path, log);
    expect(told).toEqual([
      { file: "listen_counts.txt.gz", broken: 3, firstBrokenLine: 2, why: "the artist or the title is missing" },
      { file: "listen_counts.txt.gz", filled: 2, lengthAssumed: 1 },
      { file: "songs.csv", broken: 1, firstBrokenLine: 4, why: "a quote that is never closed" },
      { file: "similar_songs.csv", broken: 1, firstBrokenLine: 8, why: "not two track ids with a comma between them" },
      { file: "similar_songs.csv", kept: 4, unknown: 1, itself: 1, repeated: 1 },
      { file: "yob1990.txt", broken: 1, firstBrokenLine: 3, why: 'the sex is "Q", not F or M' },
      { file: "US.txt", broken: 1, firstBrokenLine: 2, why: "the zip, the city or the state's code is missing" },
    ]);
  });

  it("lose no line without a word: used, broken and left out are all lines", async () => {
    const { reports } = await readPublicContent(publicFilesOf(folder.path), "The catalogue");
    expect(reports.map(({ file, lines, used, broken }) => [file, lines, used, broken])).toEqual([
      ["listen_counts.txt.gz", 10, 7, 3],
      ["songs.csv", 4, 3, 1],
      ["similar_songs.csv", 8, 4, 1],
      ["yob1990.txt", 3, 2, 1],
      ["Top1000Surnames.csv", 2, 2, 0],
      ["US.txt", 3, 2, 1],
      ["user_agents.txt", 2, 2, 0],
    ]);
  });

  // eventsim reads text as ISO-8859-1 though it is UTF-8 (RandomSongGenerator.scala): every character beyond ASCII
  // becomes two or three, "BjÃ¶rk" instead of "Björk" (event-model.md, error 10).
  it("keep their characters, which eventsim takes apart", async () => {
    const asEventsim = Buffer.from("Björk 東京事変").toString("latin1");
    expect(asEventsim).toMatch(/^BjÃ¶rk æ/);
    const text = songsOf(await read())
      .map(({ artist, song }) => artist + song)
      .join();
    expect(text).toContain("BjörkJóga");
    expect(text).toContain("東京事変群青日和");
    expect(text).not.toContain("Ã");
  });

  const LINES = "TR1\tBjörk\tJóga\t305\t1\nTR2\t東\tB\t100\t1\n";
  it.each([
    ["UTF-8", Buffer.from(LINES)],
    ["UTF-8 with a byte order mark", utf8WithMark(LINES)],
    ["UTF-16, little end first", utf16(LINES)],
    ["UTF-16, big end first", utf16(LINES, "be")],
    ["UTF-16 without a mark", utf16(LINES, "le", false)],
    ["UTF-16, big end first, without a mark", utf16(LINES, "be", false)],
    ["CR line ends", Buffer.from(LINES.replaceAll("\n", "\r"))],
    ["CR LF line ends", Buffer.from(LINES.replaceAll("\n", "\r\n"))],
    ["no last line end", Buffer.from(LINES.trimEnd())],
    ["UTF-16 in gzip", gzipSync(utf16(LINES, "be"))],
  ])("give the same songs as %s", async (_, bytes) => {
    withoutSongs();
    folder.put("listen_counts.txt", bytes);
    expect(songsOf(await read())).toEqual([
      { artist: "Björk", song: "Jóga", duration: 305 },
      { artist: "東", song: "B", duration: 100 },
    ]);
  });

  it("may hold songs.csv instead of listen counts; bytes that are no UTF-8 break their line", async () => {
    withoutSongs();
    const latin1 = Buffer.from("Queensr\xffche,Eyes,200\n", "latin1");
    folder.put(
      "songs.csv",
      Buffer.concat([Buffer.from('artist_name,title,duration\n"Earth, Wind",Fire,201.5\n'), latin1]),
    );
    const { log, told } = rememberingLog();
    expect(songsOf(await readPublicFiles(folder.path, log))).toEqual([
      { artist: "Earth, Wind", song: "Fire", duration: 201.5 },
    ]);
    expect(told).toContainEqual({
      file: "songs.csv",
      broken: 1,
      firstBrokenLine: 3,
      why: "bytes that are no text in the file's encoding",
    });
  });

  it.each([
    [
      ["listen_counts.txt.gz", "songs.csv"],
      /has no file listen_counts\.txt or listen_counts\.txt\.gz \(track id, .*\), or songs\.csv/,
    ],
    [["US.txt"], /has no file US\.txt or US\.txt\.gz \(GeoNames postal codes: /],
    [["yob1990.txt"], /has no file yob1990\.txt or .* \(name, sex \(F or M\) and count/],
    [["user_agents.txt"], /has no file user_agents\.txt or .* \(a header that names weight/],
  ])("are named, with their format, where %j is missing", async (names, message) => {
    for (const name of names) folder.remove(name);
    await expect(read()).rejects.toThrow(message);
  });

  it.each([
    [
      "yob1990.txt",
      "nothing here\n",
      /yob1990\.txt has no usable line \(line 1: the sex is "", .*\); expected name, sex/,
    ],
    ["yob1990.txt", "", /yob1990\.txt has no usable line; expected name, sex/],
    ["yob1990.txt", "Emma,F,0\n", /yob1990\.txt has no usable line/],
    [
      "Top1000Surnames.csv",
      "surname,count\rX,1",
      /first line of .*Top1000Surnames\.csv names no column name; expected/,
    ],
    ["songs.csv", "", /first line of .*songs\.csv names no column artist_name/],
    ["listen_counts.txt.gz", Buffer.from([0x1f, 0x8b, 1, 2, 3]), /listen_counts\.txt\.gz can't be read: /],
    [
      "listen_counts.txt.gz",
      gzipSync(LINES).subarray(0, 30),
      /listen_counts\.txt\.gz can't be read: .*unexpected end of file/,
    ],
  ])("are refused in a sentence where %s is %j", async (name, content, message) => {
    folder.put(name, content);
    await expect(read()).rejects.toThrow(message);
    await expect(read()).rejects.toMatchObject({ code: "bad_configuration" });
  });

  // A signal was heard, but waited until all was read: twelve seconds for 90 MB.
  it("are not read to their end where the program is to stop", async () => {
    await expect(openCatalog(folder.path, SILENT, AbortSignal.abort())).rejects.toMatchObject({ code: "interrupted" });
  });

  it("are refused where there is no folder", async () => {
    await expect(readPublicFiles(join(folder.path, "none"), SILENT)).rejects.toThrow(
      /is no folder that can be read .* give one/,
    );
  });

  (existsSync(SHARED) ? it : it.skip)(
    "of the Million Song Dataset are read (skipped where ../shared/data is not there)",
    async () => {
      const catalog = await readPublicFiles(SHARED, SILENT);
      const songs = songsOf(catalog);
      expect(songs).toHaveLength(10_000);
      expect(songs.some(({ song }) => song.includes("non più"))).toBe(true);
      expect(catalog.lastNames.values).toHaveLength(1000);
      expect(catalog.places.values.length).toBeGreaterThan(40_000);
      expect(catalog.userAgents.values.filter((agent) => agent.includes('"'))).toEqual([]);
    },
  );
});
