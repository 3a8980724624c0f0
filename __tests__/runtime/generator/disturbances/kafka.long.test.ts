import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { audit } from "../../../../runtime/audit/audit";
import type { Summary } from "../../../../runtime/generator/summary";
import { createKafkaSource } from "../../../../runtime/kafka/kafkajs-source";
import { TOPICS } from "../../../../runtime/kafka/topics";
import { createFolderStore } from "../../../../runtime/lake/folder-store";
import { EVENTS } from "../../../../runtime/schema/events";
import { SILENT } from "../../../../runtime/support/logging";
import { openDuckDbWarehouse } from "../../../../runtime/warehouse/duckdb-warehouse";
import type { Broker } from "../../../../scripts/kafka/broker";
import { startTestBroker } from "../../../support/broker";
import { eventually } from "../../../support/eventually";
import { type RunningProgram, runBundle } from "../../../support/program";

/**
 * The bundles with a real Kafka: late, repeated and malformed events from a generator that is killed with -9 and goes
 * on, through the processor and the loader into the warehouse. What comes out is what was made, to the record.
 */

jest.setTimeout(240_000);

const GENERATOR = {
  GENERATOR_SEED: "9",
  GENERATOR_USERS: "500",
  GENERATOR_START: "2026-01-01",
  GENERATOR_EVENTS: "15000",
  GENERATOR_LATE_RATE: "0.1",
  GENERATOR_LATE_MAX_S: "7200",
  GENERATOR_DUPLICATE_RATE: "0.05",
  GENERATOR_MALFORMED_RATE: "0.03",
};
const DEATHS = 2;

let folder: string;
let broker: Broker;
const running: RunningProgram[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-disturbed-"));
  broker = await startTestBroker({ topics: TOPICS });
});
afterAll(async () => {
  for (const { process, ended } of running) {
    process.kill("SIGKILL");
    await ended;
  }
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(program: Parameters<typeof runBundle>[0], settings: Readonly<Record<string, string>>): RunningProgram {
  const started = runBundle(program, settings);
  running.push(started);
  return started;
}

async function untilDone(program: RunningProgram): Promise<void> {
  const { code } = await program.ended;
  expect({ code, stderr: program.stderr() }).toMatchObject({ code: 0 });
}

const summaryOf = (name: string): Summary => JSON.parse(readFileSync(join(folder, name), "utf8"));

/** Records in Kafka. */
async function acknowledged(): Promise<number> {
  const client = { brokers: [broker.brokers], groupId: "test", clientId: "test", log: SILENT };
  const source = await createKafkaSource(client);
  try {
    let records = 0;
    for (const { topic } of EVENTS) for (const { end } of (await source.offsets(topic)).values()) records += end;
    return records;
  } finally {
    await source.stop();
  }
}

async function generateWithDeaths(): Promise<Summary> {
  const settings = {
    ...GENERATOR,
    KAFKA_BROKERS: broker.brokers,
    GENERATOR_EVENTS_PER_SECOND_MAX: "2500",
    GENERATOR_STATE: join(folder, "state"),
    GENERATOR_STATE_INTERVAL_MS: "300",
    GENERATOR_SUMMARY: join(folder, "kafka.json"),
  };
  for (let death = 1; death <= DEATHS; death++) {
    const victim = start("generator", settings);
    await eventually("more is in Kafka", async () => (await acknowledged()) >= 4_000 * death);
    victim.process.kill("SIGKILL");
    expect((await victim.ended).signal).toBe("SIGKILL");
  }
  await untilDone(start("generator", settings));
  return summaryOf("kafka.json");
}

test("a generator killed with -9 delivers late, repeated and malformed events exactly as it would have without", async () => {
  const inFiles = { GENERATOR_OUT: join(folder, "files"), GENERATOR_SUMMARY: join(folder, "files.json") };
  await untilDone(start("generator", { ...GENERATOR, ...inFiles }));
  const files = summaryOf("files.json");
  const kafka = await generateWithDeaths();

  expect(kafka).toMatchObject({ ending: "events", shard: null, error: null, reached: files.reached });
  const { seconds: _, starts, ...total } = kafka.total;
  expect(starts).toBe(DEATHS + 1);
  expect(files).toMatchObject(total);
  expect(Math.min(total.late, total.duplicates, total.malformed)).toBeGreaterThan(300);
  expect(await acknowledged()).toBe(total.generated);

  const lake = join(folder, "lake");
  const warehousePath = join(folder, "warehouse.duckdb");
  await untilDone(
    start("processor", { KAFKA_BROKERS: broker.brokers, LAKE_URL: lake, PROCESSOR_UNTIL_CAUGHT_UP: "true" }),
  );
  await untilDone(start("loader", { LAKE_URL: lake, WAREHOUSE_URL: warehousePath, LOADER_ONCE: "true" }));
  const warehouse = await openDuckDbWarehouse(warehousePath);
  const client = { brokers: [broker.brokers], groupId: "audit", clientId: "audit", log: SILENT };
  const source = await createKafkaSource(client);
  try {
    const books = await audit({ store: await createFolderStore(lake), source, warehouse });
    expect(books).toMatchObject({
      balanced: true,
      acknowledged: total.generated,
      deadLetters: total.malformed,
      lakeRows: total.events + total.duplicates - total.malformed,
      stagingRows: total.events + total.duplicates - total.malformed,
      repeatedEvents: total.duplicates,
    });
    const { listen_events: listens = 0 } = total.eventsByTopic;
    expect(books.marts?.fact_streams).toBe(listens - (total.malformedByTopic.listen_events ?? 0));
  } finally {
    await source.stop();
    await warehouse.close();
  }
});
