import { setTimeout as sleep } from "node:timers/promises";
import type { MemoryKafka } from "../../../runtime/kafka/memory-kafka";
import { type Action, decodeActions } from "../../../runtime/lake/delta/actions";
import { readSnapshot } from "../../../runtime/lake/delta/snapshot";
import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { readParquetColumns } from "../../../runtime/lake/parquet-reader";
import { EVENTS, type Topic } from "../../../runtime/schema/events";
import type { Logger } from "../../../runtime/support/logging";
import { eventually } from "../../support/eventually";
import {
  appendEvents,
  booksOf,
  eventJson,
  HOUR_MS,
  kafkaWithTopics,
  processAll,
  START_MS,
  startProcessor,
} from "../../support/processing";

const LISTEN = "events/listen_events";

async function rowsOf(
  store: ObjectStore,
  tablePath: string,
  columns: readonly string[],
): Promise<Record<string, unknown>[]> {
  const snapshot = await readSnapshot(store, tablePath);
  const rows: Record<string, unknown>[] = [];
  for (const file of snapshot?.files.values() ?? []) {
    const found: Record<string, unknown[]> = {};
    await readParquetColumns(store, `${tablePath}/${file.path}`, file.sizeBytes, columns, (column, values) => {
      found[column] = [...(found[column] ?? []), ...Array.from(values)];
    });
    for (let row = 0; row < file.rows; row++) {
      rows.push({ ...file.partitionValues, ...Object.fromEntries(columns.map((name) => [name, found[name]?.[row]])) });
    }
  }
  return rows;
}

function collectingLogger(): Logger & { readonly errors: string[] } {
  const errors: string[] = [];
  return { errors, debug() {}, info() {}, warn() {}, error: (_context, message) => void errors.push(message) };
}

describe("the processor", () => {
  test("brings every topic into its table, typed, by the hour of the event", async () => {
    const kafka = kafkaWithTopics();
    const store = createMemoryStore();
    for (const { topic } of EVENTS) appendEvents(kafka, topic, 50);
    kafka.append("listen_events", 0, { value: eventJson("listen_events", 50, { ts: START_MS - 30 * HOUR_MS }) });
    await processAll(kafka, store);
    const books = await booksOf(kafka, store);
    expect(books).toMatchObject({ balanced: true, acknowledged: 201, lakeRows: 201, duplicates: 0, missing: 0 });
    const rows = await rowsOf(store, LISTEN, [
      "event_id",
      "event_time",
      "event_hour",
      "kafka_partition",
      "kafka_offset",
    ]);
    const late = rows.find((row) => row.event_id === "listen_events-50");
    expect(late).toMatchObject({
      date: "2025-12-31",
      hour: "1",
      event_time: new Date(START_MS - 30 * HOUR_MS),
      event_hour: new Date(Date.UTC(2025, 11, 31, 1)),
      kafka_partition: 0n,
      kafka_offset: 25n,
    });
    expect(new Set(rows.map((row) => `${row.kafka_partition}/${row.kafka_offset}`)).size).toBe(51);
  });

  test("makes every table as soon as it has started, also of topics without a record", async () => {
    const store = createMemoryStore();
    await processAll(kafkaWithTopics(), store);
    for (const { topic } of EVENTS) expect((await readSnapshot(store, `events/${topic}`))?.version).toBe(0);
    expect((await readSnapshot(store, "dead_letters"))?.version).toBe(0);
  });

  test("gives an event an id where its producer gave none, and keeps fields that it does not know", async () => {
    const kafka = kafkaWithTopics();
    const store = createMemoryStore();
    kafka.append("listen_events", 1, { value: eventJson("listen_events", 0, { eventId: undefined, mood: ["blue"] }) });
    await processAll(kafka, store);
    expect(await rowsOf(store, LISTEN, ["event_id", "unknown_fields"])).toEqual([
      expect.objectContaining({ event_id: "listen_events/1/0", unknown_fields: '{"mood":["blue"]}' }),
    ]);
  });

  test("puts bad records beside, whole and with all their problems, and goes on", async () => {
    const kafka = kafkaWithTopics(1);
    const store = createMemoryStore();
    kafka.append("listen_events", 0, { key: "k", value: "no JSON", headers: { trace: "abc" } });
    kafka.append("listen_events", 0, { value: null });
    appendEvents(kafka, "listen_events", 3);
    await processAll(kafka, store);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: true, lakeRows: 3, deadLetters: 2 });
    const columns = ["kafka_offset", "key", "value", "headers", "problems"];
    const [first, second] = await rowsOf(store, "dead_letters", columns);
    expect(first).toMatchObject({ topic: "listen_events", kafka_offset: 0n, key: "k", value: "no JSON" });
    expect(first?.headers).toBe(JSON.stringify({ trace: Buffer.from("abc").toString("base64") }));
    expect(JSON.parse(String(first?.problems))).toEqual([
      { code: "not_json", found: '"no JSON"', allowed: "a JSON object in UTF-8" },
    ]);
    expect(second).toMatchObject({ kafka_offset: 1n, value: null });
  });

  test("commits what only holds dead letters with a txn and no add", async () => {
    const kafka = kafkaWithTopics(1);
    const store = createMemoryStore();
    kafka.append("auth_events", 0, { value: "bad" });
    await processAll(kafka, store);
    const entry = await store.get("events/auth_events/_delta_log/00000000000000000001.json");
    const actions = decodeActions(entry ?? new Uint8Array(), "entry");
    const keys = (action: Action) => Object.keys(action)[0];
    expect(actions.map(keys)).toEqual(["commitInfo", "txn"]);
  });

  test("resumes from the lake's log, never from the group's offsets", async () => {
    const kafka = kafkaWithTopics();
    const store = createMemoryStore();
    appendEvents(kafka, "listen_events", 40);
    await processAll(kafka, store);
    // A group that has lost, or gone ahead of, its place changes nothing.
    kafka.commit(
      "processor",
      new Map([
        [
          "listen_events",
          new Map([
            [0, 0],
            [1, 1_000],
          ]),
        ],
      ]),
    );
    appendEvents(kafka, "listen_events", 40, 40);
    await processAll(kafka, store);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: true, lakeRows: 80 });
  });

  test("goes on where every commit of offsets to Kafka is refused", async () => {
    const kafka = kafkaWithTopics();
    kafka.commitError = new Error("not authorized");
    const store = createMemoryStore();
    appendEvents(kafka, "page_view_events", 30);
    await processAll(kafka, store);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: true, lakeRows: 30 });
  });

  test("commits what is in hand on SIGTERM, and nothing is read again after it", async () => {
    const kafka = kafkaWithTopics();
    const store = createMemoryStore();
    appendEvents(kafka, "listen_events", 25);
    const processor = startProcessor(kafka, store, { settings: { PROCESSOR_CUT_INTERVAL_MS: HOUR_MS } });
    // Long before the first cut on time.
    await sleep(150);
    await processor.stop();
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: true, lakeRows: 25 });
    expect(kafka.committed("processor").get("listen_events/0")).toBe(13);
  });

  test("cuts where too many hours are open: 500 hours of backlog never stand in memory together", async () => {
    const kafka = kafkaWithTopics(1);
    const store = createMemoryStore();
    for (let hour = 0; hour < 500; hour++) {
      kafka.append("listen_events", 0, { value: eventJson("listen_events", hour, { ts: START_MS - hour * HOUR_MS }) });
    }
    await processAll(kafka, store, { PROCESSOR_OPEN_HOURS_MAX: 20, PROCESSOR_CUT_INTERVAL_MS: HOUR_MS });
    const snapshot = await readSnapshot(store, LISTEN);
    expect(snapshot?.files.size).toBe(500);
    expect(snapshot?.version).toBeGreaterThanOrEqual(23);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: true, lakeRows: 500 });
  });

  test("cuts by bytes", async () => {
    const kafka = kafkaWithTopics(1);
    const store = createMemoryStore();
    appendEvents(kafka, "listen_events", 6_000);
    await processAll(kafka, store, { PROCESSOR_CUT_BYTES_MAX: 200_000, PROCESSOR_CUT_INTERVAL_MS: HOUR_MS });
    expect((await readSnapshot(store, LISTEN))?.version).toBeGreaterThan(3);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: true, lakeRows: 6_000 });
  });
});

