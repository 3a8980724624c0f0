import { destinationOf, effectiveConfiguration, planOf, spanGiven } from "../../../runtime/generator/options";
import { generatorSettings } from "../../../runtime/generator/settings";
import { parseSettings } from "../../../runtime/support/settings";
import { BUILT_IN, configurationWith } from "./simulate";

const NOW_S = Date.UTC(2026, 10, 22, 13, 37) / 1000;
const KAFKA = { KAFKA_BROKERS: "kafka:9092" };
const FILES = { GENERATOR_OUT: "folder" };

function settingsOf(given: Readonly<Record<string, string>>) {
  const { settings, problems } = parseSettings(generatorSettings, given);
  expect(problems).toEqual([]);
  return settings;
}

function planFor(given: Readonly<Record<string, string>>, configuration = BUILT_IN) {
  const settings = settingsOf(given);
  return planOf(settings, configuration, destinationOf(settings).kind, NOW_S);
}

const iso = (timeS: number) => new Date(timeS * 1000).toISOString().replace(".000Z", "Z");

test("a start some days ago is a midnight in UTC, and what goes to Kafka ends with the present", () => {
  const { startS, endS } = planFor({ ...KAFKA, GENERATOR_START_DAYS_AGO: "29" });
  expect(iso(startS)).toBe("2026-10-24T00:00:00Z");
  expect(endS).toBe(NOW_S);
});

test("six weeks before the end of all time are fewer", () => {
  expect(iso(planFor({ ...FILES, GENERATOR_START: "9999-12-30" }).endS)).toBe("9999-12-31T23:59:59Z");
});

test("an end some days ago is a midnight in UTC too", () => {
  const { endS } = planFor({ ...FILES, GENERATOR_START_DAYS_AGO: "3", GENERATOR_END_DAYS_AGO: "0" });
  expect(iso(endS)).toBe("2026-11-22T00:00:00Z");
});

test("without any start the same command gives the same events on every day", () => {
  const { startS, endS } = planFor(KAFKA);
  expect(iso(startS)).toBe("2025-01-01T00:00:00Z");
  expect(endS - startS).toBe(6 * 7 * 86_400);
});

test("eventsim's error 1: the dates of the file hold, and the command line's win over them", () => {
  const dated = configurationWith((file) => {
    Object.assign(file, { "start-date": "2024-02-01", "end-date": "2024-02-02", "n-users": 40 });
  });
  expect(planFor(FILES, dated)).toMatchObject({
    startS: Date.UTC(2024, 1, 1) / 1000,
    endS: Date.UTC(2024, 1, 2) / 1000,
    users: 40,
  });
  const changed = planFor({ ...FILES, GENERATOR_END: "2024-02-03T12:00:00Z", GENERATOR_USERS: "7" }, dated);
  expect(changed).toMatchObject({
    startS: Date.UTC(2024, 1, 1) / 1000,
    endS: Date.UTC(2024, 1, 3, 12) / 1000,
    users: 7,
  });
});

test("settings win over the configuration, and the configuration over the defaults", () => {
  const file = configurationWith((content) => {
    Object.assign(content, { "growth-rate": 0.5, tag: "A", "first-user-id": 100 });
  });
  const given = { GENERATOR_TAG: "B", GENERATOR_ATTRITION_RATE: "0.25", GENERATOR_FIRST_USER_ID: "0" };
  expect(effectiveConfiguration(settingsOf({ ...FILES, ...given }), file)).toMatchObject({
    growthRate: 0.5,
    attritionRate: 0.25,
    tag: "B",
    firstUserId: 0,
    hash: file.hash,
  });
  expect(effectiveConfiguration(settingsOf(FILES), file)).toEqual(file);
});

describe("a continuous run", () => {
  const CONTINUOUS = { GENERATOR_CONTINUOUS: "true" };

  test("starts now and has no end, unless told otherwise", () => {
    const { startS, endS, realTime } = planFor({ ...KAFKA, ...CONTINUOUS });
    expect(startS).toBe(NOW_S);
    expect(iso(endS)).toBe("9999-12-31T23:59:59Z");
    expect(realTime).toEqual({ speed: Number.POSITIVE_INFINITY, intoFuture: false });
    const told = planFor({ ...KAFKA, ...CONTINUOUS, GENERATOR_START: "2026-11-01", GENERATOR_END: "2026-12-01" });
    expect([iso(told.startS), iso(told.endS)]).toEqual(["2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"]);
  });

  test("is what a speed asks for too", () => {
    const { realTime } = planFor({ ...KAFKA, GENERATOR_SPEED: "60", GENERATOR_START_DAYS_AGO: "1" });
    expect(realTime).toEqual({ speed: 60, intoFuture: false });
  });

  test("goes ahead of the clock to files, where an end is given, and never to Kafka", () => {
    const future = { GENERATOR_SPEED: "60", GENERATOR_END: "2027-01-01" };
    expect(planFor({ ...FILES, ...future }).realTime?.intoFuture).toBe(true);
    expect(planFor({ ...KAFKA, ...future }).realTime?.intoFuture).toBe(false);
    expect(planFor({ ...FILES, GENERATOR_SPEED: "60" }).realTime?.intoFuture).toBe(false);
    // Without a speed it is a matter of waiting.
    expect(planFor({ ...FILES, ...CONTINUOUS, GENERATOR_END: "2027-01-01" }).realTime?.intoFuture).toBe(false);
  });
});

