import type { Songs, SongTable } from "./songs";

/**
 * The songs of a prepared catalogue as JSON lines (prepared-format.ts). Each line begins with the very bytes that stand
 * in an event, so that reading copies them: hundreds of thousands of songs take a fraction of a second, where parsing
 * and writing JSON again would take ten times as long.
 */

const LISTENS = Buffer.from(',"listens":');
const [NEWLINE, BRACE_OPEN, BRACE_CLOSE, COLON, DOT, ZERO, EXPONENT] = [0x0a, 0x7b, 0x7d, 0x3a, 0x2e, 0x30, 0x65];

/** @returns lines, each with its end */
export function songLines(songs: Songs, weights: Float64Array): Buffer {
  const pieces: Uint8Array[] = [];
  for (let song = 0; song < songs.size; song++) {
    pieces.push(Buffer.from("{"), songs.bytesOf(song), Buffer.from(`${LISTENS}${weights[song]}}\n`));
  }
  return Buffer.concat(pieces);
}

/**
 * The number that ends before `end`, and where the colon before it stands.
 * @returns -1 as `colon` where there is none
 */
function colonBefore(bytes: Uint8Array, end: number, from: number): number {
  let at = end - 1;
  while (at > from && bytes[at] !== COLON) at--;
  return at > from ? at : -1;
}

/** The number in these bytes: whole ones, as nearly all are, without making a text of them. */
function numberIn(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9 || at - from > 14) return Number(bytes.toString("latin1", from, to));
    value = value * 10 + digit;
  }
  return value;
}

/** The number in these bytes without its fraction. */
function wholePartOf(bytes: Buffer, from: number, to: number): number {
  let dot = from;
  while (dot < to && bytes[dot] !== DOT) dot++;
  // A fraction of a second may be written with an exponent.
  for (let at = dot; at < to; at++)
    if (bytes[at] === EXPONENT) return Math.floor(Number(bytes.toString("latin1", from, to)));
  return Math.floor(numberIn(bytes, from, dot));
}

/**
 * Reads what `songLines` has written. The given memory is used for the songs.
 * @param count of songs
 * @throws RangeError where a line is not what it must be
 */
export function readSongLines(bytes: Buffer, count: number): SongTable {
  const starts = new Uint32Array(count + 1);
  const playsS = new Uint32Array(count);
  const weights = new Float64Array(count);
  let end = 0;
  let line = 0;
  for (let song = 0; song < count; song++) {
    const lineEnd = bytes.indexOf(NEWLINE, line);
    const listens = colonBefore(bytes, lineEnd - 1, line);
    const to = listens + 1 - LISTENS.length;
    const duration = colonBefore(bytes, to, line);
    if (
      lineEnd < 0 ||
      bytes[line] !== BRACE_OPEN ||
      bytes[lineEnd - 1] !== BRACE_CLOSE ||
      listens < 0 ||
      duration < 0
    ) {
      throw new RangeError(`line ${song + 1} of the songs is no song`);
    }
    weights[song] = numberIn(bytes, listens + 1, lineEnd - 1);
    playsS[song] = wholePartOf(bytes, duration + 1, to);
    bytes.copyWithin(end, line + 1, to);
    end += to - line - 1;
    starts[song + 1] = end;
    line = lineEnd + 1;
  }
  if (line !== bytes.length) throw new RangeError(`there are more than ${count} songs`);
  return { bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, end), starts, playsS, weights };
}