describe("several processors", () => {
  test("share the partitions of a group", async () => {
    const kafka = kafkaWithTopics(4);
    const store = createMemoryStore();
    const processors = [startProcessor(kafka, store), startProcessor(kafka, store)];
    for (let round = 0; round < 10; round++) {
      appendEvents(kafka, "listen_events", 100, round * 100);
      await sleep(20);
    }
    await Promise.all(processors.map((processor) => processor.stop()));
    await processAll(kafka, store);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: true, lakeRows: 1_000 });
  });

  test("on the same partitions at once (zombies) still write every event once", async () => {
    const kafka = kafkaWithTopics(2);
    const store = createMemoryStore();
    // Different groups: Kafka gives every partition to each of them.
    const processors = ["a", "b", "c"].map((group) => startProcessor(kafka, store, { group }));
    for (let round = 0; round < 20; round++) {
      appendEvents(kafka, "listen_events", 50, round * 50);
      kafka.append("listen_events", round % 2, { value: `bad ${round}` });
      await sleep(30);
    }
    await Promise.all(processors.map((processor) => processor.stop()));
    await processAll(kafka, store);
    const books = await booksOf(kafka, store);
    expect(books.problems).toEqual([]);
    expect(books).toMatchObject({ lakeRows: 1_000, deadLetters: 20, duplicates: 0, missing: 0 });
  });
});

