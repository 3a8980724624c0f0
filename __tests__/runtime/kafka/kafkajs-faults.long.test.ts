import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, type Message } from "kafkajs";
import type { SourceHandler } from "../../../runtime/kafka/event-source";
import { createTopics } from "../../../runtime/kafka/kafkajs-admin";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { createKafkaSource } from "../../../runtime/kafka/kafkajs-source";
import { makeAuthority, readKeyPair } from "../../../runtime/keeper/certificates";
import { SILENT } from "../../../runtime/support/logging";
import { type Broker, startBroker } from "../../../scripts/kafka/broker";
import { freePorts } from "../../../scripts/kafka/ports";
import { eventually } from "../../support/eventually";

jest.setTimeout(90_000);

const TOPIC = { name: "events", partitions: 3, config: {} };

/** A broker that comes back waits this long for the members that it remembers; the local one allows so little. */
const SESSION_TIMEOUT_MS = 2_000;

let dir: string;
let port: number;
let broker: Broker;

/** The same broker again: folder, port, cluster id, data. */
async function start(): Promise<void> {
  broker = await startBroker({ dir, port, topics: [TOPIC] });
}

function client() {
  return { brokers: [`127.0.0.1:${port}`], clientId: "test", log: SILENT };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rhythmic-kafka-"));
  [port = 0] = await freePorts(1);
  await start();
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(async () => {
  broker.kill();
  await broker.exited;
  await rm(dir, { recursive: true, force: true });
});

test("a sink names the address where nothing answers, and what to do", async () => {
  const [nobody = 0] = await freePorts(1);
  await expect(createKafkaSink({ ...client(), brokers: [`127.0.0.1:${nobody}`] })).rejects.toMatchObject({
    code: "broker_unreachable",
    message: `Kafka does not answer at 127.0.0.1:${nobody} (ECONNREFUSED); check that it runs and that KAFKA_BROKERS (--brokers) has its host:port.`,
  });
});

test("a source names the address where nothing answers", async () => {
  const [nobody = 0] = await freePorts(1);
  const options = { ...client(), brokers: [`127.0.0.1:${nobody}`], groupId: "nobody" };
  await expect(createKafkaSource(options)).rejects.toMatchObject({ code: "broker_unreachable" });
});

test("TLS and a user where Kafka speaks plain text are named as what may be wrong; a Kafka that stops looks the same", async () => {
  const authority = readKeyPair(await makeAuthority(Date.now()))?.certificate.toString() ?? "";
  const security = { ca: authority, identity: { username: "generator-a", password: "password" } };
  const refusal = {
    code: "broker_unreachable",
    message: `Kafka does not answer at 127.0.0.1:${port} (it closes the connection before TLS begins); check that it runs and that KAFKA_BROKERS (--brokers) has its host:port; where it runs, it speaks plain text there, and KAFKA_CREDENTIALS (--credentials) must be left out.`,
  };
  await expect(createKafkaSink({ ...client(), security })).rejects.toMatchObject(refusal);
  await expect(createKafkaSource({ ...client(), security, groupId: "secure" })).rejects.toMatchObject(refusal);
});

test("topics that are there stay, and another number of partitions is told", async () => {
  const report = await createTopics(client().brokers, [
    { ...TOPIC, partitions: 5 },
    { ...TOPIC, name: "more" },
  ]);
  expect(report).toEqual({
    created: ["more"],
    existing: [TOPIC.name],
    mismatches: [{ topic: TOPIC.name, declared: 5, found: 3 }],
  });
});

test("every send of a sink is for one partition: kafkajs loses acknowledged records otherwise", async () => {
  const partitionsBySend: Set<number | undefined>[] = [];
  const make = Kafka.prototype.producer;
  jest.spyOn(Kafka.prototype, "producer").mockImplementation(function (this: Kafka, config) {
    const producer = make.call(this, config);
    const send = producer.send;
    producer.send = (record) => {
      partitionsBySend.push(new Set(record.messages.map(({ partition }: Message) => partition)));
      return send(record);
    };
    return producer;
  });
  const sink = await createKafkaSink({ ...client(), batchBytesMax: 20_000 });
  for (let i = 0; i < 3_000; i++) await sink.write(TOPIC.name, String(i), `event ${i}`);
  await sink.close();
  expect(sink.counts.acknowledged).toBe(3_000);
  expect(partitionsBySend.length).toBeGreaterThan(10);
  expect(partitionsBySend.filter((partitions) => partitions.size !== 1 || partitions.has(undefined))).toEqual([]);
});

test("a record that Kafka never takes fails the delivery, with counts, and everything after it", async () => {
  const sink = await createKafkaSink(client());
  const failed = {
    code: "delivery_failed",
    message: expect.stringMatching(/MESSAGE_TOO_LARGE\): \d of 1 events were acknowledged/),
  };
  await sink.write(TOPIC.name, "key", Buffer.alloc(2_000_000, "x"));
  await expect(sink.flush()).rejects.toMatchObject(failed);
  await expect((async () => sink.write(TOPIC.name, "key", "small"))()).rejects.toMatchObject(failed);
  await expect(sink.close()).rejects.toMatchObject(failed);
});

