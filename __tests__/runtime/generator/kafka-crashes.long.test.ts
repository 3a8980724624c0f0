import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EventTail } from "../../../runtime/kafka/event-tail";
import { createTopics, withAdmin } from "../../../runtime/kafka/kafkajs-admin";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { createKafkaTail } from "../../../runtime/kafka/kafkajs-tail";
import { topicNames } from "../../../runtime/kafka/settings";
import { TOPICS } from "../../../runtime/kafka/topics";
import { isRetryable } from "../../../runtime/support/errors";
import { SILENT } from "../../../runtime/support/logging";
import type { Broker } from "../../../scripts/kafka/broker";
import { startTestBroker } from "../../support/broker";
import { eventually } from "../../support/eventually";
import { chance, endGenerators, filesOf, killUntilDone, runGenerator, startGenerator } from "./running";

/** The program and a real Kafka: killed with -9 at random moments, and with a broker that stands still. */

jest.setTimeout(180_000);

let broker: Broker & { readonly dir: string };
let folder: string;
const inFolder = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-crashes-"));
  broker = await startTestBroker();
});
afterEach(endGenerators);
afterAll(async () => {
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const SETTINGS = {
  GENERATOR_USERS: "300",
  GENERATOR_START: "2026-01-08",
  GENERATOR_END: "2026-01-12",
  GENERATOR_LATE_RATE: "0.05",
  GENERATOR_DUPLICATE_RATE: "0.05",
  GENERATOR_MALFORMED_RATE: "0.02",
};

const client = () => ({ brokers: [broker.brokers], clientId: "test", log: SILENT });

async function makeTopics(prefix: string): Promise<void> {
  await createTopics(
    [broker.brokers],
    TOPICS.map((topic) => ({ ...topic, name: prefix + topic.name })),
  );
}

/** The records of all topics of a prefix, by partition, in order; those of other producers left out. */
async function recordsOf(prefix: string): Promise<Map<string, string[]>> {
  const topics = topicNames(prefix);
  const tail: EventTail = createKafkaTail({ ...client(), groupId: `reader-${prefix}`, topics });
  const records = new Map<string, string[]>();
  try {
    for (const topic of topics) {
      const held = [...(await tail.offsets(topic))];
      const ranges = held.map(([partition, { earliest, end }]) => ({ topic, partition, from: earliest, until: end }));
      for (const { partition } of ranges) records.set(`${topic.slice(prefix.length)}/${partition}`, []);
      await tail.read(ranges, (range, { key, value }) => {
        const record = `${Buffer.from(key ?? [])}: ${Buffer.from(value ?? []).toString("latin1")}`;
        if (!record.startsWith("other: ")) {
          records.get(`${topic.slice(prefix.length)}/${range.partition}`)?.push(record);
        }
      });
    }
  } finally {
    await tail.close();
  }
  return records;
}

/** How many records the topics of a prefix hold; asked again where Kafka, just woken, ends a connection. */
async function countOf(prefix: string): Promise<number> {
  let count: number | undefined;
  await eventually("Kafka answers", async () => {
    count = await countNow(prefix).catch((error: unknown) => {
      if (isRetryable(error)) return undefined;
      throw error;
    });
    return count !== undefined;
  });
  return count ?? 0;
}

async function countNow(prefix: string): Promise<number> {
  const tail = createKafkaTail({ ...client(), groupId: "counter", topics: topicNames(prefix) });
  try {
    const held = await Promise.all(topicNames(prefix).map((topic) => tail.offsets(topic)));
    return held.flatMap((offsets) => [...offsets.values()]).reduce((sum, { earliest, end }) => sum + end - earliest, 0);
  } finally {
    await tail.close();
  }
}

test.each([1, 2])("to files: killed at random moments, seed %d, the bytes are the same", async (seed) => {
  const settings = { ...SETTINGS, GENERATOR_SEED: String(seed), GENERATOR_EVENTS_PER_SECOND_MAX: "10000" };
  const state = { GENERATOR_STATE: inFolder(`${seed}.state`), GENERATOR_STATE_INTERVAL_MS: "100" };
  const { GENERATOR_EVENTS_PER_SECOND_MAX: _, ...fast } = settings;
  await runGenerator({ ...fast, GENERATOR_OUT: inFolder(`whole-${seed}`) });
  const killing = { ...settings, ...state, GENERATOR_OUT: inFolder(`killed-${seed}`) };
  const killed = await killUntilDone({ settings: killing, seed, kills: 12, withinMs: 1_200 });
  expect(killed).toBeGreaterThan(2);
  expect(filesOf(inFolder(`killed-${seed}`))).toEqual(filesOf(inFolder(`whole-${seed}`)));
});

test.each([1, 2])(
  "to Kafka: killed at random moments, seed %d, each partition has each record once, in order",
  async (seed) => {
    const prefix = `killed-${seed}-`;
    const wholePrefix = `whole-${seed}-`;
    await makeTopics(prefix);
    await makeTopics(wholePrefix);
    const settings = { ...SETTINGS, GENERATOR_SEED: String(seed), KAFKA_BROKERS: broker.brokers };
    await runGenerator({ ...settings, KAFKA_TOPIC_PREFIX: wholePrefix });
    // Somebody else writes into the same topics all the while.
    const other = await createKafkaSink(client());
    const random = chance(seed + 100);
    let isOver = false;
    const writing = (async () => {
      for (let index = 0; !isOver; index++) {
        const topic = prefix + (TOPICS[index % TOPICS.length]?.name ?? "");
        await other.write(topic, "other", `another's ${index}`);
        await sleep(random.next().value * 10);
      }
    })();
    const killing = {
      ...settings,
      KAFKA_TOPIC_PREFIX: prefix,
      GENERATOR_EVENTS_PER_SECOND_MAX: "8000",
      GENERATOR_STATE: inFolder(`kafka-${seed}.state`),
      GENERATOR_STATE_INTERVAL_MS: "300",
      GENERATOR_SUMMARY: inFolder(`kafka-${seed}.json`),
    };
    const killed = await killUntilDone({ settings: killing, seed, kills: 5, withinMs: 6_000 });
    isOver = true;
    await writing;
    await other.close();
    expect(killed).toBeGreaterThan(1);
    const whole = await recordsOf(wholePrefix);
    expect(await recordsOf(prefix)).toEqual(whole);
    const count = [...whole.values()].flat().length;
    expect(count).toBeGreaterThan(5_000);
    const { total, ending } = JSON.parse(readFileSync(inFolder(`kafka-${seed}.json`), "utf8"));
    expect(total).toMatchObject({ generated: count, acknowledged: count });
    expect(ending).toBe("time");
  },
);

test("topics that were made anew are noticed, and told in a sentence", async () => {
  await makeTopics("anew-");
  const settings = {
    ...SETTINGS,
    KAFKA_BROKERS: broker.brokers,
    KAFKA_TOPIC_PREFIX: "anew-",
    GENERATOR_STATE: inFolder("anew.state"),
    GENERATOR_EVENTS_PER_SECOND_MAX: "2000",
  };
  const program = startGenerator(settings);
  await eventually("it has written", async () => (await countOf("anew-")) > 1_000);
  program.process.kill("SIGTERM");
  expect(await program.ended).toMatchObject({ code: 0 });
  await withAdmin(client(), "not deleted", (admin) => admin.deleteTopics({ topics: topicNames("anew-") }));
  await makeTopics("anew-");
  const again = startGenerator(settings);
  expect(await again.ended).toMatchObject({ code: 2 });
  expect(again.stderr()).toMatch(
    /^generator: Kafka holds records up to offset 0 of \w+, partition \d, but did up to \d+ when the state was written: the topic was made anew; remove the state to begin the run anew/m,
  );
});

test("a Kafka that stands still holds the run back: memory stays bounded, then all arrives and the books are equal", async () => {
  await makeTopics("still-");
  const summary = inFolder("still.json");
  const program = startGenerator({
    GENERATOR_USERS: "3000",
    GENERATOR_EVENTS: "100000000",
    KAFKA_BROKERS: broker.brokers,
    KAFKA_TOPIC_PREFIX: "still-",
    GENERATOR_SUMMARY: summary,
  });
  const pid = program.process.pid as number;
  await eventually("it writes", async () => (await countOf("still-")) > 5_000);
  process.kill(broker.pid, "SIGSTOP");
  const before = memoryOf(pid);
  let after = 0;
  try {
    await sleep(3_000);
    const cpuBefore = cpuTicksOf(pid);
    await sleep(5_000);
    // It waits, it does not try.
    expect(cpuTicksOf(pid) - cpuBefore).toBeLessThan(100);
    after = memoryOf(pid);
  } finally {
    process.kill(broker.pid, "SIGCONT");
  }
  // What one second of events takes is more than that.
  expect(after - before).toBeLessThan(100 * 1024 * 1024);
  const held = await countOf("still-");
  await eventually("it goes on", async () => (await countOf("still-")) > held + 50_000);
  program.process.kill("SIGTERM");
  expect(await program.ended).toMatchObject({ code: 0 });
  const { generated, acknowledged } = JSON.parse(readFileSync(summary, "utf8"));
  expect(acknowledged).toBe(generated);
  expect(await countOf("still-")).toBe(generated);
});

/** Resident bytes of a process. */
function memoryOf(pid: number): number {
  const [, pages = "0"] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  return Number(pages) * 4096;
}

/** Processor time of a process, hundredths of a second. */
function cpuTicksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
