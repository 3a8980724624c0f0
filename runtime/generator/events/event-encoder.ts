import type { ListenEvent, PageViewEvent, StatusChangeEvent } from "../../schema/events";
import type { Songs } from "../catalog/catalog";
import type { State } from "../config/state-machine";
import type { User } from "../walk/user";
import { latin1, type UserBytes } from "./user-bytes";

/** Events share slabs of this size; a slab is free again when nobody holds an event of it any more. */
const SLAB_BYTES = 256 * 1024;
/** More than all parts of an event together that come from neither the user nor the song nor the state. */
const OTHER_PARTS_BYTES_MAX = 256;
/** Up to this many bytes a plain loop copies faster than a call of `set`. */
const LOOP_BYTES_MAX = 12;
const BILLION = 1_000_000_000;
const ZERO = 0x30;

const OPEN_TIME = latin1('{"ts":');
const OPEN = latin1("{");
const TIME = latin1(',"ts":');
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
  private slab = newSlab(SLAB_BYTES);
  private start = 0;
  private at = 0;
  private readonly states: readonly StateBytes[];
  /** The song last written, which most often stands in two events in a row. */
  private song = -1;
  private songBytes: Uint8Array = OPEN;

  constructor(
    states: readonly State[],
    private readonly songs: Songs,
  ) {
    this.states = states.map(stateBytes);
  }

  pageView(user: User, bytes: UserBytes, ordinal: number): Uint8Array {
    this.begin(user, bytes);
    this.put(OPEN_TIME);
    this.common(user, (this.states[user.state.index] as StateBytes).pageView, bytes);
    if (user.playsNow) {
      this.put(COMMA);
      this.put(this.songBytes);
    }
    return this.end(bytes, ordinal);
  }

  listen(user: User, bytes: UserBytes, ordinal: number): Uint8Array {
    this.begin(user, bytes);
    this.put(OPEN);
    this.put(this.songBytes);
    this.put(TIME);
    this.common(user, (this.states[user.state.index] as StateBytes).withAuth, bytes);
    return this.end(bytes, ordinal);
  }

  auth(user: User, bytes: UserBytes, ordinal: number, success: boolean): Uint8Array {
    this.begin(user, bytes);
    this.put(OPEN_TIME);
    this.common(user, (this.states[user.state.index] as StateBytes).withoutAuth, bytes);
    this.put(success ? SUCCEEDED : FAILED);
    return this.end(bytes, ordinal);
  }

  statusChange(user: User, bytes: UserBytes, ordinal: number): Uint8Array {
    this.begin(user, bytes);
    this.put(OPEN_TIME);
    this.common(user, (this.states[user.state.index] as StateBytes).withAuth, bytes);
    return this.end(bytes, ordinal);
  }

  private begin(user: User, bytes: UserBytes): void {
    const state = this.states[user.state.index] as StateBytes;
    if (user.playsNow) this.readySong(user.song);
    const bytesMax = bytes.bytesMax + state.pageView.length + this.songBytes.length + OTHER_PARTS_BYTES_MAX;
    if (this.at + bytesMax > this.slab.length) {
      this.slab = newSlab(Math.max(SLAB_BYTES, bytesMax));
      this.at = 0;
    }
    this.start = this.at;
  }

  private common(user: User, state: Uint8Array, bytes: UserBytes): void {
    this.putWhole(user.atS);
    this.put(bytes.session);
    this.put(state);
    this.putWhole(user.itemInSession);
    this.put(user.state.showsUser ? bytes.shown : bytes.hidden);
  }

  private end(bytes: UserBytes, ordinal: number): Uint8Array {
    this.put(bytes.eventId);
    this.putWhole(ordinal);
    this.put(CLOSE);
    return new Uint8Array(this.slab.buffer, this.start, this.at - this.start);
  }

  private readySong(song: number): void {
    if (song === this.song) return;
    this.song = song;
    this.songBytes = this.songs.bytesOf(song);
  }

  private put(piece: Uint8Array): void {
    const { slab, at } = this;
    const { length } = piece;
    if (length > LOOP_BYTES_MAX) slab.set(piece, at);
    else for (let i = 0; i < length; i++) slab[at + i] = piece[i] as number;
    this.at = at + length;
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

/** Memory that nobody has cleared: every byte of an event is written before it is read. */
function newSlab(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits++;
  return digits;
}
