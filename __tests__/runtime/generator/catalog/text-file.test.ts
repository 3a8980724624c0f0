import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type LineReading, readLines, splitFields } from "../../../../runtime/generator/catalog/text-file";
import { type Folder, folderWith, utf16 } from "./made-up-files";

let folder: Folder;
beforeAll(() => {
  folder = folderWith({});
});
afterAll(() => folder.removeAll());

async function linesOf(bytes: Uint8Array, more: Partial<LineReading> = {}) {
  folder.put("text", bytes);
  const lines: (string | undefined)[] = [];
  const count = await readLines(`${folder.path}/text`, {
    line: (text, number) => {
      lines.push(text);
      if (number !== lines.length) throw new Error(`line ${lines.length} has the number ${number}`);
    },
    ...more,
  });
  expect(count).toBe(lines.length);
  return lines;
}

/** Long enough for several pieces, with characters and line ends that a piece may cut. */
const LONG = Array.from({ length: 12_000 }, (_, line) => `${line} ${"ö東🎵".repeat(15)}`);

describe("readLines", () => {
  it.each([
    ["UTF-8", (text: string) => Buffer.from(text)],
    ["UTF-16, big end first", (text: string) => utf16(text, "be")],
    ["gzip", (text: string) => gzipSync(text, { level: 1 })],
  ])("puts lines together over the edges of pieces: %s", async (_, encode) => {
    for (const end of ["\n", "\r\n", "\r"]) expect(await linesOf(encode(LONG.join(end) + end))).toEqual(LONG);
  });

  it("takes every line end for one, wherever a CR LF is cut", async () => {
    // A piece of a file has 2^18 bytes: a CR LF lies across the end of the fourth.
    const first = "x".repeat(2 ** 20 - 1);
    expect(await linesOf(Buffer.from(`${first}\r\ny\n\nz`))).toEqual([first, "y", "", "z"]);
    expect(await linesOf(Buffer.from(`${first}\ry\n\rz`))).toEqual([first, "y", "", "z"]);
  });

  it("gives a line of more than a million characters as none, and goes on after it", async () => {
    const long = "x".repeat(3 * 2 ** 20);
    expect(await linesOf(Buffer.from(`a\n${long}\nb\n${long}`))).toEqual(["a", undefined, "b", undefined]);
  });

  it("has no line in an empty file, one in a single character", async () => {
    expect(await linesOf(Buffer.alloc(0))).toEqual([]);
    expect(await linesOf(gzipSync(""))).toEqual([]);
    expect(await linesOf(Buffer.from("x"))).toEqual(["x"]);
    expect(await linesOf(Buffer.from("\n"))).toEqual([""]);
  });

  it("stops when it is asked to, and says so", async () => {
    await expect(linesOf(Buffer.from("a\n"), { stop: AbortSignal.abort() })).rejects.toMatchObject({
      code: "interrupted",
    });
  });

  it("gives what was written, whatever the encoding and the packing", async () => {
    const line = fc.string({ unit: "binary" }).map((text) => text.replaceAll(/[\r\n\ufeff]|\0/g, "."));
    const encode = fc.constantFrom<(text: string) => Buffer>(
      (text) => Buffer.from(`\ufeff${text}`),
      (text) => utf16(text),
      (text) => utf16(text, "be"),
      (text) => gzipSync(Buffer.from(`\ufeff${text}`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), encode, fc.constantFrom("\n", "\r", "\r\n"), async (lines, encoded, end) => {
        expect(await linesOf(encoded(lines.map((text) => text + end).join("")))).toEqual(lines);
      }),
      { numRuns: 40 },
    );
  });
});

describe("splitFields", () => {
  it("honours quotes around fields, and only there; one that is never closed is no line", () => {
    expect(splitFields('a,"b,""c""",d "e" f,,', ",")).toEqual(["a", 'b,"c"', 'd "e" f', "", ""]);
    expect(splitFields('"","x"y', ",")).toEqual(["", "xy"]);
    expect(splitFields('a,"open,end', ",")).toBeUndefined();
    expect(splitFields('"a"",b', ",")).toBeUndefined();
  });

  it("reads what was quoted", () => {
    const field = fc.string().map((text) => text.replaceAll(/[\r\n]/g, "."));
    fc.assert(
      fc.property(
        fc.array(field, { minLength: 1 }),
        fc.constantFrom("," as const, "\t" as const),
        (fields, delimiter) => {
          const line = fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter);
          expect(splitFields(line, delimiter)).toEqual(fields);
        },
      ),
    );
  });
});
