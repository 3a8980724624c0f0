import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { RhythmicError } from "../../../runtime/support/errors";
import { eventually } from "../../support/eventually";
import { collectLines } from "../../support/lines";
import {
  appendEvents,
  booksOf,
  HOUR_MS,
  kafkaWithTopics,
  processAll,
  type Running,
  startProcessor,
} from "../../support/processing";

/** A stop where the lake or Kafka does not come back. One where all is well: ../clean-stop.test.ts. */

const STOP_WITHIN_MS = 300;
/** A machine that is busy may be late; without a limit it would take for ever. */
const LATE_MS = 5_000;

/** A lake that takes nothing any more once it is told so: `create` never answers. */
function hangingLake() {
  const lake = createMemoryStore();
  let hangs = false;
  let hanging = 0;
  const store: ObjectStore = {
    ...lake,
    create(name, bytes) {
      if (!hangs) return lake.create(name, bytes);
      hanging += 1;
      return new Promise(() => undefined);
    },
  };
  return {
    store,
    lake,
    /** How many calls wait for an answer. */
    hanging: () => hanging,
    hang: () => {
      hangs = true;
    },
  };
}

/** Counts the records that a processor has taken into memory; to be called in the turn in which it was started. */
function countTaken({ source }: Running): () => number {
  let taken = 0;
  const start = source.start.bind(source);
  source.start = (topics, handler) =>
    start(topics, {
      assigned: (assignment) => handler.assigned(assignment),
      async records(topic, partition, records, heartbeat) {
        await handler.records(topic, partition, records, heartbeat);
        taken += records.length;
      },
    });
  return () => taken;
}

test("a lake that does not answer holds up no stop: the group is left, what was in memory is named and read again", async () => {
  const kafka = kafkaWithTopics();
  const { store, lake, hang } = hangingLake();
  const log = collectLines();
  appendEvents(kafka, "listen_events", 25);
  appendEvents(kafka, "auth_events", 4);
  const processor = startProcessor(kafka, store, {
    log,
    stopWithinMs: STOP_WITHIN_MS,
    settings: { PROCESSOR_CUT_INTERVAL_MS: HOUR_MS },
  });
  const taken = countTaken(processor);
  await eventually("all is in memory", () => taken() === 29);
  hang();
  const stoppedMs = performance.now();
  await expect(processor.stop()).rejects.toMatchObject({
    code: "interrupted",
    message: "What was in hand was not done within 0.3 s of being asked to stop.",
  });
  expect(performance.now() - stoppedMs).toBeLessThan(STOP_WITHIN_MS + LATE_MS);
  expect(log.lines.filter(({ severity }) => severity === "WARNING")).toEqual([
    {
      severity: "WARNING",
      message:
        "stopped with 29 records in memory that are not known to be committed; nothing is lost: the next processor " +
        "reads them from Kafka again, from where the lake's log ends",
      context: { inMemory: { listen_events: 25, auth_events: 4 } },
    },
  ]);
  await processAll(kafka, lake);
  expect(await booksOf(kafka, lake)).toMatchObject({ balanced: true, lakeRows: 29, duplicates: 0 });
});

test("a cut that hangs already when the stop comes holds it up no longer", async () => {
  const kafka = kafkaWithTopics();
  const { store, hang, hanging } = hangingLake();
  const processor = startProcessor(kafka, store, {
    stopWithinMs: STOP_WITHIN_MS,
    settings: { PROCESSOR_CUT_INTERVAL_MS: 100 },
  });
  const taken = countTaken(processor);
  appendEvents(kafka, "listen_events", 1);
  await eventually("it reads", () => taken() === 1);
  hang();
  appendEvents(kafka, "listen_events", 25, 1);
  await eventually("a cut hangs", () => hanging() > 0);
  const stoppedMs = performance.now();
  await expect(processor.stop()).rejects.toMatchObject({ code: "interrupted" });
  expect(performance.now() - stoppedMs).toBeLessThan(STOP_WITHIN_MS + LATE_MS);
});

test("without Kafka nothing more is committed, and the stop says so", async () => {
  const kafka = kafkaWithTopics();
  const lake = createMemoryStore();
  const log = collectLines();
  appendEvents(kafka, "listen_events", 10);
  await processAll(kafka, lake);
  appendEvents(kafka, "listen_events", 15, 10);
  const processor = startProcessor(kafka, lake, { log, settings: { PROCESSOR_CUT_INTERVAL_MS: HOUR_MS } });
  const taken = countTaken(processor);
  // Of each partition the last one that the lake knows, to compare, and the new ones.
  await eventually("all is in memory", () => taken() === 2 + 15);
  // The connection is lost, and a look at the topic finds nobody.
  processor.source.recordAt = async () => {
    throw new RhythmicError("broker_unreachable", "Kafka does not answer at memory:1.");
  };
  kafka.disturb();
  await expect(processor.stop()).rejects.toMatchObject({
    code: "broker_unreachable",
    message: expect.stringMatching(/^Kafka does not answer, and without it nothing more is committed/),
  });
  expect(log.lines.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/^stopped with 15 records in memory that are not known to be committed; nothing is lost/),
  );
  await processAll(kafka, lake);
  expect(await booksOf(kafka, lake)).toMatchObject({ balanced: true, lakeRows: 25 });
});
