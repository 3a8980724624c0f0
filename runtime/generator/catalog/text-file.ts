import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { messageOf, RhythmicError } from "../../support/errors";

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** The encoding that a file's first bytes tell (its byte order mark); UTF-8 where there is none. */
function encodingOf(bytes: Uint8Array): "utf-16le" | "utf-16be" | "utf-8" {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return "utf-8";
}

/**
 * The lines of a text file, whatever its encoding (UTF-8, UTF-16 with a byte order mark), line ends (LF, CR LF, CR) or
 * compression (gzip). Bytes that are no text of the encoding become U+FFFD.
 * @throws RhythmicError bad_configuration where the file can't be read
 */
export function readLines(path: string): string[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
    if (bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1]) bytes = gunzipSync(bytes);
  } catch (error) {
    throw new RhythmicError("bad_configuration", `The catalogue file ${path} can't be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  const lines = new TextDecoder(encodingOf(bytes)).decode(bytes).split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/**
 * Fields of one line of a delimited file (RFC 4180): a field in double quotes may hold the delimiter, and its quotes
 * are doubled. A quote in the middle of a field is an ordinary character.
 */
export function splitFields(line: string, delimiter: "," | "\t"): string[] {
  if (!line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] === '"') {
      const quoted = /"((?:[^"]|"")*)"?/y;
      quoted.lastIndex = at;
      const [whole = "", content = ""] = quoted.exec(line) ?? [];
      const end = line.indexOf(delimiter, at + whole.length);
      const stop = end < 0 ? line.length : end;
      fields.push(content.replaceAll('""', '"') + line.slice(at + whole.length, stop));
      at = stop + 1;
    } else {
      const end = line.indexOf(delimiter, at);
      const stop = end < 0 ? line.length : end;
      fields.push(line.slice(at, stop));
      at = stop + 1;
    }
  }
  return fields;
}
