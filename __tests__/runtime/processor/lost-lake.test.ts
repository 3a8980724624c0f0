import type { MemoryKafka } from "../../../runtime/kafka/memory-kafka";
import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { RhythmicError } from "../../../runtime/support/errors";
import { eventually } from "../../support/eventually";
import { collectLines } from "../../support/lines";
import { appendEvents, booksOf, kafkaWithTopics, type Running, startProcessor } from "../../support/processing";

/** A lake that answers nothing while it is told to be away, as a bucket does whose service is down. */
function lakeThatGoesAway() {
  const lake = createMemoryStore();
  let isAway = false;
  let refused = 0;
  const answer = <T>(work: () => Promise<T>): Promise<T> => {
    if (!isAway) return work();
    refused += 1;
    return Promise.reject(new RhythmicError("lake_unreachable", "The lake memory can't be read: no answer."));
  };
  const store: ObjectStore = {
    ...lake,
    create: (name, bytes) => answer(() => lake.create(name, bytes)),
    get: (name) => answer(() => lake.get(name)),
    getRange: (name, start, end) => answer(() => lake.getRange(name, start, end)),
    async *list(prefix, options) {
      await answer(async () => undefined);
      yield* lake.list(prefix, options);
    },
  };
  return {
    lake,
    store,
    refused: () => refused,
    goAway: (away: boolean) => {
      isAway = away;
    },
  };
}

const running: Running[] = [];
afterEach(async () => {
  // Also after a test that has failed: a processor that goes on would keep the tests from ending.
  for (const processor of running.splice(0)) await processor.stop().catch(() => undefined);
});

function start(...args: Parameters<typeof startProcessor>): Running {
  const processor = startProcessor(...args);
  running.push(processor);
  return processor;
}

/** Rows in the lake; `undefined` where there is no lake yet. */
async function rowsIn(kafka: MemoryKafka, lake: ObjectStore): Promise<number | undefined> {
  const books = await booksOf(kafka, lake).catch(() => undefined);
  return books?.lakeRows;
}

// A processor whose upload failed for a minute ended; all of them did at once, and their groups made them anew for ever.
test("a lake that is away ends no processor: it goes on where it was, and nothing is lost or twice", async () => {
  const kafka = kafkaWithTopics();
  const { lake, store, refused, goAway } = lakeThatGoesAway();
  const log = collectLines();
  const processor = start(kafka, store, { log });
  let ended = false;
  void processor.ended
    .finally(() => {
      ended = true;
    })
    .catch(() => undefined);
  appendEvents(kafka, "listen_events", 40);
  await eventually("the first events are in the lake", async () => (await rowsIn(kafka, lake)) === 40);
  goAway(true);
  appendEvents(kafka, "listen_events", 60, 40);
  appendEvents(kafka, "auth_events", 10);
  await eventually("the lake has failed it, and once more", () => refused() >= 2);
  expect(ended).toBe(false);
  expect(await rowsIn(kafka, lake)).toBe(40);
  goAway(false);
  await eventually("all events are in the lake", async () => (await rowsIn(kafka, lake)) === 110);
  expect(log.lines.map(({ message }) => message)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^waiting for the lake: /), "the lake answers again"]),
  );
  await processor.stop();
  expect(await booksOf(kafka, lake)).toMatchObject({ lakeRows: 110, duplicates: 0, missing: 0, balanced: true });
});

test("a lake that is away holds up no stop", async () => {
  const kafka = kafkaWithTopics();
  const { lake, store, refused, goAway } = lakeThatGoesAway();
  const processor = start(kafka, store);
  await eventually("its tables are there", async () => (await rowsIn(kafka, lake)) === 0);
  goAway(true);
  appendEvents(kafka, "listen_events", 10);
  await eventually("the lake has failed it", () => refused() > 0);
  await expect(processor.stop()).rejects.toMatchObject({ code: "lake_unreachable" });
  expect(await rowsIn(kafka, lake)).toBe(0);
});
