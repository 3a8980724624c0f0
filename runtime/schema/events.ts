import type { EventDefinition, EventOf, FieldDefinition } from "./field";

/**
 * The one definition of every event. Field names on the wire are eventsim's; `eventId` is ours.
 * Adding a field here (optional, at the end of the list) is all it takes: types, validator, JSON Schema, Parquet,
 * Delta, BigQuery, DuckDB, Flink and docs/events.md follow.
 */

/** Version of the events on the wire, sent in the `schema-version` header. Additive changes leave it as it is. */
export const SCHEMA_VERSION = "1";

const when = {
  wire: "ts",
  column: "event_time",
  type: "timestamp_ms",
  minimum: 0,
  // The last millisecond of the year 9999: what the timestamps of BigQuery and Parquet readers hold.
  maximum: 253_402_300_799_999,
  description: "When the event happened.",
} as const satisfies FieldDefinition;

const session = {
  wire: "sessionId",
  column: "session_id",
  type: "integer",
  description: "The listener's visit; unique over all users.",
} as const satisfies FieldDefinition;

const auth = {
  wire: "auth",
  column: "auth",
  type: "text",
  description: "State of the login: Guest, Logged In, Logged Out or Cancelled.",
} as const satisfies FieldDefinition;

const level = {
  wire: "level",
  column: "level",
  type: "text",
  description: "Subscription level: free or paid.",
} as const satisfies FieldDefinition;

const itemInSession = {
  wire: "itemInSession",
  column: "item_in_session",
  type: "integer",
  minimum: 0,
  description: "Ordinal of the page within the session, from 0.",
} as const satisfies FieldDefinition;

const place = [
  { wire: "city", column: "city", type: "text", description: "City of the listener." },
  { wire: "zip", column: "zip", type: "text", description: "Postal code of the listener; text, it may begin with 0." },
  { wire: "state", column: "state", type: "text", description: "State of the listener, as a two-letter code." },
  { wire: "userAgent", column: "user_agent", type: "text", description: "The browser's user agent." },
  {
    wire: "lon",
    column: "longitude_deg",
    type: "number",
    minimum: -180,
    maximum: 180,
    description: "Longitude of the place, degrees east.",
  },
  {
    wire: "lat",
    column: "latitude_deg",
    type: "number",
    minimum: -90,
    maximum: 90,
    description: "Latitude of the place, degrees north.",
  },
] as const satisfies readonly FieldDefinition[];

/** The listener's own properties: only where the configuration's `show-user-details` says so. */
const user = [
  { wire: "userId", column: "user_id", type: "integer", optional: true, description: "The listener." },
  { wire: "lastName", column: "last_name", type: "text", optional: true, description: "Last name of the listener." },
  { wire: "firstName", column: "first_name", type: "text", optional: true, description: "First name of the listener." },
  { wire: "gender", column: "gender", type: "text", optional: true, description: "F or M." },
  {
    wire: "registration",
    column: "registered_at",
    type: "timestamp_ms",
    optional: true,
    minimum: 0,
    maximum: 253_402_300_799_999,
    description: "When the listener registered.",
  },
] as const satisfies readonly FieldDefinition[];

const eventId = {
  wire: "eventId",
  column: "event_id",
  type: "text",
  optional: true,
  description: "Unique name of the event; where the producer gave none, the lake holds <topic>/<partition>/<offset>.",
} as const satisfies FieldDefinition;

const durationMinimum = { minimum: 0, maximum: 86_400 } as const;

export const listenEvent = {
  topic: "listen_events",
  description: "A song begins to play: every visit of the page NextSong.",
  fields: [
    { wire: "artist", column: "artist_name", type: "text", description: "Artist of the song." },
    { wire: "song", column: "song_title", type: "text", description: "Title of the song." },
    {
      wire: "duration",
      column: "duration_s",
      type: "number",
      ...durationMinimum,
      description: "Length of the song, seconds.",
    },
    when,
    session,
    auth,
    level,
    itemInSession,
    ...place,
    ...user,
    eventId,
  ],
} as const satisfies EventDefinition;

export const pageViewEvent = {
  topic: "page_view_events",
  description: "A page is shown: every state that the listener's walk visits.",
  fields: [
    when,
    session,
    { wire: "page", column: "page", type: "text", description: "Name of the page." },
    auth,
    { wire: "method", column: "method", type: "text", description: "HTTP method of the request." },
    {
      wire: "status",
      column: "status_code",
      type: "integer",
      minimum: 100,
      maximum: 599,
      description: "HTTP status of the answer.",
    },
    level,
    itemInSession,
    ...place,
    ...user,
    { wire: "artist", column: "artist_name", type: "text", optional: true, description: "Artist, on NextSong." },
    { wire: "song", column: "song_title", type: "text", optional: true, description: "Title, on NextSong." },
    {
      wire: "duration",
      column: "duration_s",
      type: "number",
      optional: true,
      ...durationMinimum,
      description: "Length of the song, seconds, on NextSong.",
    },
    eventId,
  ],
} as const satisfies EventDefinition;

export const authEvent = {
  topic: "auth_events",
  description: "An attempt to log in.",
  fields: [
    when,
    session,
    level,
    itemInSession,
    ...place,
    ...user,
    { wire: "success", column: "success", type: "boolean", description: "Did the login succeed?" },
    eventId,
  ],
} as const satisfies EventDefinition;

export const statusChangeEvent = {
  topic: "status_change_events",
  description: "The listener's level or membership changes; the event carries the new one.",
  fields: [when, session, auth, level, itemInSession, ...place, ...user, eventId],
} as const satisfies EventDefinition;

/** Every event, in the order in which tables and pages list them. */
export const EVENTS = [listenEvent, pageViewEvent, authEvent, statusChangeEvent] as const;

export type Topic = (typeof EVENTS)[number]["topic"];
export type ListenEvent = EventOf<typeof listenEvent>;
export type PageViewEvent = EventOf<typeof pageViewEvent>;
export type AuthEvent = EventOf<typeof authEvent>;
export type StatusChangeEvent = EventOf<typeof statusChangeEvent>;

/** The definition of a topic's event; `undefined` for a topic that is none of ours. */
export function eventOf(topic: string): (typeof EVENTS)[number] | undefined {
  return EVENTS.find((event) => event.topic === topic);
}
