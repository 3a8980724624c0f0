import type { ListenEvent, PageViewEvent, StatusChangeEvent } from "../../schema/events";
import type { Catalog } from "../catalog/catalog";
import type { State } from "../config/state-machine";
import { SongBytes } from "./song-bytes";
import { continued, latin1, type UserBytes } from "./user-bytes";

const SCRATCH_BYTES = 16 * 1024;
/** More than all parts of an event together that come from neither the user nor the song nor the state. */
const OTHER_PARTS_BYTES_MAX = 256;
const BILLION = 1_000_000_000;
const DIGITS_OF_BILLION = 9;
const ZERO = 0x30;
const COMMA = 0x2c;
const QUOTE = 0x22;
const CLOSE = 0x7d;
/** The time's last digits are written anew for each second; those before stay for nearly three hours. */
const TIME_DIGITS = 4;
const TIME_SPAN_S = 10 ** TIME_DIGITS;

const SUCCEEDED = latin1(',"success":true');
const FAILED = latin1(',"success":false');
/** Times are whole seconds, written in milliseconds. */
const MILLISECONDS_DIGITS = 3;

/** What a state adds to each kind of event: its beginning, up to the ordinal within the session. */
interface StateBytes {
  readonly pageView: Uint8Array;
  readonly withAuth: Uint8Array;
  readonly withoutAuth: Uint8Array;
  readonly showsUser: boolean;
}