test("what goes on keeps the times that were counted from another now", () => {
  const settings = settingsOf({ ...KAFKA, GENERATOR_START_DAYS_AGO: "1" });
  const begun = { startS: 1_000, endS: 2_000 };
  expect(planOf(settings, BUILT_IN, "kafka", NOW_S, begun)).toMatchObject(begun);
  expect(spanGiven(settings, BUILT_IN)).toEqual({ start: "1 days ago", end: "left out" });
  expect(spanGiven(settingsOf({ ...KAFKA, GENERATOR_CONTINUOUS: "true" }), BUILT_IN)).toEqual({
    start: "now",
    end: "never",
  });
});

// Only a run that begins was asked where it ends: the state of a continuous run let one that is not write the future.
test("what was begun with the clock and goes on without it does not reach into Kafka's future", () => {
  const given = { ...KAFKA, GENERATOR_START: "2026-11-01", GENERATOR_END: "2026-12-01" };
  const begun = planOf(settingsOf({ ...given, GENERATOR_CONTINUOUS: "true" }), BUILT_IN, "kafka", NOW_S);
  expect(() => planOf(settingsOf(given), BUILT_IN, "kafka", NOW_S, begun)).toThrow(/reaches into the future/);
  expect(planOf(settingsOf(given), BUILT_IN, "kafka", begun.endS, begun).endS).toBe(begun.endS);
});

test("a shard is a part of the users", () => {
  expect(planFor({ ...FILES, GENERATOR_SHARD: "2/4" }).shard).toEqual({ index: 2, count: 4 });
  expect(planFor(FILES)).not.toHaveProperty("shard");
});

test.each<[string, Readonly<Record<string, string>>, RegExp]>([
  [
    "a part that there is none of",
    { ...FILES, GENERATOR_SHARD: "5/4" },
    /^GENERATOR_SHARD \(--shard\) is 5\/4, but of 4 parts there is none with the number 5; give 1\/4 to 4\/4\.$/,
  ],
  [
    "a number of events of a part",
    { ...FILES, GENERATOR_SHARD: "1/2", GENERATOR_EVENTS: "10" },
    /^--events 10 does not go with --shard 1\/2: which events are the first 10 of all only a process knows that simulates all users; limit the run by --end\.$/,
  ],
  [
    "a state of standard output",
    { GENERATOR_OUT: "-", GENERATOR_STATE: "run.state" },
    /^Standard output can't be taken up again where it broke off, so --state run\.state does not go with --out -; write to files/,
  ],
  [
    "two ends",
    { ...FILES, GENERATOR_END: "2026-01-01", GENERATOR_END_DAYS_AGO: "3" },
    /^The simulated time has one end, but GENERATOR_END \(2026-01-01\) and GENERATOR_END_DAYS_AGO \(3\) are given; leave one out\.$/,
  ],
  [
    "an end before the start, some days ago both",
    { ...FILES, GENERATOR_START_DAYS_AGO: "3", GENERATOR_END_DAYS_AGO: "3" },
    /^The end 2026-11-19T00:00:00Z does not lie after the start 2026-11-19T00:00:00Z; give --end a later time\.$/,
  ],
  [
    "a continuous run that has ended before now",
    { ...FILES, GENERATOR_CONTINUOUS: "true", GENERATOR_END: "2026-01-01" },
    /^The end 2026-01-01T00:00:00Z does not lie after the start 2026-11-22T13:37:00Z; give --end a later time, or --start an earlier one: a continuous run starts now unless told otherwise\.$/,
  ],
  [
    "a year that no event can be in",
    { ...FILES, GENERATOR_END: "9999-12-31T23:59:59-12:00" },
    /^GENERATOR_END is "9999-12-31T23:59:59-12:00", which is no day of the calendar from 1970 to 9999; give a time/,
  ],
  [
    "the future in Kafka",
    { ...KAFKA, GENERATOR_END: "2999-01-01" },
    /reaches into the future, which Kafka's readers refuse; end it before 2026-11-22T13:37:00Z, write to files, or let it wait for its time with --continuous\.$/,
  ],
])("refuses %s, in one sentence", (_, given, message) => {
  expect(() => planFor(given)).toThrow(message);
});
