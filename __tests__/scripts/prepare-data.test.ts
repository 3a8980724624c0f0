import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCatalog } from "../../runtime/generator/catalog/open-catalog";
import { SILENT } from "../../runtime/support/logging";
import { prepareData } from "../../scripts/prepare-data";
import { type Folder, folderWith, MADE_UP } from "../runtime/generator/catalog/made-up-files";

let source: Folder;
let folder: Folder;
let out: string;
beforeEach(() => {
  source = folderWith(MADE_UP);
  folder = folderWith({});
  out = join(folder.path, "deep", "catalogue");
});
afterEach(() => {
  source.removeAll();
  folder.removeAll();
});

const said: string[] = [];
const PROGRESS = {
  update: (message: string) => void said.push(message),
  done: (message: string) => void said.push(message),
};
const run = (...args: string[]) => prepareData(args, { progress: PROGRESS });
const prepare = (...more: string[]) => run("--source", source.path, "--out", out, ...more);

describe("npm run prepare-data", () => {
  it("says what each file held and what is broken, and leaves nothing but the catalogue", async () => {
    const { hash } = await openCatalog(source.path, SILENT);
    expect(
      (await prepare())
        .replace(/[\d,]+ bytes/, "N bytes")
        .replace(out, "OUT")
        .split("\n"),
    ).toEqual([
      "file                  lines  used  broken",
      "listen_counts.txt.gz     10     7       3",
      "songs.csv                 4     3       1",
      "similar_songs.csv         8     4       1",
      "yob1990.txt               3     2       1",
      "Top1000Surnames.csv       2     2       0",
      "US.txt                    3     2       1",
      "user_agents.txt           2     2       0",
      "",
      "listen_counts.txt.gz: the first broken line is 2: the artist or the title is missing.",
      "listen_counts.txt.gz: 2 songs were filled from the track metadata.",
      "listen_counts.txt.gz: 1 songs have no length anywhere; 180 seconds are taken.",
      "songs.csv: the first broken line is 4: a quote that is never closed.",
      "similar_songs.csv: the first broken line is 8: not two track ids with a comma between them.",
      "similar_songs.csv: 4 pairs are used; left out are 1 with a track that is not among the songs, 1 of a song with itself, 1 repeated.",
      'yob1990.txt: the first broken line is 3: the sex is "Q", not F or M.',
      "US.txt: the first broken line is 2: the zip, the city or the state's code is missing.",
      "Written to OUT: 7 songs, 4 pairs of similar songs, 2 first names, 2 last names, 2 places, 2 user agents; N bytes.",
      `SHA-256 of the catalogue: ${hash}`,
      "",
    ]);
    expect((await openCatalog(out, SILENT)).hash).toBe(hash);
    expect(readdirSync(join(out, ".."))).toEqual(["catalogue"]);
    expect(said).toContain("listen_counts.txt.gz: 9 lines read");
  });

  it("takes single files as well, and prints JSON; metadata that nobody needs are not read", async () => {
    const whole = "TR1\tA\tB\t100\t1\n";
    source.remove("listen_counts.txt.gz");
    writeFileSync(join(folder.path, "listen_counts.txt"), whole);
    const names = readdirSync(source.path).map((name) => join(source.path, name));
    const output = await run(
      "--source",
      names.join(),
      "--source",
      `${folder.path}/listen_counts.txt`,
      "--out",
      out,
      "--json",
    );
    expect(JSON.parse(output)).toMatchObject({
      out,
      counts: { songs: 1, similarPairs: 0 },
      notes: ["songs.csv: not read, because no line of listen_counts.txt lacks anything."],
      sources: expect.arrayContaining([
        expect.objectContaining({ file: "similar_songs.csv", pairs: { kept: 0, unknown: 7, itself: 0, repeated: 0 } }),
      ]),
    });
  });

  it("replaces an earlier catalogue, and no other folder", async () => {
    await prepare();
    source.put("yob1990.txt", "Ada,F,1\n");
    await prepare();
    expect((await openCatalog(out, SILENT)).firstNames.values).toEqual([{ name: "Ada", gender: "F" }]);
    writeFileSync(join(out, "mine.txt"), "mine");
    await expect(prepare()).rejects.toThrow(
      /is not empty and holds mine\.txt, so it is not an earlier catalogue alone; give/,
    );
    expect(existsSync(join(out, "mine.txt"))).toBe(true);
    writeFileSync(join(folder.path, "catalog.json"), '{"format":"another"}');
    await expect(run("--source", source.path, "--out", folder.path)).rejects.toThrow(/is not empty and holds deep/);
    await expect(run("--source", source.path, "--out", source.path)).rejects.toThrow(/is not empty and holds Top1000/);
  });

  it("leaves an earlier catalogue as it was, and nothing else, where a source is wrong or it is stopped", async () => {
    await prepare();
    const before = readFileSync(join(out, "catalog.json"));
    source.put("yob1990.txt", "nothing\n");
    await expect(prepare()).rejects.toThrow(/yob1990\.txt has no usable line/);
    const stopped = prepareData(["--source", source.path, "--out", out], {
      progress: PROGRESS,
      stop: AbortSignal.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "interrupted" });
    expect(readFileSync(join(out, "catalog.json")).equals(before)).toBe(true);
    expect(readdirSync(join(out, ".."))).toEqual(["catalogue"]);
  });

  it.each([
    [[], /^--out DIR is missing; give --source DIR/],
    [["--out", "x"], /^--source DIR is missing; give/],
    [["--sorce", "x"], /There is no flag or argument --sorce \(did you mean --source\?\); allowed: --source/],
    [["--source", "/no/such", "--out", "x"], /^--source \/no\/such can't be read \(.*\); give folders or files/],
    [
      ["--source", __filename, "--out", "x"],
      /is none of the public files; they are known by their names: listen_counts/,
    ],
  ])("refuses %j in a sentence", async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message);
  });

  it("refuses two files of one kind, a missing file with its format, and an --out that can't be written", async () => {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, "US.txt"), "");
    await expect(run("--source", `${source.path},${out}`, "--out", join(folder.path, "x"))).rejects.toThrow(
      /US\.txt and .*US\.txt hold the same kind of data, and one of them is read; leave one out of --source\.$/,
    );
    const places = join(source.path, "US.txt");
    await expect(run("--source", places, "--out", join(folder.path, "x"))).rejects.toThrow(
      /has no file listen_counts\.txt or listen_counts\.txt\.gz \(track id, artist/,
    );
    await expect(run("--source", source.path, "--out", places)).rejects.toThrow(
      /is no folder that can be read \(.*ENOTDIR/,
    );
    await expect(run("--source", source.path, "--out", join(places, "x"))).rejects.toMatchObject({ code: "bad_usage" });
  });

  it("explains itself", async () => {
    expect(await run("--help")).toMatch(
      /^prepare-data: one compact catalogue .*\n\n {2}npm run prepare-data -- --source DIR/,
    );
  });
});
