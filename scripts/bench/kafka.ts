import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKafkaSink } from "../../runtime/kafka/kafkajs-sink";
import { createKafkaSource } from "../../runtime/kafka/kafkajs-source";
import type { TopicDeclaration } from "../../runtime/kafka/topics";
import { SILENT } from "../../runtime/support/logging";
import { type Broker, ensureKafka, startBroker } from "../kafka/broker";
import { type Launched, launch } from "../kafka/launch";

const EVENTS = 1_000_000;
const VALUE = `{"filler":"${"x".repeat(387)}"}`;
const USERS = 30_011;
const TOPIC: TopicDeclaration = { name: "bench", partitions: 12, config: {} };

interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

/** A folder for the time of some work. */
async function withFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), "rhythmic-bench-"));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Milliseconds until a broker on a new folder answers, its folder's formatting included. */
async function measureStart(start: (dir: string) => Promise<Launched>): Promise<number> {
  return withFolder(async (dir) => {
    const startedMs = performance.now();
    const broker = await start(dir);
    const tookMs = performance.now() - startedMs;
    await broker.stop();
    return tookMs;
  });
}

/** Rate and processor time of something that handles all events. */
async function measureRate(what: string, work: () => Promise<void>): Promise<Figure[]> {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return [
    { what, value: Math.round(EVENTS / seconds), unit: "events/s" },
    { what, value: Math.round((user + system) / EVENTS), unit: "client CPU-s per million" },
  ];
}

async function produce(broker: Broker): Promise<void> {
  const sink = await createKafkaSink({ brokers: [broker.brokers], clientId: "bench", log: SILENT });
  for (let i = 0; i < EVENTS; i++) {
    const full = sink.write(TOPIC.name, String(i % USERS), VALUE);
    if (full !== undefined) await full;
  }
  await sink.close();
}

async function consume(broker: Broker): Promise<void> {
  const source = await createKafkaSource({
    brokers: [broker.brokers],
    groupId: "bench",
    clientId: "bench",
    log: SILENT,
  });
  await new Promise<void>((resolve, reject) => {
    let received = 0;
    const assigned = () => {
      for (let partition = 0; partition < TOPIC.partitions; partition++) source.seek(TOPIC.name, partition, 0);
    };
    const records = async (_topic: string, _partition: number, batch: readonly unknown[]) => {
      received += batch.length;
      if (received >= EVENTS) resolve();
    };
    source.start([TOPIC.name], { assigned, records }).catch(reject);
  });
  await source.stop();
}

/** Resident memory in megabytes, where the system tells it in /proc. */
async function residentMb(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
}

/** Starts Kafka, sends it a million events of 400 bytes, and reads them back. */
async function measure(): Promise<Figure[]> {
  const kafka = await ensureKafka();
  const plainMs = await measureStart((dir) => launch({ ...kafka, dir, jvmOptions: [] }));
  const archivedMs = await measureStart((dir) => startBroker({ dir }));
  return withFolder(async (dir) => {
    const broker = await startBroker({ dir, topics: [TOPIC] });
    try {
      const produced = await measureRate("sink", () => produce(broker));
      const consumed = await measureRate("source", () => consume(broker));
      const resident = await residentMb(broker.pid);
      return [
        { what: "broker's start without the class-data archive", value: Math.round(plainMs), unit: "ms" },
        { what: "broker's start", value: Math.round(archivedMs), unit: "ms" },
        ...produced,
        ...consumed,
        ...(resident === undefined ? [] : [{ what: "broker's memory afterwards", value: resident, unit: "MB" }]),
      ];
    } finally {
      await broker.stop();
    }
  });
}

/**
 * Measures the local broker and the kafkajs drivers alone.
 * @param options json: one line of JSON instead of the table
 */
export async function run(options: { json: boolean }): Promise<void> {
  const figures = await measure();
  if (options.json) process.stdout.write(`${JSON.stringify({ benchmark: "kafka", figures })}\n`);
  else console.table(figures);
}