describe("a processor that dies", () => {
  const topics: Topic[] = ["listen_events", "auth_events"];

  function filled(): MemoryKafka {
    const kafka = kafkaWithTopics(2);
    for (const topic of topics) {
      appendEvents(kafka, topic, 40);
      kafka.append(topic, 1, { value: "bad" });
    }
    return kafka;
  }

  /** From its n-th change on the store answers nothing any more, as for a process that has died; `landed` or not. */
  function dyingStore(
    store: ObjectStore,
    changes: number,
    landed: boolean,
  ): { store: ObjectStore; died: Promise<void> } {
    let left = changes;
    let die: () => void = () => undefined;
    const died = new Promise<void>((resolve) => {
      die = resolve;
    });
    const never = new Promise<never>(() => undefined);
    const dying: ObjectStore = {
      ...store,
      async create(name, bytes) {
        left--;
        if (left > 0) return store.create(name, bytes);
        if (left === 0 && landed) await store.create(name, bytes);
        die();
        return never;
      },
    };
    return { store: dying, died };
  }

  test.each([true, false])(
    "at any change of the lake leaves nothing lost and nothing twice (the change landed: %s)",
    async (landed) => {
      for (let change = 1; ; change++) {
        const kafka = filled();
        const lake = createMemoryStore();
        const { store, died } = dyingStore(lake, change, landed);
        const first = startProcessor(kafka, store, { settings: { PROCESSOR_UNTIL_CAUGHT_UP: true } });
        const outcome = await Promise.race([died.then(() => "died"), first.ended.then(() => "done")]);
        // The dead one never leaves its group by itself; Kafka takes its partitions away.
        const next = startProcessor(kafka, lake, { group: "next", settings: { PROCESSOR_UNTIL_CAUGHT_UP: true } });
        await next.ended;
        const books = await booksOf(kafka, lake);
        expect([change, books.problems]).toEqual([change, []]);
        expect(books).toMatchObject({ lakeRows: 80, deadLetters: 2, duplicates: 0, missing: 0 });
        if (outcome === "done") {
          // Tables, files, log entries and dead letters: there were many changes to die at.
          expect(change).toBeGreaterThan(15);
          break;
        }
      }
    },
  );
});

describe("a topic that is not the one the lake knows", () => {
  async function started(): Promise<{ kafka: MemoryKafka; store: ObjectStore }> {
    const kafka = kafkaWithTopics(1);
    const store = createMemoryStore();
    appendEvents(kafka, "listen_events", 20);
    await processAll(kafka, store);
    return { kafka, store };
  }
  const untouched = async (store: ObjectStore) => (await readSnapshot(store, LISTEN))?.version;

  test("made anew and shorter: halts and says what to do", async () => {
    const { kafka, store } = await started();
    kafka.makeTopic("listen_events", 1);
    appendEvents(kafka, "listen_events", 5);
    await expect(processAll(kafka, store)).rejects.toMatchObject({
      code: "lake_mismatch",
      exitCode: 1,
      message: expect.stringMatching(
        /next offset of listen_events\/0 is 20, but Kafka holds 0 to 5.*Put the topic back, or start with a new lake/,
      ),
    });
    expect(await untouched(store)).toBe(1);
  });

  test("made anew and longer: the record before the lake's end is another", async () => {
    const { kafka, store } = await started();
    kafka.makeTopic("listen_events", 1);
    appendEvents(kafka, "listen_events", 50, 1_000);
    await expect(processAll(kafka, store)).rejects.toMatchObject({
      code: "lake_mismatch",
      message: expect.stringMatching(/record listen_events\/0\/19 is not the one that the lake/),
    });
    expect(await untouched(store)).toBe(1);
  });

  test("of another cluster", async () => {
    const { kafka, store } = await started();
    kafka.clusterId = "another-cluster";
    await expect(processAll(kafka, store)).rejects.toMatchObject({
      code: "lake_mismatch",
      message: expect.stringMatching(/from the Kafka cluster memory-cluster, and this is another-cluster/),
    });
  });

  test("passed by its retention: nothing is skipped in silence", async () => {
    const { kafka, store } = await started();
    appendEvents(kafka, "listen_events", 20, 20);
    kafka.trim("listen_events", 0, 30);
    await expect(processAll(kafka, store)).rejects.toMatchObject({ code: "lake_mismatch" });
    expect(await untouched(store)).toBe(1);
  });

  test("made anew while it is read: the commit looks first", async () => {
    const { kafka, store } = await started();
    const log = collectingLogger();
    const processor = startProcessor(kafka, store, { log, settings: { PROCESSOR_CUT_INTERVAL_MS: 1_000 } });
    appendEvents(kafka, "listen_events", 1, 20);
    // Read, but not yet cut.
    await sleep(500);
    kafka.makeTopic("listen_events", 1);
    appendEvents(kafka, "listen_events", 60, 5_000);
    await eventually("it halts", () => log.errors.length > 0);
    await processor.stop().catch(() => undefined);
    expect(log.errors[0]).toMatch(/listen_events\/0/);
    expect(await untouched(store)).toBe(1);
  });

  test("stops only its own partition: the other topics go on", async () => {
    const { kafka, store } = await started();
    kafka.makeTopic("listen_events", 1);
    appendEvents(kafka, "page_view_events", 30);
    const log = collectingLogger();
    const processor = startProcessor(kafka, store, { log });
    await eventually(
      "the other topic is committed",
      async () => ((await readSnapshot(store, "events/page_view_events"))?.version ?? 0) > 0,
    );
    await processor.stop();
    expect(log.errors).toEqual([expect.stringMatching(/listen_events\/0/)]);
  });
});
