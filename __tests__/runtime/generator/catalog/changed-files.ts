import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import type { FileReport } from "../../../../runtime/generator/catalog/file-report";
import { PUBLIC_FILES, publicFilesOf, readPublicContent } from "../../../../runtime/generator/catalog/public-files";
import { RhythmicError } from "../../../../runtime/support/errors";
import { folderWith, MADE_UP } from "./made-up-files";

/** The made-up files as UTF-8 without packing, so that a test can count their lines by itself. */
const PLAIN: Readonly<Record<string, Buffer>> = {
  ...Object.fromEntries(Object.entries(MADE_UP).map(([name, content]) => [name, Buffer.from(content)])),
  "listen_counts.txt": gunzipSync(MADE_UP["listen_counts.txt.gz"] ?? ""),
  "user_agents.txt": Buffer.from(Buffer.from(MADE_UP["user_agents.txt"] ?? "").toString("utf16le")),
};
/** One name a kind. */
export const NAMES = Object.values(PUBLIC_FILES).map(({ names }) => names[0]);
const HEADERS: readonly string[] = ["songs.csv", "Top1000Surnames.csv", "user_agents.txt"];

/** Lines by a count of our own; `undefined` where the first bytes say that it is another encoding, or packed. */
function linesIn(bytes: Buffer, hasHeader: boolean): number | undefined {
  const [first, second] = bytes;
  const isOther = first === 0 || second === 0 || [0xfeff, 0xfffe, 0x1f8b].includes(((first ?? 1) << 8) | (second ?? 1));
  if (isOther) return undefined;
  const lines = bytes.toString("utf8").split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines.length - (hasHeader ? 1 : 0);
}

function sumOf({ used, broken, pairs }: FileReport): number {
  return used + broken + (pairs === undefined ? 0 : pairs.unknown + pairs.itself + pairs.repeated);
}

type Change = (bytes: Buffer) => Buffer;

const someBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
  fc
    .constantFrom('"', ",", "\t", "\n", "\r", "\r\n", "\ufeff", "\0", "-1", "1e999", "NaN", "0x10")
    .map((text) => Buffer.from(text)),
);
/** Puts bytes in the place of some, anywhere. */
const replaced = fc.record({ at: fc.nat(), remove: fc.nat(30), put: someBytes }).map(
  ({ at, remove, put }): Change =>
    (bytes) => {
      const from = at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + remove)]);
    },
);
const truncated = fc.nat().map(
  (at): Change =>
    (bytes) =>
      bytes.subarray(0, at % (bytes.length + 1)),
);
const replacedWhole = fc.uint8Array({ maxLength: 300 }).map(
  (bytes): Change =>
    () =>
      Buffer.from(bytes),
);
const changes = fc.oneof(
  { weight: 5, arbitrary: fc.array(replaced, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(truncated, { minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.array(replacedWhole, { minLength: 1, maxLength: 1 }) },
);

/**
 * A public file, changed at random, is read or refused in a sentence, and each of its lines is used, broken or left out.
 * @param runs how many changed files are tried
 */
export async function expectNoLineLost(name: string, runs: number): Promise<void> {
  const folder = folderWith(Object.fromEntries(NAMES.map((other) => [other, PLAIN[other] ?? ""])));
  let read = 0;
  try {
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const bytes = list.reduce((changed, change) => change(changed), PLAIN[name] ?? Buffer.alloc(0));
        folder.put(name, bytes);
        let reports: readonly FileReport[];
        try {
          ({ reports } = await readPublicContent(publicFilesOf(folder.path), "The catalogue"));
        } catch (error) {
          if (!(error instanceof RhythmicError)) throw error;
          expect(error.code).toBe("bad_configuration");
          expect(error.message).toMatch(/^The (catalogue|first line) .*\.$/s);
          return;
        }
        read++;
        for (const report of reports) expect(sumOf(report)).toBe(report.lines);
        const report = reports.find(({ file }) => file === name);
        const lines = linesIn(bytes, HEADERS.includes(name));
        // Whether a file of pairs has a header its first line tells, which may be changed.
        if (lines !== undefined && report !== undefined && name !== "similar_songs.csv")
          expect(report.lines).toBe(lines);
      }),
      { numRuns: runs },
    );
  } finally {
    folder.removeAll();
  }
  expect(read).toBeGreaterThan(runs / 10);
}
