import type { SourceRecord } from "../../../runtime/kafka/event-source";
import { createJudge } from "../../../runtime/processor/judge";
import { listenEvent } from "../../../runtime/schema/events";
import { eventJson, HOUR_MS, START_MS } from "../../support/processing";

const judge = createJudge(listenEvent, { eventBytesMax: 2_000, eventAgeMaxMs: 24 * HOUR_MS });

function record(value: string | Uint8Array | null, changes: Partial<SourceRecord> = {}): SourceRecord {
  return {
    offset: 0,
    timestampMs: START_MS,
    key: null,
    value: typeof value === "string" ? Buffer.from(value) : value,
    headers: {},
    ...changes,
  };
}
const codes = (found: ReturnType<typeof judge>) => found.problems?.map((problem) => problem.code);

describe("the judge of records", () => {
  test("passes a good event, with or without our headers", () => {
    expect(judge(record(eventJson("listen_events", 1))).event).toMatchObject({ artist: "Artist 1" });
    const headers = { "schema-version": Buffer.from("1"), "content-type": "application/json" };
    expect(judge(record(eventJson("listen_events", 1), { headers })).problems).toBeUndefined();
  });

  test.each([
    ["a tombstone", record(null), ["tombstone"]],
    ["what is not JSON", record("{"), ["not_json"]],
    ["an empty value", record(""), ["not_json"]],
    ["bytes that are not UTF-8", record(new Uint8Array([0x7b, 0xff, 0x7d])), ["not_json"]],
    ["JSON that is no object", record("[1]"), ["not_an_object"]],
    ["a value too large", record("x".repeat(2_001)), ["oversized"]],
    ["a wrong type", record(eventJson("listen_events", 1, { duration: "long" })), ["wrong_type"]],
    ["a number out of range", record(eventJson("listen_events", 1, { lat: 91 })), ["out_of_range"]],
    [
      "an event too old",
      record(eventJson("listen_events", 1, { ts: START_MS - 25 * HOUR_MS })),
      ["event_time_out_of_range"],
    ],
    [
      "an event of the future",
      record(eventJson("listen_events", 1, { ts: START_MS + 2 * HOUR_MS })),
      ["event_time_out_of_range"],
    ],
    [
      "an unknown schema version",
      record(eventJson("listen_events", 1), { headers: { "schema-version": "2" } }),
      ["unknown_schema_version"],
    ],
  ])("refuses %s", (_what, given, expected) => {
    expect(codes(judge(given))).toEqual(expected);
  });

  test("names all problems of a record together", () => {
    const given = record(JSON.stringify({ ts: "now", sessionId: 1.5, lat: 99 }), {
      headers: { "schema-version": "9" },
    });
    const found = judge(given);
    expect(codes(found)?.slice(0, 1)).toEqual(["unknown_schema_version"]);
    expect(found.problems?.filter((problem) => problem.code === "missing_field").map((p) => p.field)).toContain(
      "artist",
    );
    expect(found.problems?.filter((problem) => problem.code === "wrong_type").map((p) => p.field)).toEqual([
      "ts",
      "sessionId",
    ]);
    expect(found.problems?.find((problem) => problem.code === "out_of_range")).toMatchObject({
      field: "lat",
      found: "99",
      allowed: "a finite number, from -90 to 90",
    });
  });

  test("has no lower limit of time where none is set", () => {
    const anyTime = createJudge(listenEvent, { eventBytesMax: 2_000, eventAgeMaxMs: undefined });
    expect(anyTime(record(eventJson("listen_events", 1, { ts: 0 }))).problems).toBeUndefined();
  });
});
