import type { PageViewEvent } from "../../schema/events";
import type { User } from "../walk/user";

/** What a user adds to every event, encoded once. */
export interface UserBytes {
  /** Place and properties: `,"city":...,"lat":...,"userId":...,"registration":...`. */
  readonly shown: Uint8Array;
  /** The place alone, where the user is not shown. */
  readonly hidden: Uint8Array;
  /** `shown` and the beginning of the event's id: `,"eventId":"<seed>-<user id>-`. */
  readonly all: Uint8Array;
  /** Where the event's id begins in `all`. */
  readonly detailsEnd: number;
  /** The Kafka key of events that show the user. */
  readonly key: string;
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
  const eventId = Buffer.from(`,"eventId":"${seed}-${user.id}-`);
  const all = new Uint8Array(Buffer.concat([hidden, details, eventId]));
  const detailsEnd = hidden.length + details.length;
  return {
    shown: all.subarray(0, detailsEnd),
    hidden: all.subarray(0, hidden.length),
    all,
    detailsEnd,
    key: `${user.id}`,
  };
}
