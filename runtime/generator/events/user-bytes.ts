import type { PageViewEvent } from "../../schema/events";
import type { Place } from "../catalog/catalog";
import type { Profile } from "../walk/profile";
import type { World } from "../walk/world";

/** Users share slabs of this size; a slab is free again when none of its users is there any more. */
const SLAB_BYTES = 256 * 1024;
/** A character of JavaScript takes three bytes of UTF-8 at most. */
const BYTES_PER_CHAR_MAX = 3;
const ZERO = 0x30;

/** The optional `tag` is eventsim's; it is no field of ours, and the lake keeps it among the unknown ones. */
type UserFields = Partial<PageViewEvent> & { readonly tag?: string };

/**
 * What a user adds to every event, in one piece:
 *
 * ```
 * ,"sessionId":7000012,"city":...,"lat":45.1 ,"userId":7,...,"registration":1767225600000 ,"eventId":"1-7-
 *                                            ^ placeEnd                                   ^ idStart
 * ```
 */
export interface UserBytes {
  /** All of it; its bytes change in place where a session begins. */
  readonly piece: Uint8Array;
  /** Where the place ends: what is written of a user who is not shown, together with the beginning of the event's id. */
  readonly placeEnd: number;
  readonly idStart: number;
  /** The Kafka key of events that show the user. */
  readonly key: string;
  /** What the piece was made with. */
  readonly registeredS: number;
  /** Id of the session that stands in the piece. */
  session: number;
}

export const NOBODY: UserBytes = {
  piece: new Uint8Array(0),
  placeEnd: 0,
  idStart: 0,
  key: "",
  registeredS: 0,
  session: 0,
};

/** Text of ASCII characters as bytes. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

const SESSION_FIELD = ',"sessionId":';

/** Makes the bytes of users, one after the other in slabs. */
export class UserBytesMaker {
  private slab: Buffer = Buffer.alloc(0);
  private at = 0;

  /** By the place's index in the catalogue: thousands of users live in the same places. */
  private readonly places: (Uint8Array | undefined)[] = [];

  constructor(private readonly world: World) {}

  make(userId: number, profile: Profile, registeredS: number, sessionId: number): UserBytes {
    const { seed, configuration } = this.world;
    const { firstName, lastName } = profile;
    const fields: UserFields = {
      userId,
      lastName,
      firstName: firstName.name,
      gender: firstName.gender,
      registration: registeredS * 1000,
      ...(configuration.tag === undefined ? {} : { tag: configuration.tag }),
    };
    const session = `${SESSION_FIELD}${sessionId}`;
    const place = this.placeBytes(profile.place);
    const eventId = `,"eventId":"${seed}-${userId}-`;
    const user = continued(fields) + eventId;
    this.reserve(session.length + place.length + user.length * BYTES_PER_CHAR_MAX);
    const start = this.at;
    this.at += this.slab.write(session, this.at, "latin1");
    this.slab.set(place, this.at);
    this.at += place.length;
    const placeEnd = this.at - start;
    this.at += this.slab.write(user, this.at);
    const end = this.at;
    return {
      piece: new Uint8Array(this.slab.buffer, this.slab.byteOffset + start, end - start),
      placeEnd,
      // The event's id is ASCII: a byte for each character.
      idStart: end - start - eventId.length,
      key: `${userId}`,
      registeredS,
      session: sessionId,
    };
  }

  private placeBytes(index: number): Uint8Array {
    let bytes = this.places[index];
    if (bytes === undefined) {
      const place = this.world.catalog.places.values[index] as Place;
      const fields: Partial<PageViewEvent> = {
        city: place.city,
        zip: place.zip,
        state: place.state,
        lon: place.longitudeDeg,
        lat: place.latitudeDeg,
      };
      bytes = new Uint8Array(Buffer.from(continued(fields)));
      this.places[index] = bytes;
    }
    return bytes;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.slab.length) return;
    this.slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
    this.at = 0;
  }
}

/**
 * Puts another session of the user into the piece.
 * @param sessionId must have as many digits as the one before
 */
export function putSession(bytes: UserBytes, sessionId: number): void {
  const { piece } = bytes;
  const start = SESSION_FIELD.length;
  let rest = sessionId;
  let at = start;
  while (isDigit(piece[at] as number)) at++;
  while (--at >= start) {
    const tenth = Math.floor(rest / 10);
    piece[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  bytes.session = sessionId;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte < ZERO + 10;
}

/** `{"a":1}` as `,"a":1`. */
export function continued(fields: object): string {
  return `,${JSON.stringify(fields).slice(1, -1)}`;
}
