import { readFile, writeFile } from "node:fs/promises";
import { PROCESSOR_GROUP } from "../../../runtime/kafka/access";
import { createClient } from "../../../runtime/kafka/kafkajs-client";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { TOPICS } from "../../../runtime/kafka/topics";
import { declaredRules } from "../../../runtime/keeper/ensure-access";
import { RhythmicError } from "../../../runtime/support/errors";
import type { Broker } from "../../../scripts/kafka/broker";
import { startSecureTestBroker } from "../../support/broker";
import { eventually } from "../../support/eventually";
import { collectLines } from "../../support/lines";
import {
  asAdministrator,
  clientOptions,
  everybodyLogsIn,
  latestCredential,
  type SecureKafka,
  testKeeper,
} from "./secure-kafka";

jest.setTimeout(60_000);

let kafka: Broker & SecureKafka;

beforeAll(async () => {
  kafka = await startSecureTestBroker({ topics: TOPICS });
});

afterAll(() => kafka.stop());

const declaredTopic = { name: "kept", partitions: 2, config: { "retention.ms": "60000", "cleanup.policy": "delete" } };

test("a new Kafka gets topics, permissions, and a user that works for every program; a second look changes nothing", async () => {
  await everybodyLogsIn(kafka);
  expect(await testKeeper(kafka).look()).toEqual({ topics: 0, permissions: 0, users: 0 });
});

describe("topics", () => {
  test("are made, get the settings and the partitions that the declaration says now, and are not made again", async () => {
    const look = (topic: typeof declaredTopic) => testKeeper(kafka, { topics: [topic] }).look();
    expect((await look(declaredTopic)).topics).toBe(1);
    const changed = { ...declaredTopic, partitions: 4, config: { ...declaredTopic.config, "retention.ms": "120000" } };
    expect((await look(changed)).topics).toBe(1);
    expect((await look(changed)).topics).toBe(0);
    await asAdministrator(kafka, async (admin) => {
      expect((await admin.topics(["kept"])).get("kept")).toEqual({ partitions: 4, config: changed.config });
    });
  });

  test("keep a setting that the declaration does not name", async () => {
    await asAdministrator(kafka, (admin) => admin.changeTopic("kept", { "segment.bytes": "1048576" }));
    const config = { ...declaredTopic.config, "retention.ms": "180000" };
    await testKeeper(kafka, { topics: [{ ...declaredTopic, partitions: 4, config }] }).look();
    await asAdministrator(kafka, async (admin) => {
      expect((await admin.topics(["kept"])).get("kept")?.config).toEqual({ ...config, "segment.bytes": "1048576" });
    });
  });

  test("with more partitions than declared stay as they are, and a warning says so", async () => {
    const log = collectLines();
    expect(
      (await testKeeper(kafka, { topics: [{ ...declaredTopic, partitions: 1, config: {} }], log }).look()).topics,
    ).toBe(0);
    expect(log.lines).toContainEqual({
      severity: "WARNING",
      message: expect.stringContaining("more partitions than declared"),
      context: { topic: "kept", declared: 1, found: 4 },
    });
    await asAdministrator(kafka, async (admin) => {
      expect((await admin.topics(["kept"])).get("kept")?.partitions).toBe(4);
    });
  });
});

describe("permissions", () => {
  const rule = {
    principal: "User:generator-a",
    host: "*",
    resource: "topic",
    name: "kept",
    pattern: "literal",
    operation: "read",
    permission: "allow",
  };
  const keys = (rules: readonly object[]) => rules.map((one) => JSON.stringify(Object.entries(one).sort())).sort();

  test("are exactly the declared ones", async () => {
    await asAdministrator(kafka, async (admin) => {
      expect(keys(await admin.accessRules())).toEqual(keys(declaredRules()));
    });
  });

  test("that are missing are given back, and one that is too many is taken away", async () => {
    await asAdministrator(kafka, async (admin) => {
      await admin.addAccessRules([rule, { ...rule, name: "auth", pattern: "prefixed" }]);
      await admin.removeAccessRules(declaredRules().slice(0, 1));
      expect((await testKeeper(kafka).look()).permissions).toBe(3);
      expect(keys(await admin.accessRules())).toEqual(keys(declaredRules()));
    });
  });

  test("of somebody else are left alone, and named", async () => {
    const log = collectLines();
    const theirs = { ...rule, principal: "User:somebody" };
    await asAdministrator(kafka, async (admin) => {
      await admin.addAccessRules([theirs, rule]);
      await testKeeper(kafka, { log }).look();
      expect(keys(await admin.accessRules())).toEqual(keys([...declaredRules(), theirs]));
      await admin.removeAccessRules([theirs]);
    });
    expect(log.lines).toContainEqual({
      severity: "WARNING",
      message: expect.stringContaining("not the platform's"),
      context: { rules: [expect.stringContaining("User:somebody")] },
    });
  });
});

