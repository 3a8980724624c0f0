import type { PartitionOffsets } from "../../../runtime/kafka/event-source";
import { createMemoryStore } from "../../../runtime/lake/memory-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { type HealthTimings, type JudgedTopic, ProcessorHealth, timingsOf } from "../../../runtime/processor/health";
import { processorReports } from "../../../runtime/processor/metrics";
import { RhythmicError } from "../../../runtime/support/errors";
import { SILENT } from "../../../runtime/support/logging";
import { ProgramStatus } from "../../../runtime/support/status/program-status";
import { watch } from "../../../runtime/support/status/watch";
import { eventually } from "../../support/eventually";
import { get, probe } from "../../support/prober";
import { appendEvents, kafkaWithTopics, processAll, startProcessor } from "../../support/processing";

const TOPIC = "listen_events";
const MINUTE_MS = 60_000;
const SETTINGS = { PROCESSOR_CUT_INTERVAL_MS: MINUTE_MS };

/** Everything that a judgement is made of, as a healthy processor with nothing to do has it. */
class World {
  nowMs = Date.UTC(2026, 0, 1);
  isMember = true;
  isAssigned = true;
  topics: JudgedTopic[] = [{ topic: TOPIC, standings: [held(0, 100, 100)], oldestMs: undefined }];
  kafka: () => Promise<ReadonlyMap<number, PartitionOffsets>> = async () => new Map([[0, { earliest: 0, end: 100 }]]);
  lake: () => Promise<undefined> = async () => undefined;
  readonly status = new ProgramStatus(SILENT);
  readonly health = new ProcessorHealth({
    settings: SETTINGS,
    source: { isMember: () => this.isMember, offsets: () => this.kafka() },
    store: { get: () => this.lake() },
    status: this.status,
    topics: () => this.topics,
    isAssigned: () => this.isAssigned,
    timings: { nowMs: () => this.nowMs },
  });

  /** Judges once a second for a while; whoever is asked has answered by the next judgement. */
  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
      this.nowMs += 1_000;
      this.health.judge();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.health.judge();
  }
}

function held(partition: number, committed: number, next: number): JudgedTopic["standings"][number] {
  return { partition, state: "held", committed, next };
}

const UNREACHABLE = new RhythmicError("broker_unreachable", "Kafka does not answer at kafka:9092.");
const never = () => new Promise<never>(() => undefined);

test("it is ready once Kafka and the lake have answered and every partition is read", async () => {
  const world = new World();
  world.health.judge();
  expect(world.status.standing).toMatchObject({ state: "starting", why: "Kafka has not been asked yet." });
  await world.pass(1_000);
  expect(world.status.standing).toEqual({ state: "ready", since: expect.any(String) });
});

test("without a partition it is ready too, and says that it stands by", async () => {
  const world = new World();
  world.topics = [{ topic: TOPIC, standings: [], oldestMs: undefined }];
  await world.pass(1_000);
  expect(world.status.standing).toMatchObject({
    state: "ready",
    why: "Standing by: others hold all partitions.",
  });
});

test.each<[string, (world: World) => void, RegExp]>([
  [
    "Kafka refuses",
    (world) => (world.kafka = () => Promise.reject(UNREACHABLE)),
    /Kafka does not answer at kafka:9092/,
  ],
  ["Kafka is silent", (world) => (world.kafka = never), /Kafka has not answered for \d+ s/],
  ["the lake refuses", (world) => (world.lake = () => Promise.reject(new Error("403"))), /403/],
  ["the lake is silent", (world) => (world.lake = never), /The lake has not answered for \d+ s/],
  ["it is not in its group", (world) => (world.isMember = false), /not in its consumer group/],
  ["it has not taken over its partitions", (world) => (world.isAssigned = false), /not taken over/],
  [
    "a partition has no place yet",
    (world) => (world.topics = [standingAt("starting")]),
    /still to be found of listen_events\/0/,
  ],
  ["a partition is halted", (world) => (world.topics = [standingAt("halted")]), /Halted.*listen_events\/0/],
  [
    "events wait too long for their commit",
    (world) => (world.topics = [{ ...(world.topics[0] as JudgedTopic), oldestMs: world.nowMs - 3 * MINUTE_MS }]),
    /Events have waited for their commit for \d+ s/,
  ],
])("where %s it is not ready within 30 s, and never unhealthy for it", async (_, happen, why) => {
  const world = new World();
  await world.pass(5_000);
  happen(world);
  await world.pass(30_000);
  expect(world.status.standing).toMatchObject({ state: "not ready", why: expect.stringMatching(why) });
  await world.pass(30 * MINUTE_MS);
  expect(world.status.isHealthy).toBe(true);
});

function standingAt(state: "starting" | "halted"): JudgedTopic {
  // Nothing waits in Kafka behind 100, so that it can't be stuck.
  return { topic: TOPIC, standings: [{ partition: 0, state, committed: 100, next: undefined }], oldestMs: undefined };
}

