import { EventChance } from "../../../../runtime/generator/disturbances/chance";
import {
  MALFORMATION_NAMES,
  MALFORMATIONS,
  type Malformation,
} from "../../../../runtime/generator/disturbances/malformations";
import { createJudge } from "../../../../runtime/processor/judge";
import { EVENTS, type Topic } from "../../../../runtime/schema/events";
import type { ProblemCode } from "../../../../runtime/schema/validator";
import { eventJson, START_MS } from "../../../support/processing";

const EVENTS_EACH = 30;
const LIMITS = { eventBytesMax: 1_000_000, eventAgeMaxMs: undefined };

/** As what the processor's judge must refuse each. */
const EXPECTED: Readonly<Record<Malformation, readonly ProblemCode[]>> = {
  cut_off: ["not_json"],
  empty: ["not_json"],
  not_utf8: ["not_json"],
  not_a_number: ["not_json"],
  missing_field: ["missing_field"],
  wrong_type: ["wrong_type"],
  out_of_range: ["out_of_range"],
  in_array: ["not_an_object"],
  as_text: ["not_an_object"],
  wrapped: ["missing_field"],
};

/** A guest's event, or one that shows its user, with text beyond ASCII. */
function goodEvent(topic: Topic, index: number): Uint8Array {
  const user = { userId: index, lastName: "Ölçer", firstName: "Zoë", gender: "F", registration: START_MS - 1 };
  return Buffer.from(eventJson(topic, index, { city: "Cañon City 東京", ...(index % 2 === 0 ? user : {}) }));
}

const judges = new Map(EVENTS.map((event) => [event.topic as Topic, createJudge(event, LIMITS)]));

function judged(topic: Topic, value: Uint8Array) {
  const judge = judges.get(topic) as ReturnType<typeof createJudge>;
  const verdict = judge({ offset: 0, timestampMs: START_MS, key: null, value, headers: {} });
  return [...new Set(verdict.problems?.map(({ code }) => code) ?? ["good"])];
}

function malformed(name: Malformation, topic: Topic, index: number): Uint8Array {
  const definition = EVENTS.find((event) => event.topic === topic) as (typeof EVENTS)[number];
  const chance = new EventChance(7);
  chance.turnTo(index, 3 * index);
  return MALFORMATIONS[name](goodEvent(topic, index), definition, chance);
}

const indices = Array.from({ length: EVENTS_EACH }, (_, index) => index);
const topics = EVENTS.map(({ topic }) => topic);

describe("records that are malformed on purpose", () => {
  test("are made of events that are good", () => {
    expect(topics.flatMap((topic) => [judged(topic, goodEvent(topic, 1)), judged(topic, goodEvent(topic, 2))])).toEqual(
      Array.from({ length: 8 }, () => ["good"]),
    );
  });

  test.each(MALFORMATION_NAMES)("%s: refused in every topic, as what it is", (name) => {
    const found = topics.flatMap((topic) =>
      indices.map((index) => judged(topic, malformed(name, topic, index)).join()),
    );
    expect(new Set(found)).toEqual(new Set(EXPECTED[name]));
  });

  test.each(MALFORMATION_NAMES)("%s: one line, on standard output too, where a line begins with the topic", (name) => {
    const lines = topics.flatMap((topic) =>
      indices.map((index) => {
        const value = malformed(name, topic, index);
        expect(value.includes(0x0a)).toBe(false);
        return judged(topic, Buffer.concat([Buffer.from(`{"topic":"${topic}",`), value.subarray(1)])).join();
      }),
    );
    expect(lines).not.toContain("good");
  });

  test.each(["cut_off", "not_utf8", "missing_field", "wrong_type", "out_of_range", "not_a_number"] as const)(
    "%s: in another way from event to event, the same for the same event",
    (name) => {
      const definition = EVENTS[0];
      const chance = new EventChance(3);
      const ways = indices.map((ordinal) => {
        chance.turnTo(1, ordinal);
        return Buffer.from(MALFORMATIONS[name](goodEvent("listen_events", 2), definition, chance)).toString("hex");
      });
      expect(new Set(ways).size).toBeGreaterThan(3);
      for (const index of indices) {
        expect(malformed(name, "auth_events", index)).toEqual(malformed(name, "auth_events", index));
      }
    },
  );

  test("leave the event itself as it is", () => {
    const event = goodEvent("listen_events", 1);
    const before = Buffer.from(event);
    const definition = EVENTS[0];
    for (const name of MALFORMATION_NAMES) MALFORMATIONS[name](event, definition, new EventChance(1));
    expect(Buffer.from(event)).toEqual(before);
  });
});
