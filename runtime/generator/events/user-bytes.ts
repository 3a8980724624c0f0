import type { PageViewEvent } from "../../schema/events";
import type { User } from "../walk/user";

/** What a user adds to every event, encoded once. */
export interface UserBytes {
  /** Place and properties: `,"city":...,"lat":...,"userId":...,"registration":...`. */
  readonly shown: Uint8Array;
  /** The place alone, where the user is not shown. */
  readonly hidden: Uint8Array;
  /** The beginning of the event's id: `,"eventId":"<seed>-<user id>-`. */
  readonly eventId: Uint8Array;
  /** Once a session, after the seconds of the time: `000,"sessionId":<session id>`. */
  session: Uint8Array;
  /** More bytes than all of these together. */
  readonly bytesMax: number;
  /** The Kafka key of events that show the user. */
  readonly key: string;
}

const SESSION_BYTES_MAX = 32;

/** The bytes of a session. */
export function sessionBytes(sessionId: number): Uint8Array {
  return latin1(`000,"sessionId":${sessionId}`);
}

/** Text of ASCII characters as bytes. */
export function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** The optional `tag` is eventsim's; it is no field of ours, and the lake keeps it among the unknown ones. */
type UserFields = Partial<PageViewEvent> & { readonly tag?: string };

/** The bytes of a user. @param tag of the configuration */
export function userBytes(user: User, seed: number, tag: string | undefined): UserBytes {
  const { place, userAgent, firstName, lastName } = user.profile;
  const where: Partial<PageViewEvent> = {
    city: place.city,
    zip: place.zip,
    state: place.state,
    userAgent,
    lon: place.longitudeDeg,
    lat: place.latitudeDeg,
  };
  const who: UserFields = {
    userId: user.id,
    lastName,
    firstName: firstName.name,
    gender: firstName.gender,
    registration: user.registeredS * 1000,
    ...(tag === undefined ? {} : { tag }),
  };
  const hidden = Buffer.from(`,${JSON.stringify(where).slice(1, -1)}`);
  const details = Buffer.from(`,${JSON.stringify(who).slice(1, -1)}`);
  const shown = new Uint8Array(Buffer.concat([hidden, details]));
  const eventId = latin1(`,"eventId":"${seed}-${user.id}-`);
  return {
    shown,
    hidden: shown.subarray(0, hidden.length),
    eventId,
    session: sessionBytes(user.sessionId),
    bytesMax: shown.length + eventId.length + SESSION_BYTES_MAX,
    key: `${user.id}`,
  };
}