test("how far the processors' group is behind is reported for each topic of which it has committed offsets", async () => {
  const options = clientOptions(kafka, await latestCredential(kafka, "processor"));
  const sink = await createKafkaSink(clientOptions(kafka, await latestCredential(kafka, "generator")));
  for (let n = 0; n < 5; n++) await sink.write("auth_events", "the same key, so the same partition", `${n}`);
  await sink.close();
  const consumer = createClient(options).consumer({ groupId: PROCESSOR_GROUP, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic: "auth_events", fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ partition, message }: { partition: number; message: { offset: string } }) => {
      if (message.offset !== "1") return;
      await consumer.commitOffsets([{ topic: "auth_events", partition, offset: "2" }]);
      resolve();
    };
    consumer.run({ autoCommit: false, eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  const reports: unknown[] = [];
  await testKeeper(kafka).look((name, values) => void reports.push([name, values]));
  expect(reports).toContainEqual(["lag", { group: PROCESSOR_GROUP, topic: "auth_events", records: 3 }]);
});

describe("the loop", () => {
  test("reports what it found, is ready, and ends at once when it is asked to", async () => {
    const stop = new AbortController();
    const reports: [string, object][] = [];
    const states: string[] = [];
    const running = testKeeper(kafka, { stop: stop.signal }).run({
      intervalMs: 60_000,
      report: (name, values) => void reports.push([name, values]),
      status: { ready: () => states.push("ready"), notReady: (why) => states.push(why), stuck() {} },
    });
    await eventually("it is ready", () => states.includes("ready"));
    const stoppedAtMs = Date.now();
    stop.abort();
    await running;
    expect(Date.now() - stoppedAtMs).toBeLessThan(500);
    expect(states).toEqual(["ready"]);
    expect(reports.at(-1)).toEqual(["looked", { topics: 0, permissions: 0, users: 0 }]);
    expect(reports).toContainEqual(["certificate", { certificate: "broker", daysLeft: expect.closeTo(90, 0) }]);
  });

  test("is not ready soon after Kafka is lost, long before the next look, and ready again with Kafka", async () => {
    const stop = new AbortController();
    const states: string[] = [];
    let isLost = false;
    const running = testKeeper(kafka, {
      stop: stop.signal,
      aroundKafka: (admin) => ({
        ...admin,
        async shownCertificate() {
          if (isLost) throw new RhythmicError("broker_unreachable", "Kafka is away.");
          return admin.shownCertificate();
        },
      }),
    }).run({
      intervalMs: 3_600_000,
      pulseMs: 50,
      report: () => undefined,
      status: { ready: () => states.push("ready"), notReady: (why) => states.push(why), stuck() {} },
    });
    await eventually("it is ready", () => states.at(-1) === "ready");
    isLost = true;
    await eventually("it is not", () => states.at(-1) === "Kafka is away.");
    isLost = false;
    await eventually("it is again", () => states.at(-1) === "ready");
    stop.abort();
    await running;
  });

  test("waits for a Kafka that is not there yet, and says so once", async () => {
    const stop = new AbortController();
    const log = collectLines();
    const nowhere = { ...kafka.secure, administrator: { ...kafka.secure.administrator, brokers: "127.0.0.1:1" } };
    const states: string[] = [];
    const running = testKeeper({ ...kafka, secure: nowhere }, { stop: stop.signal, log }).run({
      intervalMs: 100,
      report: () => undefined,
      status: { ready: () => states.push("ready"), notReady: (why) => states.push(why), stuck() {} },
    });
    await eventually("it has looked three times", () => states.length >= 3);
    stop.abort();
    await running;
    expect(states).not.toContain("ready");
    expect(log.lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^waiting: Kafka does not answer at 127\.0\.0\.1:1 /),
      "stopped; Kafka and the programs go on as they are",
    ]);
  });

  test("one part that fails keeps none of the others from being as declared", async () => {
    const file = `${kafka.dir}/keeper/users.json`;
    const users = await readFile(file, "utf8");
    await writeFile(file, users.slice(0, 40));
    try {
      const topics = [...TOPICS, { ...declaredTopic, name: "made_all_the_same" }];
      await expect(testKeeper(kafka, { topics }).look()).rejects.toMatchObject({
        code: "bad_configuration",
        message: expect.stringMatching(/users\.json is damaged, .* snapshot/),
      });
      await asAdministrator(kafka, async (admin) => {
        expect(await admin.topics(["made_all_the_same"])).toHaveProperty("size", 1);
      });
      expect(await readFile(file, "utf8")).toBe(users.slice(0, 40));
    } finally {
      await writeFile(file, users);
    }
  });
});
