import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import { messageOf, RhythmicError } from "../../support/errors";

const GZIP_MAGIC = [0x1f, 0x8b] as const;
const CHUNK_BYTES = 1 << 18;
/** A longer line is no line of any catalogue file: it is counted as broken, and not kept in memory. */
const LINE_CHARS_MAX = 1 << 20;

export interface LineReading {
  /**
   * Gets each line, numbered from 1, without its end; `undefined` where it is longer than a million characters. Bytes
   * that are no text of the encoding have become U+FFFD.
   */
  line(text: string | undefined, number: number): void;
  /** Gets the bytes of the file as they lie. */
  bytes?(chunk: Uint8Array): void;
  /** Gets the number of lines so far, every now and then. */
  progress?(lines: number): void;
  readonly stop?: AbortSignal;
}

/** The encoding that a file's first bytes tell: by the byte order mark, or by the zeros of UTF-16; else UTF-8. */
function encodingOf([first, second]: Uint8Array): "utf-16le" | "utf-16be" | "utf-8" {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return "utf-8";
}

/** Cuts text that comes in pieces into lines, whose ends are LF, CR LF or CR. */
class LineCutter {
  private rest = "";
  private isTooLong = false;
  private endedWithCr = false;
  lines = 0;

  constructor(private readonly take: LineReading["line"]) {}

  push(piece: string): void {
    // The second half of a CR LF that stood on the edge.
    const text = this.endedWithCr && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece !== "") this.endedWithCr = piece.endsWith("\r");
    const whole = this.rest + text;
    const parts = whole.includes("\r") ? whole.split(/\r\n|\n|\r/) : whole.split("\n");
    this.rest = parts.pop() ?? "";
    for (const part of parts) this.emit(part);
    if (this.rest.length > LINE_CHARS_MAX) {
      this.isTooLong = true;
      this.rest = "";
    }
  }

  end(): void {
    if (this.rest !== "" || this.isTooLong) this.emit(this.rest);
  }

  private emit(part: string): void {
    const isTooLong = this.isTooLong || part.length > LINE_CHARS_MAX;
    this.isTooLong = false;
    this.take(isTooLong ? undefined : part, ++this.lines);
  }
}

/** The bytes of a file as they lie. */
async function* piecesOf(path: string, { bytes, stop }: LineReading): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    if (stop?.aborted) throw new RhythmicError("interrupted", `Stopped while ${path} was read.`);
    bytes?.(chunk);
    yield chunk;
  }
}

/** The same bytes, the first piece of at least two: what tells packing and encoding. */
async function* withHead(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  let isComplete = false;
  for await (const piece of pieces) {
    if (isComplete) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    isComplete = head.length >= 2;
    if (isComplete) yield head;
  }
  if (!isComplete && head.length > 0) yield head;
}

/** Unpacked where it is packed with gzip. */
async function* unpacked(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { value: first, done } = await pieces.next();
  if (done === true) return;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield first;
    yield* pieces;
  }
  if (first[0] !== GZIP_MAGIC[0] || first[1] !== GZIP_MAGIC[1]) {
    yield* all();
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error of either reaches the one who reads below; who stops reading ends both.
  pipeline(Readable.from(all()), gunzip, () => {});
  yield* gunzip;
}

/**
 * Reads the lines of a text file as a stream, whatever its encoding (UTF-8; UTF-16, by its byte order mark or its zero
 * bytes), line ends (LF, CR LF, CR) or compression (gzip).
 * @returns how many lines there are; nothing after the last line end is no line
 * @throws RhythmicError bad_configuration where the file can't be read, interrupted where it was stopped
 */
export async function readLines(path: string, reading: LineReading): Promise<number> {
  const cutter = new LineCutter(reading.line);
  let decoder: TextDecoder | undefined;
  try {
    for await (const piece of withHead(unpacked(withHead(piecesOf(path, reading))))) {
      decoder ??= new TextDecoder(encodingOf(piece));
      cutter.push(decoder.decode(piece, { stream: true }));
      reading.progress?.(cutter.lines);
    }
  } catch (error) {
    if (error instanceof RhythmicError) throw error;
    throw new RhythmicError("bad_configuration", `The catalogue file ${path} can't be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  cutter.push(decoder?.decode() ?? "");
  cutter.end();
  return cutter.lines;
}

/**
 * Fields of one line of a delimited file (RFC 4180): a field in double quotes may hold the delimiter, and its quotes
 * are doubled. A quote in the middle of a field is an ordinary character.
 * @returns `undefined` where a quote is never closed: a line end within quotes is not read
 */
export function splitFields(line: string, delimiter: "," | "\t"): string[] | undefined {
  if (!line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    let content = "";
    if (line[at] === '"') {
      let close = line.indexOf('"', at + 1);
      while (close >= 0 && line[close + 1] === '"') close = line.indexOf('"', close + 2);
      if (close < 0) return undefined;
      content = line.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
    }
    const end = line.indexOf(delimiter, at);
    const stop = end < 0 ? line.length : end;
    fields.push(content + line.slice(at, stop));
    at = stop + 1;
  }
  return fields;
}
