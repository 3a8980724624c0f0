import { setTimeout as sleep } from "node:timers/promises";
import { audit } from "../../../runtime/audit/audit";
import { createTopics } from "../../../runtime/kafka/kafkajs-admin";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { createKafkaSource } from "../../../runtime/kafka/kafkajs-source";
import { TOPICS } from "../../../runtime/kafka/topics";
import { createCloudStorageStore } from "../../../runtime/lake/cloud-storage-store";
import { readSnapshot } from "../../../runtime/lake/delta/snapshot";
import { SILENT } from "../../../runtime/support/logging";
import { startTestBroker } from "../../support/broker";
import { startEmulatorHost } from "../../support/emulator-host";
import { eventually } from "../../support/eventually";
import { type FakeGcsServer, startFakeGcsServer } from "../../support/fake-gcs-server";
import { eventJson } from "../../support/processing";
import { type RunningProgram, runBundle } from "../../support/program";
import { describeWithTool } from "../../support/requires";

/** The bundles, as they are deployed, between a real Kafka and a lake in a bucket. */

const RECORDS = 20_000;
const BUCKET = "rhythmic-test-lake";
const LAKE_URL = `gs://${BUCKET}/part`;

describeWithTool("go", "a processor with its lake in a bucket", () => {
  let server: FakeGcsServer;
  let emulator: Awaited<ReturnType<typeof startEmulatorHost>>;
  let broker: Awaited<ReturnType<typeof startTestBroker>>;
  const running: RunningProgram[] = [];

  beforeAll(async () => {
    server = await startFakeGcsServer();
    await server.makeBucket(BUCKET);
    emulator = await startEmulatorHost(server.endpoint);
    broker = await startTestBroker();
    await createTopics([broker.brokers], TOPICS);
  }, 180_000);
  afterAll(async () => {
    for (const program of running) program.process.kill("SIGKILL");
    await broker?.stop();
    await emulator?.stop();
    await server?.stop();
  });

  function run(program: "processor" | "audit", settings: Readonly<Record<string, string>>): RunningProgram {
    const common = { KAFKA_BROKERS: broker.brokers, LAKE_URL, STORAGE_EMULATOR_HOST: emulator.url };
    const started = runBundle(program, { ...common, ...settings });
    running.push(started);
    return started;
  }
  const PROCESSOR = { PROCESSOR_SESSION_TIMEOUT_MS: "2000", PROCESSOR_CUT_INTERVAL_MS: "200" };

  test("killed with -9 in the middle of its work, and followed by another, it leaves books that balance", async () => {
    const sink = await createKafkaSink({ brokers: [broker.brokers], clientId: "test", log: SILENT });
    for (let index = 0; index < RECORDS; index++) {
      const value = index % 1_000 === 0 ? `bad ${index}` : eventJson("listen_events", index);
      await sink.write("listen_events", String(index % 97), value);
    }
    await sink.close();
    const store = await createCloudStorageStore(BUCKET, "part", { apiEndpoint: server.endpoint });
    const version = async () => (await readSnapshot(store, "events/listen_events"))?.version ?? -1;

    const victim = run("processor", { ...PROCESSOR, PROCESSOR_CUT_BYTES_MAX: "400000" });
    await eventually("the lake has commits", async () => (await version()) >= 2);
    victim.process.kill("SIGKILL");
    expect((await victim.ended).signal).toBe("SIGKILL");
    const source = await createKafkaSource({
      brokers: [broker.brokers],
      groupId: "test-audit",
      clientId: "test-audit",
      log: SILENT,
    });
    // It was in the middle: something was committed, and not all.
    const halfway = await audit({ store, source }).finally(() => source.stop());
    expect(halfway.lakeRows).toBeGreaterThan(0);
    expect(halfway.lakeRows + halfway.deadLetters).toBeLessThan(RECORDS);

    const second = run("processor", { ...PROCESSOR, PROCESSOR_UNTIL_CAUGHT_UP: "true" });
    expect([(await second.ended).code, second.stderr()]).toEqual([0, expect.stringContaining("reading from Kafka")]);

    const books = run("audit", { AUDIT_JSON: "true" });
    expect((await books.ended).code).toBe(0);
    expect(JSON.parse(books.stdout())).toMatchObject({
      balanced: true,
      acknowledged: RECORDS,
      lakeRows: RECORDS - 20,
      deadLetters: 20,
      duplicates: 0,
      missing: 0,
    });
  }, 120_000);

  test("a processor that is stopped while Cloud Storage is silent ends within 25 s, and has left the group", async () => {
    const frozen = await startFakeGcsServer();
    await frozen.makeBucket(BUCKET);
    const host = await startEmulatorHost(frozen.endpoint);
    const settings = { ...PROCESSOR, PROCESSOR_GROUP_ID: "frozen", STORAGE_EMULATOR_HOST: host.url };
    try {
      const program = run("processor", { ...settings, PROCESSOR_CUT_INTERVAL_MS: "3600000" });
      await eventually("it holds partitions", () => program.stderr().includes("holding partitions"));
      await sleep(2_000);
      frozen.freeze();
      const sentMs = performance.now();
      program.process.kill("SIGTERM");
      expect((await program.ended).code).toBe(1);
      expect(performance.now() - sentMs).toBeLessThan(25_000);
      expect(program.stderr()).toMatch(
        /stopped with \d+ records in memory that are not known to be committed; nothing is/,
      );
      expect(program.stderr()).not.toMatch(/could not be left/);
    } finally {
      await host.stop();
      await frozen.stop();
    }
  }, 60_000);

  test("the audit of a bucket that is not there says so, and ends with 1", async () => {
    const books = run("audit", { LAKE_URL: "gs://no-such-bucket" });
    expect((await books.ended).code).toBe(1);
    expect(books.stderr()).toMatch(/there is no bucket no-such-bucket; check the name/);
  });
});
