import { EVENTS } from "../../runtime/schema/events";
import { type Blocks, markdownTable } from "./blocks";

/** What a field says of a listener. */
export type Personal =
  /** Who it is, directly or by one look into another system. */
  | "names the person"
  /** With others it leads to a person: where and with which browser somebody listens. */
  | "with others leads to the person"
  /** What a person did, once it is known who. */
  | "says what the person did"
  /** Nothing about a person. */
  | "no";

/** Every column of the events, judged; a test fails where a new field is not. */
export const PERSONAL: Readonly<Record<string, Personal>> = {
  event_time: "says what the person did",
  session_id: "with others leads to the person",
  page: "says what the person did",
  auth: "says what the person did",
  method: "no",
  status_code: "no",
  level: "says what the person did",
  item_in_session: "no",
  city: "with others leads to the person",
  zip: "with others leads to the person",
  state: "with others leads to the person",
  user_agent: "with others leads to the person",
  longitude_deg: "with others leads to the person",
  latitude_deg: "with others leads to the person",
  user_id: "names the person",
  last_name: "names the person",
  first_name: "names the person",
  gender: "with others leads to the person",
  registered_at: "with others leads to the person",
  artist_name: "says what the person did",
  song_title: "says what the person did",
  duration_s: "no",
  success: "says what the person did",
  event_id: "with others leads to the person",
};

/** The personal fields of the events, by what they say. */
export function personalBlocks(): Blocks {
  const kinds = [...new Set(Object.values(PERSONAL))].filter((kind) => kind !== "no");
  const fields = EVENTS.flatMap(({ topic, fields: all }) => all.map((field) => ({ topic, ...field })));
  const rows = kinds.toSorted().flatMap((kind) =>
    Object.entries(PERSONAL)
      .filter(([, personal]) => personal === kind)
      .map(([column]) => {
        const having = fields.filter((field) => field.column === column);
        const topics = having.length === EVENTS.length ? "all" : having.map(({ topic }) => `\`${topic}\``).join(", ");
        return [kind, `\`${having[0]?.wire}\``, `\`${column}\``, topics];
      }),
  );
  return { "personal-data": markdownTable(["what it does", "field on the wire", "column", "topics"], rows) };
}
