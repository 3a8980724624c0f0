import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bigQueryFields } from "../../../runtime/schema/bigquery";
import { columnsOf, PARTITION_COLUMNS } from "../../../runtime/schema/columns";
import { deltaFields } from "../../../runtime/schema/delta";
import { duckDbColumns } from "../../../runtime/schema/duckdb";
import { EVENTS, eventOf, listenEvent } from "../../../runtime/schema/events";
import type { EventDefinition, EventOf } from "../../../runtime/schema/field";
import { flinkDdl } from "../../../runtime/schema/flink";
import { jsonSchema } from "../../../runtime/schema/json-schema";
import { eventsPage } from "../../../runtime/schema/markdown";
import { parquetSchema } from "../../../runtime/schema/parquet";
import { validatorOf } from "../../../runtime/schema/validator";
import { describeWithSharedData } from "../../support/requires";

const skipCount = {
  wire: "skipCount",
  column: "skip_count",
  type: "integer",
  optional: true,
  minimum: 0,
  maximum: 9,
  description: "How often the listener skipped ahead.",
} as const;
const extended = { ...listenEvent, fields: [...listenEvent.fields, skipCount] } as const satisfies EventDefinition;

const good = {
  artist: "A",
  song: "S",
  duration: 180.5,
  ts: 1_767_225_600_000,
  sessionId: 1,
  auth: "Logged In",
  level: "free",
  itemInSession: 0,
  city: "Springfield",
  zip: "01101",
  state: "MA",
  userAgent: "Mozilla/5.0",
  lon: -72.5,
  lat: 42.1,
};

describe("a field added to an event", () => {
  test("is in the TypeScript type", () => {
    const event: EventOf<typeof extended> = { ...good, skipCount: 3 };
    expect(event.skipCount).toBe(3);
    // @ts-expect-error: it is a number
    const wrong: EventOf<typeof extended> = { ...good, skipCount: "3" };
    expect(wrong).toBeDefined();
    // @ts-expect-error: the artist is required
    const missing: EventOf<typeof extended> = { skipCount: 3 };
    expect(missing).toBeDefined();
  });

  test("is checked by the validator, and may be absent", () => {
    const { validate } = validatorOf(extended);
    expect(validate(good)).toEqual([]);
    expect(validate({ ...good, skipCount: 9 })).toEqual([]);
    expect(validate({ ...good, skipCount: 10 })).toEqual([
      {
        code: "out_of_range",
        field: "skipCount",
        found: "10",
        allowed: "a whole number within ±(2^53 - 1), from 0 to 9",
      },
    ]);
  });

  test("is in JSON Schema, Parquet, Delta, BigQuery, DuckDB, Flink and the docs page", () => {
    const columns = columnsOf(extended);
    expect(jsonSchema(extended).properties.skipCount).toMatchObject({ type: "integer", minimum: 0, maximum: 9 });
    expect(jsonSchema(extended).required).not.toContain("skipCount");
    expect(parquetSchema(columns)).toContainEqual({ name: "skip_count", type: "INT64", repetition_type: "OPTIONAL" });
    expect(deltaFields(columns, PARTITION_COLUMNS)).toContainEqual({
      name: "skip_count",
      type: "long",
      nullable: true,
      metadata: { comment: skipCount.description },
    });
    expect(bigQueryFields(columns)).toContainEqual({
      name: "skip_count",
      type: "INTEGER",
      mode: "NULLABLE",
      description: skipCount.description,
    });
    expect(duckDbColumns(columns)).toContain('"skip_count" BIGINT,');
    expect(flinkDdl(extended)).toContain("`skipCount` BIGINT");
    expect(eventsPage([extended])).toContain("| `skipCount` | `skip_count` | integer (0 to 9) | yes |");
  });
});

describe("the validator", () => {
  const { validate } = validatorOf(listenEvent);

  test("names every problem of an event at once", () => {
    const { artist: _artist, ...rest } = good;
    const problems = validate({ ...rest, duration: "long", lat: 91, ts: 1.5 });
    expect(problems.map(({ code, field, found }) => [code, field, found])).toEqual([
      ["missing_field", "artist", "nothing"],
      ["wrong_type", "duration", '"long"'],
      ["wrong_type", "ts", "1.5"],
      ["out_of_range", "lat", "91"],
    ]);
    expect(problems.every((problem) => problem.allowed.length > 0)).toBe(true);
  });

  test.each([[null], [[]], ["text"], [3], [true]])("refuses %p, which is no object", (value) => {
    expect(validate(value)).toEqual([{ code: "not_an_object", found: expect.any(String), allowed: "a JSON object" }]);
  });

  test("takes a null for a wrong type, not for an absence", () => {
    expect(validate({ ...good, userId: null })).toMatchObject([{ code: "wrong_type", field: "userId", found: "null" }]);
  });

  test("shortens what it found", () => {
    const [problem] = validate({ ...good, ts: "x".repeat(10_000) });
    expect(problem?.found.length).toBeLessThanOrEqual(80);
  });

  test("lets fields pass that it does not know", () => {
    expect(validate({ ...good, somethingNew: { a: 1 } })).toEqual([]);
  });
});

describe("the events", () => {
  test.each(EVENTS.map((event) => [event.topic, event] as const))(
    "%s has wire names and columns of its own",
    (_t, event) => {
      const columns = columnsOf(event).map((column) => column.name);
      expect(new Set(columns).size).toBe(columns.length);
      for (const column of columns) expect(column).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(eventOf(event.topic)).toBe(event);
    },
  );

  test("stand in docs/events.md as they are (npm run generate-files writes it)", () => {
    expect(readFileSync(join(__dirname, "../../../docs/events.md"), "utf8")).toBe(eventsPage(EVENTS));
  });
});

describeWithSharedData("eventsim's own output", "eventsim-sample", (folder) => {
  test.each(EVENTS.map((event) => [event.topic, event] as const))("%s passes the validator whole", (topic, event) => {
    const { validate } = validatorOf(event);
    const lines = readFileSync(join(folder, `${topic}.ndjson`), "utf8")
      .trim()
      .split("\n");
    expect(lines).toHaveLength(2_000);
    for (const line of lines) expect(validate(JSON.parse(line))).toEqual([]);
  });
});
