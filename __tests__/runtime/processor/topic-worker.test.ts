import type { EventSource } from "../../../runtime/kafka/event-source";
import type { MemoryKafka } from "../../../runtime/kafka/memory-kafka";
import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { DeadLetterTable } from "../../../runtime/processor/dead-letters";
import { processorReports } from "../../../runtime/processor/metrics";
import type { ProcessorSettings } from "../../../runtime/processor/settings";
import { TopicWorker } from "../../../runtime/processor/topic-worker";
import { listenEvent } from "../../../runtime/schema/events";
import { RhythmicError } from "../../../runtime/support/errors";
import { SILENT } from "../../../runtime/support/logging";
import { createReporter } from "../../../runtime/support/reporting";
import {
  appendEvents,
  booksOf,
  kafkaWithTopics,
  processAll,
  startProcessor,
  testSettings,
} from "../../support/processing";

/** Interleavings that broke an earlier form of the worker: what it had in memory was committed over another's. */

const TOPIC = "listen_events";

interface Tested {
  readonly worker: TopicWorker;
  /** Delivers what Kafka holds of a partition from an offset to before another. */
  deliver(partition: number, from: number, to: number, seeks?: number): Promise<void>;
}

/** A worker whose deliveries the test makes itself. */
async function workerOn(
  kafka: MemoryKafka,
  store: ObjectStore,
  source: Partial<EventSource> = {},
  settings: Partial<ProcessorSettings> = {},
): Promise<Tested> {
  const real = kafka.source("worker");
  const passive = { ...methodsOf(real), seek() {}, pause() {}, epoch: () => 0, ...source } as EventSource;
  const context = {
    store,
    source: passive,
    clusterId: kafka.clusterId,
    deadLetters: await DeadLetterTable.open(store, kafka.clusterId, SILENT),
    settings: testSettings(settings),
    log: SILENT,
    report: createReporter(SILENT, processorReports),
  };
  const worker = await TopicWorker.open(listenEvent, context);
  return {
    worker,
    deliver: (partition, from, to, seeks) =>
      worker.take(partition, kafka.read(TOPIC, partition, from, to - from), async () => undefined, seeks),
  };
}

function methodsOf(source: EventSource): Partial<EventSource> {
  return {
    clusterId: () => source.clusterId(),
    offsets: (topic) => source.offsets(topic),
    recordAt: (topic, partition, offset) => source.recordAt(topic, partition, offset),
    commitOffsets: async () => undefined,
  };
}

async function kafkaWithEvents(count: number) {
  const kafka = kafkaWithTopics(2);
  appendEvents(kafka, TOPIC, count);
  return { kafka, store: createMemoryStore() };
}

const whole = { balanced: true, duplicates: 0, missing: 0, problems: [] };

test("an error after the commit point leaves nothing in memory that could be committed again", async () => {
  const { kafka, store } = await kafkaWithEvents(20);
  kafka.append(TOPIC, 0, { value: "bad" });
  let broken = false;
  const failing: ObjectStore = {
    ...store,
    async *list(prefix, options) {
      if (broken && prefix.startsWith("dead_letters/")) throw new RhythmicError("lake_unusable", "the folder is gone");
      yield* store.list(prefix, options);
    },
  };
  const { worker, deliver } = await workerOn(kafka, failing);
  await worker.assign([0, 1]);
  await deliver(0, 0, 11);
  broken = true;
  await expect(worker.cut()).rejects.toThrow("the folder is gone");
  await worker.cut();
  await processAll(kafka, store);
  expect(await booksOf(kafka, store)).toMatchObject({ ...whole, lakeRows: 20, deadLetters: 1 });
});

test("a processor whose step failed commits nothing any more, not even at its end", async () => {
  const { kafka, store } = await kafkaWithEvents(20);
  let broken = false;
  const breaking: ObjectStore = {
    ...store,
    async *list(prefix, options) {
      if (broken) throw new RhythmicError("lake_unusable", "the folder is gone");
      yield* store.list(prefix, options);
    },
    async create(name, bytes) {
      // The commit of the first cut: its answer is another's entry, and reading that fails.
      if (name.endsWith("listen_events/_delta_log/00000000000000000001.json")) {
        await store.create(name, bytes);
        broken = true;
        return "exists";
      }
      return store.create(name, bytes);
    },
  };
  const processor = startProcessor(kafka, breaking);
  await expect(processor.ended).rejects.toThrow("the folder is gone");
  broken = false;
  await processAll(kafka, store);
  expect(await booksOf(kafka, store)).toMatchObject({ ...whole, lakeRows: 20 });
});

test("what another has committed is not committed again, whoever has read the log meanwhile", async () => {
  const { kafka, store } = await kafkaWithEvents(20);
  const a = await workerOn(kafka, store);
  const b = await workerOn(kafka, store);
  await a.worker.assign([0, 1]);
  await b.worker.assign([0, 1]);
  await a.deliver(1, 0, 10);
  await b.deliver(0, 0, 10);
  await b.deliver(1, 0, 5);
  await b.worker.cut();
  // Asks how far others are, and gives up partition 0: neither may disarm the fence of partition 1.
  expect(await a.worker.committedOffsets([0, 1])).toEqual(
    new Map([
      [0, 10],
      [1, 5],
    ]),
  );
  await a.deliver(0, 0, 3);
  await a.worker.cut();
  await processAll(kafka, store);
  expect(await booksOf(kafka, store)).toMatchObject({ ...whole, lakeRows: 20 });
});