test("a broker that is killed and comes back costs nothing: no event is lost, doubled or out of order", async () => {
  const before = await heldRecords();
  const received = new Map<number, number[]>();
  const source = await createKafkaSource({ ...client(), groupId: "survivor", sessionTimeoutMs: SESSION_TIMEOUT_MS });
  const handler: SourceHandler = {
    assigned: (assignment) => {
      for (const partition of assignment.get(TOPIC.name) ?? []) {
        const next = (received.get(partition)?.at(-1) ?? (before.get(partition) ?? 0) - 1) + 1;
        source.seek(TOPIC.name, partition, next);
      }
    },
    records: async (_, partition, records) => {
      const offsets = received.get(partition) ?? [];
      received.set(partition, offsets);
      for (const { offset } of records) offsets.push(offset);
    },
  };
  await source.start([TOPIC.name], handler);
  const epoch = source.epoch();
  const sink = await createKafkaSink(client());
  const events = 20_000;
  for (let i = 0; i < events; i++) {
    await sink.write(TOPIC.name, String(i), `event ${i}`);
    if (i === events / 2) {
      broker.kill();
      await broker.exited;
      await start();
    }
  }
  await sink.close();
  expect(sink.counts).toMatchObject({ generated: events, acknowledged: events });
  await eventually("all is delivered", () => [...received.values()].flat().length >= events);
  const after = await heldRecords();
  for (const [partition, end] of after) {
    const from = before.get(partition) ?? 0;
    expect(received.get(partition)).toEqual(Array.from({ length: end - from }, (_, i) => from + i));
  }
  expect(source.epoch()).toBeGreaterThan(epoch);
  await source.stop();
  expect(source.isMember()).toBe(false);
});

test("a broker that stays away fails the delivery after its time, with counts; a source waits for it", async () => {
  const sink = await createKafkaSink({ ...client(), deliveryTimeoutMs: 1_500 });
  const source = await createKafkaSource({ ...client(), groupId: "waiting", sessionTimeoutMs: SESSION_TIMEOUT_MS });
  let assignments = 0;
  await source.start([TOPIC.name], {
    assigned: () => {
      assignments++;
    },
    records: async () => undefined,
  });
  let failed = false;
  void source.failed.then(() => {
    failed = true;
  });
  await sink.write(TOPIC.name, "key", "before");
  await sink.flush();
  broker.kill();
  await broker.exited;
  await sink.write(TOPIC.name, "key", "after");
  await expect(sink.flush()).rejects.toMatchObject({
    code: "delivery_failed",
    retryable: true,
    message: expect.stringContaining("1 of 2 events were acknowledged, the other 1 may be there or not"),
  });
  await expect(sink.close()).rejects.toMatchObject({ code: "delivery_failed" });
  await eventually("the source knows that it is in no group", () => !source.isMember());
  await start();
  await eventually("the source has joined again", () => assignments === 2);
  expect(source.isMember()).toBe(true);
  expect(failed).toBe(false);
  await source.stop();
});

test("a topic's first event that comes while the broker is away waits as every other does", async () => {
  const sink = await createKafkaSink(client());
  broker.kill();
  await broker.exited;
  const written = sink.write(TOPIC.name, "key", "first");
  // On its way, for whoever judges by the counts whether deliveries wait.
  expect(sink.counts).toMatchObject({ generated: 1, acknowledged: 0 });
  await sleep(3_000);
  await start();
  await written;
  await sink.close();
  expect(sink.counts).toMatchObject({ generated: 1, acknowledged: 1 });
});

test("a sink that is to stop while the broker is away gives up within seconds, not after the whole delivery time", async () => {
  const stop = new AbortController();
  const sink = await createKafkaSink({ ...client(), stop: stop.signal });
  await sink.write(TOPIC.name, "key", "before");
  await sink.flush();
  broker.kill();
  await broker.exited;
  await sink.write(TOPIC.name, "key", "after");
  stop.abort();
  const givenUp = sink.close().catch((error: unknown) => error);
  const tooLate = sleep(60_000, "too late", { ref: false });
  expect(await Promise.race([givenUp, tooLate])).toMatchObject({ code: "delivery_failed" });
  await start();
});

async function heldRecords(): Promise<Map<number, number>> {
  const source = await createKafkaSource({ ...client(), groupId: "counter" });
  const offsets = await source.offsets(TOPIC.name);
  await source.stop();
  return new Map([...offsets].map(([partition, { end }]) => [partition, end]));
}