function stateBytes({ page, auth, status, method, level, showsUser }: State): StateBytes {
  const pageView: Partial<PageViewEvent> = { page, auth, method, status, level };
  const withAuth: Partial<ListenEvent & StatusChangeEvent> = { auth, level };
  const bytes = (fields: object) =>
    new Uint8Array(Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"itemInSession":`));
  return { pageView: bytes(pageView), withAuth: bytes(withAuth), withoutAuth: bytes({ level }), showsUser };
}

/** What a visit's events are written from. */
export interface Visit {
  /** Index of the state. */
  state: number;
  /** Whole seconds since 1970. */
  atS: number;
  item: number;
  /** Index of the browser in the catalogue. */
  userAgent: number;
  /** The song that begins; -1 where none does. */
  song: number;
  user: UserBytes;
}

/**
 * Writes a visit's events as JSON into one scratch array, put together from pieces that are encoded once a state, a
 * browser, a song and a user: nothing is stringified on the way. A listen event follows its page view and has the same
 * middle part, which is copied at once:
 *
 * ```
 * {"page":"NextSong",...,"level":"free","itemInSession":    3,"ts":1767225600000,"userAgent":...,"artist":...,
 *  "duration":221.5,"sessionId":7000012,"city":...,"userId":7,...,"eventId":"1-7-    12"}
 * {"auth":"Logged In","level":"free","itemInSession":       the same                 13"}
 * ```
 */
export class EventEncoder {
  /** The events of the last visit; another array where they were too large for it. */
  scratch = newBytes(SCRATCH_BYTES);
  private at = 0;
  private readonly states: readonly StateBytes[];
  private readonly userAgents: readonly Uint8Array[];
  private readonly songs: SongBytes;
  private readonly time = new TimeBytes();
  /** Where the middle part of the event before stands. */
  private middleStart = 0;
  private middleEnd = 0;

  constructor(states: readonly State[], { songs, userAgents }: Catalog) {
    this.states = states.map(stateBytes);
    this.userAgents = userAgents.values.map((userAgent) => new Uint8Array(Buffer.from(continued({ userAgent }))));
    this.songs = new SongBytes(songs);
  }

  /** Begins the events of a visit. @returns where its page view ends; it begins at 0, the others where one has ended */
  pageView(visit: Visit, ordinal: number): number {
    this.at = 0;
    const song = visit.song < 0 ? undefined : this.songs.of(visit.song);
    return this.write(visit, (this.states[visit.state] as StateBytes).pageView, song, undefined, ordinal);
  }

  /** Adds the listen event of the page view just written. */
  listen(visit: Visit, ordinal: number): number {
    const { scratch, middleStart, middleEnd } = this;
    this.put((this.states[visit.state] as StateBytes).withAuth);
    scratch.copyWithin(this.at, middleStart, middleEnd);
    this.at += middleEnd - middleStart;
    return this.end(ordinal);
  }

  auth(visit: Visit, ordinal: number, success: boolean): number {
    const { withoutAuth } = this.states[visit.state] as StateBytes;
    return this.write(visit, withoutAuth, undefined, success ? SUCCEEDED : FAILED, ordinal);
  }

  statusChange(visit: Visit, ordinal: number): number {
    return this.write(visit, (this.states[visit.state] as StateBytes).withAuth, undefined, undefined, ordinal);
  }

  private write(
    visit: Visit,
    beginning: Uint8Array,
    song: Uint8Array | undefined,
    outcome: Uint8Array | undefined,
    ordinal: number,
  ): number {
    const { piece, placeEnd, idStart } = visit.user;
    const userAgent = this.userAgents[visit.userAgent] as Uint8Array;
    this.reserve(beginning.length + userAgent.length + (song === undefined ? 0 : song.length) + piece.length);
    this.put(beginning);
    this.middleStart = this.at;
    this.putWhole(visit.item);
    this.put(this.time.of(visit.atS));
    this.put(userAgent);
    if (song !== undefined) {
      this.scratch[this.at++] = COMMA;
      this.put(song);
    }
    if (outcome !== undefined) this.put(outcome);
    if ((this.states[visit.state] as StateBytes).showsUser) {
      this.put(piece);
    } else {
      this.put(piece.subarray(0, placeEnd));
      this.put(piece.subarray(idStart));
    }
    this.middleEnd = this.at;
    return this.end(ordinal);
  }

  private end(ordinal: number): number {
    this.putWhole(ordinal);
    this.scratch[this.at++] = QUOTE;
    this.scratch[this.at++] = CLOSE;
    return this.at;
  }

  /** Makes room for an event, and for a listen event that copies it. */
  private reserve(bytes: number): void {
    const neededBytes = this.at + 2 * (bytes + OTHER_PARTS_BYTES_MAX);
    if (neededBytes <= this.scratch.length) return;
    const larger = newBytes(2 * neededBytes);
    larger.set(this.scratch);
    this.scratch = larger;
  }

  private put(piece: Uint8Array): void {
    this.scratch.set(piece, this.at);
    this.at += piece.length;
  }

  /** A whole number from 0 to 2^53 - 1 in decimal digits. */
  private putWhole(value: number): void {
    if (value < BILLION) {
      this.putDigits(value, digitsOf(value));
      return;
    }
    const high = Math.floor(value / BILLION);
    this.putDigits(high, digitsOf(high));
    this.putDigits(value - high * BILLION, DIGITS_OF_BILLION);
  }

  private putDigits(value: number, digits: number): void {
    writeDigits(this.scratch, this.at, value, digits);
    this.at += digits;
  }
}

/** The field of the time, which most visits share but for its last digits. */
class TimeBytes {
  private bytes = latin1("");
  /** The second that stands there, and the first one with the same leading digits. */
  private timeS = Number.NaN;
  private spanS = Number.NaN;

  of(timeS: number): Uint8Array {
    if (timeS === this.timeS) return this.bytes;
    this.timeS = timeS;
    const inSpanS = timeS - this.spanS;
    if (inSpanS >= 0 && inSpanS < TIME_SPAN_S) {
      writeDigits(this.bytes, this.bytes.length - MILLISECONDS_DIGITS - TIME_DIGITS, inSpanS, TIME_DIGITS);
    } else {
      // A number has no leading zeros to write over: the first hours of 1970 are written out each time.
      this.spanS = timeS < TIME_SPAN_S ? Number.NaN : Math.floor(timeS / TIME_SPAN_S) * TIME_SPAN_S;
      this.bytes = latin1(`,"ts":${timeS * 1000}`);
    }
    return this.bytes;
  }
}

/** Memory that nobody has cleared: every byte of an event is written before it is read. */
function newBytes(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}

function writeDigits(bytes: Uint8Array, start: number, value: number, digits: number): void {
  let rest = value | 0;
  for (let at = start + digits - 1; at >= start; at--) {
    const tenth = (rest / 10) | 0;
    bytes[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits++;
  return digits;
}