test("an own entry that is found behind a lost answer, with another's after it, does not hide that one", async () => {
  const { kafka, store } = await kafkaWithEvents(20);
  const b = await workerOn(kafka, store);
  let interposed = false;
  const lostAnswer: ObjectStore = {
    ...store,
    async create(name, bytes) {
      const answer = await store.create(name, bytes);
      if (interposed || !name.includes("events/listen_events/_delta_log/")) return answer;
      interposed = true;
      await b.worker.assign([0]);
      // From the record before, which the log knows by now.
      await b.deliver(0, 4, 10);
      await b.worker.cut();
      return "exists";
    },
  };
  const a = await workerOn(kafka, lostAnswer);
  await a.worker.assign([0, 1]);
  await a.deliver(0, 0, 5);
  await a.worker.cut();
  await a.deliver(0, 5, 10);
  await a.worker.cut();
  await processAll(kafka, store);
  expect(await booksOf(kafka, store)).toMatchObject({ ...whole, lakeRows: 20 });
});

test("a delivery from before a seek is dropped, not taken for another topic's", async () => {
  const { kafka, store } = await kafkaWithEvents(40);
  const a = await workerOn(kafka, store);
  const b = await workerOn(kafka, store);
  await a.worker.assign([0]);
  await a.deliver(0, 0, 10);
  await b.worker.assign([0]);
  await b.deliver(0, 0, 5);
  await b.worker.cut();
  const seeks = a.worker.seeksOf(0);
  await a.worker.cut();
  await a.deliver(0, 10, 20, seeks);
  expect(a.worker.halted.size).toBe(0);
  // As the new seek brings them: from the record before.
  await a.deliver(0, 4, 20);
  await a.worker.cut();
  expect(a.worker.halted.size).toBe(0);
  await processAll(kafka, store);
  expect(await booksOf(kafka, store)).toMatchObject({ ...whole, lakeRows: 40 });
});

test("a Kafka that is away when a commit has to look makes the commit wait, and nothing else", async () => {
  const { kafka, store } = await kafkaWithEvents(20);
  let epoch = 0;
  let away = false;
  const unreachable = new RhythmicError("broker_unreachable", "Kafka does not answer.");
  const { worker, deliver } = await workerOn(kafka, store, {
    epoch: () => epoch,
    offsets: async (topic) => {
      if (away) throw unreachable;
      return kafka.offsets(topic);
    },
    recordAt: async (topic, partition, offset) => {
      if (away) throw unreachable;
      return kafka.recordAt(topic, partition, offset);
    },
  });
  await worker.assign([0]);
  await deliver(0, 0, 5);
  await worker.cut();
  await deliver(0, 5, 10);
  [epoch, away] = [1, true];
  await worker.cut();
  expect((await worker.committedOffsets([0])).get(0)).toBe(5);
  await worker.assign([0, 1]);
  expect(worker.halted.size).toBe(0);
  away = false;
  await worker.begin();
  await deliver(1, 0, 10);
  await worker.cut();
  expect(await worker.committedOffsets([0, 1])).toEqual(
    new Map([
      [0, 10],
      [1, 10],
    ]),
  );
  expect(await booksOf(kafka, store)).toMatchObject({ ...whole, lakeRows: 20 });
});

test("a schema that was changed meanwhile is checked before the next number, not after the commit", async () => {
  const { kafka, store } = await kafkaWithEvents(20);
  const { worker, deliver } = await workerOn(kafka, store);
  await worker.assign([0]);
  await deliver(0, 0, 5);
  const log = "events/listen_events/_delta_log/0000000000000000000";
  const first = new TextDecoder().decode(await store.get(`${log}0.json`));
  await store.create(
    `${log}1.json`,
    new TextEncoder().encode(first.replace('\\"city\\",\\"type\\":\\"string\\"', '\\"city\\",\\"type\\":\\"long\\"')),
  );
  await expect(worker.cut()).rejects.toMatchObject({ code: "lake_mismatch" });
  expect(await store.get(`${log}2.json`)).toBeUndefined();
});

test("a topic whose records are all gone by retention is caught up with", async () => {
  const kafka = kafkaWithTopics(1);
  appendEvents(kafka, TOPIC, 10);
  kafka.trim(TOPIC, 0, 10);
  await processAll(kafka, createMemoryStore());
});

test("a flood of empty records is cut like any other", async () => {
  const kafka = kafkaWithTopics(1);
  for (let index = 0; index < 5_000; index++) kafka.append(TOPIC, 0, { value: null });
  const store = createMemoryStore();
  const { worker, deliver } = await workerOn(kafka, store);
  await worker.assign([0]);
  await deliver(0, 0, 5_000);
  expect(worker.bytes).toBeGreaterThan(1_000_000);
});
