import { setTimeout as sleep } from "node:timers/promises";
import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { RhythmicError } from "../../../runtime/support/errors";
import { collectLines } from "../../support/lines";
import { appendEvents, booksOf, HOUR_MS, kafkaWithTopics, processAll, startProcessor } from "../../support/processing";

/** A stop where the lake or Kafka does not come back. One where all is well: ../clean-stop.test.ts. */

const STOP_WITHIN_MS = 300;

/** A lake that takes nothing any more once it is told so: `create` never answers. */
function hangingLake(): { readonly store: ObjectStore; readonly lake: ObjectStore; hang(): void } {
  const lake = createMemoryStore();
  let hangs = false;
  const store: ObjectStore = {
    ...lake,
    create: (name, bytes) => (hangs ? new Promise(() => undefined) : lake.create(name, bytes)),
  };
  return {
    store,
    lake,
    hang: () => {
      hangs = true;
    },
  };
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
  await sleep(150);
  hang();
  const stoppedMs = performance.now();
  await expect(processor.stop()).rejects.toMatchObject({
    code: "interrupted",
    message: "What was in hand was not done within 0.3 s of being asked to stop.",
  });
  expect(performance.now() - stoppedMs).toBeLessThan(STOP_WITHIN_MS + 500);
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
  const { store, hang } = hangingLake();
  const processor = startProcessor(kafka, store, {
    stopWithinMs: STOP_WITHIN_MS,
    settings: { PROCESSOR_CUT_INTERVAL_MS: 100 },
  });
  await sleep(150);
  hang();
  appendEvents(kafka, "listen_events", 25);
  await sleep(500);
  const stoppedMs = performance.now();
  await expect(processor.stop()).rejects.toMatchObject({ code: "interrupted" });
  expect(performance.now() - stoppedMs).toBeLessThan(STOP_WITHIN_MS + 500);
});

test("without Kafka nothing more is committed, and the stop says so", async () => {
  const kafka = kafkaWithTopics();
  const lake = createMemoryStore();
  const log = collectLines();
  appendEvents(kafka, "listen_events", 10);
  await processAll(kafka, lake);
  appendEvents(kafka, "listen_events", 15, 10);
  const processor = startProcessor(kafka, lake, { log, settings: { PROCESSOR_CUT_INTERVAL_MS: HOUR_MS } });
  await sleep(150);
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