describe("stuck", () => {
  /** Records wait, and the processor neither reads nor commits. */
  function standing(state: JudgedTopic["standings"][number]["state"] = "held"): World {
    const world = new World();
    world.topics = [{ topic: TOPIC, standings: [{ ...held(0, 40, 60), state }], oldestMs: undefined }];
    return world;
  }
  const { stuckAfterMs } = timingsOf(SETTINGS);

  test("is a processor that stands still although records wait, and Kafka and the lake answer", async () => {
    const world = standing();
    await world.pass(stuckAfterMs - 5_000);
    expect(world.status.standing.state).toBe("ready");
    await world.pass(10_000);
    expect(world.status.standing).toMatchObject({
      state: "stuck",
      why: expect.stringMatching(/^60 records wait, Kafka and the lake answer, and nothing has moved for 3\d\d s\.$/),
    });
    world.topics = [{ topic: TOPIC, standings: [held(0, 60, 60)], oldestMs: undefined }];
    await world.pass(1_000);
    expect(world.status.standing.state).toBe("ready");
  });

  test.each<[string, (world: World) => void]>([
    ["reads", (world) => (world.topics = [moved(world, 0, 1)])],
    ["commits", (world) => (world.topics = [moved(world, 1, 0)])],
  ])("is none that %s, however slowly", async (_, move) => {
    const world = standing();
    for (let time = 0; time < 5; time++) {
      await world.pass(stuckAfterMs - 10_000);
      move(world);
    }
    expect(world.status.isHealthy).toBe(true);
  });

  function moved(world: World, committed: number, next: number): JudgedTopic {
    const [before] = world.topics[0]?.standings ?? [];
    return {
      topic: TOPIC,
      standings: [held(0, (before?.committed ?? 0) + committed, (before?.next ?? 0) + next)],
      oldestMs: undefined,
    };
  }

  test.each<[string, (world: World) => void]>([
    ["Kafka is away", (world) => (world.kafka = () => Promise.reject(UNREACHABLE))],
    ["Kafka is silent", (world) => (world.kafka = never)],
    ["the lake is away", (world) => (world.lake = () => Promise.reject(new Error("503")))],
    ["nothing waits", (world) => (world.kafka = async () => new Map([[0, { earliest: 0, end: 40 }]]))],
  ])("is none while %s: a restart would not help", async (_, happen) => {
    const world = standing();
    await world.pass(5_000);
    happen(world);
    await world.pass(3 * stuckAfterMs);
    expect(world.status.isHealthy).toBe(true);
  });

  test("is none whose partitions are halted: they would be again", async () => {
    const world = standing("halted");
    world.status.ready();
    await world.pass(3 * stuckAfterMs);
    expect(world.status.isHealthy).toBe(true);
  });

  test("is one whose partitions never find their place in the lake", async () => {
    const world = standing("starting");
    world.status.ready();
    await world.pass(stuckAfterMs + 10_000);
    expect(world.status.isHealthy).toBe(false);
  });

  test("takes five intervals of commits, and never less than five minutes", () => {
    const stuckAfterOf = (ms: number) => timingsOf({ PROCESSOR_CUT_INTERVAL_MS: ms }).stuckAfterMs;
    expect([stuckAfterOf(200), stuckAfterOf(MINUTE_MS), stuckAfterOf(10 * MINUTE_MS)]).toEqual([
      5 * MINUTE_MS,
      5 * MINUTE_MS,
      50 * MINUTE_MS,
    ]);
  });
});

describe("a running processor", () => {
  const FAST: Partial<HealthTimings> = {
    judgeIntervalMs: 20,
    askKafkaIntervalMs: 50,
    askLakeIntervalMs: 50,
    stuckAfterMs: 500,
  };

  async function watched() {
    return watch({
      program: "processor",
      reports: processorReports,
      log: SILENT,
      place: { address: "127.0.0.1", port: 0 },
      file: undefined,
    });
  }

  /** The lake's writes hang from the first data file on, as on a connection that nobody answers; reads are answered. */
  function hangingWrites(store: ObjectStore): { readonly store: ObjectStore; go(): void } {
    let go: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      go = resolve;
    });
    return {
      store: {
        ...store,
        create: async (name, bytes) => {
          if (name.endsWith(".parquet")) await released;
          return store.create(name, bytes);
        },
      },
      go,
    };
  }

  test("whose writes to the lake hang while Kafka and the lake answer turns /healthz red, until they go on", async () => {
    const { status, url, close } = await watched();
    const kafka = kafkaWithTopics(2);
    const { store, go } = hangingWrites(createMemoryStore());
    const running = startProcessor(kafka, store, { status, healthTimings: FAST });
    await eventually("it is ready", async () => (await probe(`${url}/readyz`)) === 200);
    appendEvents(kafka, TOPIC, 100);
    await eventually("/healthz is red", async () => (await probe(`${url}/healthz`)) === 503);
    expect(JSON.parse((await get(`${url}/readyz`)).body)).toMatchObject({
      state: "stuck",
      why: expect.stringMatching(/^100 records wait, Kafka and the lake answer/),
    });
    go();
    await eventually("/healthz is green again", async () => (await probe(`${url}/healthz`)) === 200);
    await running.stop();
    await close();
  });

  test("with a halted partition is not ready, and healthy", async () => {
    const kafka = kafkaWithTopics(2);
    const store = createMemoryStore();
    appendEvents(kafka, TOPIC, 20);
    await processAll(kafka, store);
    kafka.makeTopic(TOPIC, 2);
    appendEvents(kafka, TOPIC, 60, 1_000);
    const { status, url, close } = await watched();
    status.ready();
    const running = startProcessor(kafka, store, { status, healthTimings: FAST });
    await eventually("it says which partition is halted", async () =>
      (await get(`${url}/readyz`)).body.includes("Halted, for the reason that the log gives: listen_events/0"),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await probe(`${url}/healthz`)).toBe(200);
    await running.stop();
    await close();
  });
});
