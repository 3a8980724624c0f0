import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { audit } from "../../../runtime/audit/audit";
import type { Books } from "../../../runtime/audit/books";
import { createTopics, withAdmin } from "../../../runtime/kafka/kafkajs-admin";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { createKafkaSource } from "../../../runtime/kafka/kafkajs-source";
import { TOPICS } from "../../../runtime/kafka/topics";
import { readSnapshot } from "../../../runtime/lake/delta/snapshot";
import { createFolderStore } from "../../../runtime/lake/folder-store";
import { SILENT } from "../../../runtime/support/logging";
import { type Broker, startBroker } from "../../../scripts/kafka/broker";
import { startTestBroker } from "../../support/broker";
import { eventually } from "../../support/eventually";
import { eventJson } from "../../support/processing";
import { type RunningProgram, runBundle } from "../../support/program";

/** The processor's bundle, as it is deployed, between a real Kafka and a lake in a folder. */

jest.setTimeout(120_000);

let broker: Broker;
const folders: string[] = [];
const running: RunningProgram[] = [];

function newLake(): string {
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-lake-"));
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  broker = await startTestBroker();
});
afterEach(async () => {
  for (const { process, ended } of running.splice(0)) {
    process.kill("SIGKILL");
    await ended;
  }
});
afterAll(async () => {
  await broker?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Makes the topics anew, so that each test has its own. */
async function freshTopics(): Promise<void> {
  const client = { brokers: [broker.brokers], clientId: "test", log: SILENT };
  await withAdmin(client, "the topics could not be removed", async (admin) => {
    const ours = TOPICS.map((topic) => topic.name);
    const there = (await admin.listTopics()).filter((name) => ours.includes(name));
    if (there.length > 0) await admin.deleteTopics({ topics: there });
    await eventually("the topics are gone", async () =>
      (await admin.listTopics()).every((name) => !ours.includes(name)),
    );
  });
  await createTopics([broker.brokers], TOPICS);
}

async function send(count: number, from = 0, brokers = broker.brokers): Promise<void> {
  const sink = await createKafkaSink({ brokers: [brokers], clientId: "test", log: SILENT });
  for (let index = from; index < from + count; index++) {
    const value = index % 1_000 === 0 ? `bad ${index}` : eventJson("listen_events", index);
    await sink.write("listen_events", String(index % 97), value);
  }
  await sink.close();
  expect(sink.counts.acknowledged).toBe(count);
}

function processor(lake: string, settings: Readonly<Record<string, string>> = {}): RunningProgram {
  const program = runBundle("processor", {
    KAFKA_BROKERS: broker.brokers,
    LAKE_URL: lake,
    PROCESSOR_CUT_INTERVAL_MS: "200",
    PROCESSOR_SESSION_TIMEOUT_MS: "2000",
    ...settings,
  });
  running.push(program);
  return program;
}
const UNTIL_CAUGHT_UP = { PROCESSOR_UNTIL_CAUGHT_UP: "true" };

async function books(lake: string, brokers = broker.brokers): Promise<Books> {
  const source = await createKafkaSource({
    brokers: [brokers],
    groupId: "test-audit",
    clientId: "test-audit",
    log: SILENT,
  });
  try {
    return await audit({ store: await createFolderStore(lake), source });
  } finally {
    await source.stop();
  }
}

async function untilVersion(lake: string, version: number): Promise<void> {
  const store = await createFolderStore(lake);
  await eventually(
    `listen_events has version ${version}`,
    async () => ((await readSnapshot(store, "events/listen_events"))?.version ?? -1) >= version,
  );
}

async function untilInLake(lake: string, records: number, brokers = broker.brokers): Promise<void> {
  await eventually(`${records} records are in the lake`, async () => {
    const { lakeRows, deadLetters } = await books(lake, brokers);
    return lakeRows + deadLetters === records;
  });
}

test("kill -9 again and again, in the middle of the work: nothing is lost and nothing is twice", async () => {
  await freshTopics();
  const lake = newLake();
  await send(20_000);
  for (let death = 1; death <= 3; death++) {
    const victim = processor(lake, { PROCESSOR_CUT_BYTES_MAX: "400000" });
    await untilVersion(lake, death * 2);
    victim.process.kill("SIGKILL");
    expect((await victim.ended).signal).toBe("SIGKILL");
    await send(1_000, 20_000 + death * 1_000);
  }
  expect((await processor(lake, UNTIL_CAUGHT_UP).ended).code).toBe(0);
  const found = await books(lake);
  expect(found.problems).toEqual([]);
  expect(found).toMatchObject({ acknowledged: 23_000, lakeRows: 22_977, deadLetters: 23, duplicates: 0, missing: 0 });
});

test("SIGTERM commits what is in hand and ends with 0, Ctrl-C with 130", async () => {
  await freshTopics();
  const lake = newLake();
  await send(500);
  for (const [signal, code] of [
    ["SIGTERM", 0],
    ["SIGINT", 130],
  ] as const) {
    const program = processor(lake, { PROCESSOR_CUT_INTERVAL_MS: "3600000" });
    await eventually("it holds partitions", () => program.stderr().includes("holding partitions"));
    await sleep(1_000);
    program.process.kill(signal);
    expect((await program.ended).code).toBe(code);
    expect(await books(lake)).toMatchObject({ balanced: true });
    await send(500, 500);
  }
});

test("two processors share the partitions, and one takes over where the other dies", async () => {
  await freshTopics();
  const lake = newLake();
  const [first, second] = [processor(lake), processor(lake)];
  await eventually("each holds a part", () =>
    [first, second].every((one) => /"listen_events":[12][,}]/.test(one.stderr())),
  );
  await send(5_000);
  await untilVersion(lake, 1);
  first.process.kill("SIGKILL");
  await send(5_000, 5_000);
  await untilInLake(lake, 10_000);
  second.process.kill("SIGTERM");
  expect((await second.ended).code).toBe(0);
  expect(await books(lake)).toMatchObject({ balanced: true, acknowledged: 10_000 });
});

test("a topic made anew behind the lake's back halts it, with what to do", async () => {
  await freshTopics();
  const lake = newLake();
  await send(300);
  expect((await processor(lake, UNTIL_CAUGHT_UP).ended).code).toBe(0);
  await freshTopics();
  await send(900, 5_000);
  const program = processor(lake, UNTIL_CAUGHT_UP);
  expect((await program.ended).code).toBe(1);
  expect(program.stderr()).toMatch(
    /is not the one that the lake .* knows.*Put the topic back, or start with a new lake/,
  );
  expect(program.stderr()).not.toMatch(/\n\s+at /);
});

describe("bad input", () => {
  test("a damaged log file is named, and nothing is written after it", async () => {
    await freshTopics();
    const lake = newLake();
    await send(100);
    expect((await processor(lake, UNTIL_CAUGHT_UP).ended).code).toBe(0);
    const damaged = join(lake, "events/listen_events/_delta_log/00000000000000000001.json");
    rmSync(damaged);
    writeFileSync(damaged, '{"commitInfo":{"timest');
    const program = processor(lake, UNTIL_CAUGHT_UP);
    expect((await program.ended).code).toBe(1);
    expect(program.stderr()).toMatch(/00000000000000000001\.json is damaged: line 1 is not JSON.*restore the file/);
  });

  test("a lake that is a file", async () => {
    const file = join(newLake(), "lake");
    writeFileSync(file, "");
    const program = processor(file);
    expect((await program.ended).code).toBe(1);
    expect(program.stderr()).toMatch(/it \(or a folder above it\) is a file; give the name of a folder/);
  });

  test.each([
    [
      { LAKE_URL: "gs://Bucket/lake" },
      2,
      /names the bucket "Bucket", which can't be one; allowed are 3 to 63 lowercase/,
    ],
    [{ KAFKA_BROKERS: "127.0.0.1:1" }, 1, /Kafka does not answer at 127\.0\.0\.1:1.*check that it runs/],
    [{ KAFKA_BROKERS: "nonsense" }, 2, /KAFKA_BROKERS \(--brokers\) is "nonsense"; it must be a list of host:port/],
    [
      { PROCESSOR_CUT_INTERVAL: "5" },
      2,
      /no setting PROCESSOR_CUT_INTERVAL \(did you mean PROCESSOR_CUT_INTERVAL_MS\?\)/,
    ],
  ])("%j ends with one clear sentence", async (settings, code, message) => {
    const program = processor(newLake(), settings);
    expect((await program.ended).code).toBe(code);
    expect(program.stderr()).toMatch(message);
    expect(program.stderr()).not.toMatch(/\n\s+at /);
  });

  test("a broker that is killed and comes back: the processor goes on", async () => {
    const dir = newLake();
    const own = await startBroker({ dir, topics: TOPICS });
    const port = Number(own.brokers.split(":")[1]);
    const lake = newLake();
    let again: Broker | undefined;
    try {
      await send(1_000, 0, own.brokers);
      const program = processor(lake, { KAFKA_BROKERS: own.brokers });
      await untilVersion(lake, 1);
      // Something in memory that is due while Kafka is away.
      await send(50, 1_000, own.brokers);
      own.kill();
      await own.exited;
      await sleep(3_000);
      again = await startBroker({ dir, port });
      await send(950, 1_050, own.brokers);
      await untilInLake(lake, 2_000, own.brokers);
      program.process.kill("SIGTERM");
      expect((await program.ended).code).toBe(0);
      expect(await books(lake, own.brokers)).toMatchObject({ balanced: true });
    } finally {
      again?.kill();
      own.kill();
      await again?.exited;
    }
  });
});
