import type { ListenEvent, PageViewEvent, StatusChangeEvent } from "../../schema/events";
import type { Songs } from "../catalog/catalog";
import type { State } from "../config/state-machine";
import type { User } from "../walk/user";
import type { UserBytes } from "./user-bytes";

/** Events share slabs of this size; a slab is free again when nobody holds an event of it any more. */
const SLAB_BYTES = 256 * 1024;
/** More than all parts of an event together that come from neither the user nor the song nor the state. */
const OTHER_PARTS_BYTES_MAX = 256;
/** Below this many bytes a plain loop copies faster than a call of `set`. */
const LOOP_BYTES_MAX = 48;
const BILLION = 1_000_000_000;
const ZERO = 0x30;

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const OPEN_TIME = latin1('{"ts":');
const OPEN = latin1("{");
const TIME = latin1(',"ts":');
const SESSION = latin1('000,"sessionId":');
const SUCCEEDED = latin1(',"success":true');
const FAILED = latin1(',"success":false');
const COMMA = latin1(",");
const CLOSE = latin1('"}');

/** What a state adds to each event, up to the ordinal within the session. */
interface StateBytes {
  readonly pageView: Uint8Array;
  readonly withAuth: Uint8Array;
  readonly withoutAuth: Uint8Array;
}

/** `{"a":1}` as `,"a":1`. */
function continued(fields: object): string {
  return `,${JSON.stringify(fields).slice(1, -1)}`;
}

function stateBytes({ page, auth, status, method, level }: State): StateBytes {
  const pageView: Partial<PageViewEvent> = { page, auth, method, status, level };
  const withAuth: Partial<ListenEvent & StatusChangeEvent> = { auth, level };
  const bytes = (fields: object) => new Uint8Array(Buffer.from(`${continued(fields)},"itemInSession":`));
  return { pageView: bytes(pageView), withAuth: bytes(withAuth), withoutAuth: bytes({ level }) };
}

/**
 * Writes events as JSON bytes, put together from pieces that are encoded once a state, a song and a user: nothing is
 * stringified on the way. Every event is a view that stays as it is; its bytes are never used again.
 *
 * ```
 * {"ts":1767225600000,"sessionId":7000000,"page":...,"level":"free","itemInSession":3,"city":...,"lat":45.1,
 *  "userId":7,...,"registration":1767225600000,"artist":...,"song":...,"duration":221.5,"eventId":"1-7-12"}
 * ```
 */
export class EventEncoder {
  private slab = new Uint8Array(SLAB_BYTES);
  private start = 0;
  private at = 0;
  private readonly states: readonly StateBytes[];

  constructor(
    states: readonly State[],
    private readonly songs: Songs,
  ) {
    this.states = states.map(stateBytes);
  }

  pageView(user: User, bytes: UserBytes, ordinal: number): Uint8Array {
    this.begin(user, bytes);
    this.put(OPEN_TIME);
    this.common(user, (this.states[user.state.index] as StateBytes).pageView);
    this.putUser(user, bytes);
    if (user.playsNow) {
      this.put(COMMA);
      this.putSong(user.song);
    }
    return this.end(bytes, ordinal);
  }

  listen(user: User, bytes: UserBytes, ordinal: number): Uint8Array {
    this.begin(user, bytes);
    this.put(OPEN);
    this.putSong(user.song);
    this.put(TIME);
    this.common(user, (this.states[user.state.index] as StateBytes).withAuth);
    this.putUser(user, bytes);
    return this.end(bytes, ordinal);
  }

  auth(user: User, bytes: UserBytes, ordinal: number, success: boolean): Uint8Array {
    this.begin(user, bytes);
    this.put(OPEN_TIME);
    this.common(user, (this.states[user.state.index] as StateBytes).withoutAuth);
    this.putUser(user, bytes);
    this.put(success ? SUCCEEDED : FAILED);
    return this.end(bytes, ordinal);
  }

  statusChange(user: User, bytes: UserBytes, ordinal: number): Uint8Array {
    this.begin(user, bytes);
    this.put(OPEN_TIME);
    this.common(user, (this.states[user.state.index] as StateBytes).withAuth);
    this.putUser(user, bytes);
    return this.end(bytes, ordinal);
  }

  private begin(user: User, bytes: UserBytes): void {
    const state = this.states[user.state.index] as StateBytes;
    const songBytes = user.playsNow ? this.songBytes(user.song) : 0;
    const bytesMax = bytes.all.length + state.pageView.length + songBytes + OTHER_PARTS_BYTES_MAX;
    if (this.at + bytesMax > this.slab.length) {
      this.slab = new Uint8Array(Math.max(SLAB_BYTES, bytesMax));
      this.at = 0;
    }
    this.start = this.at;
  }

  /** Milliseconds are seconds and "000", which stand at the beginning of SESSION. */
  private common(user: User, state: Uint8Array): void {
    this.putWhole(user.atS);
    this.put(SESSION);
    this.putWhole(user.sessionId);
    this.put(state);
    this.putWhole(user.itemInSession);
  }

  private end(bytes: UserBytes, ordinal: number): Uint8Array {
    this.putRange(bytes.all, bytes.detailsEnd, bytes.all.length);
    this.putWhole(ordinal);
    this.put(CLOSE);
    return new Uint8Array(this.slab.buffer, this.start, this.at - this.start);
  }

  private putUser(user: User, bytes: UserBytes): void {
    this.put(user.state.showsUser ? bytes.shown : bytes.hidden);
  }

  private songBytes(song: number): number {
    return (this.songs.starts[song + 1] as number) - (this.songs.starts[song] as number);
  }

  private putSong(song: number): void {
    this.putRange(this.songs.bytes, this.songs.starts[song] as number, this.songs.starts[song + 1] as number);
  }

  private put(piece: Uint8Array): void {
    if (piece.length < LOOP_BYTES_MAX) {
      this.putRange(piece, 0, piece.length);
    } else {
      this.slab.set(piece, this.at);
      this.at += piece.length;
    }
  }

  private putRange(from: Uint8Array, start: number, end: number): void {
    const { slab } = this;
    let { at } = this;
    for (let i = start; i < end; i++) slab[at++] = from[i] as number;
    this.at = at;
  }

  /** A whole number from 0 to 2^53 - 1 in decimal digits. */
  private putWhole(value: number): void {
    if (value < BILLION) {
      this.putDigits(value, digitsOf(value));
      return;
    }
    const high = Math.floor(value / BILLION);
    this.putDigits(high, digitsOf(high));
    this.putDigits(value - high * BILLION, 9);
  }

  private putDigits(value: number, digits: number): void {
    const { slab } = this;
    let rest = value | 0;
    for (let at = this.at + digits - 1; at >= this.at; at--) {
      const tenth = (rest / 10) | 0;
      slab[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.at += digits;
  }
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits++;
  return digits;
}
