import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { audit } from "../../runtime/audit/audit";
import type { EventSource } from "../../runtime/kafka/event-source";
import { createTopics, withAdmin } from "../../runtime/kafka/kafkajs-admin";
import { createKafkaSink } from "../../runtime/kafka/kafkajs-sink";
import { createKafkaSource } from "../../runtime/kafka/kafkajs-source";
import { TOPICS } from "../../runtime/kafka/topics";
import type { OffsetRange } from "../../runtime/lake/delta/actions";
import { readLogEntries } from "../../runtime/lake/delta/log";
import { createFolderStore } from "../../runtime/lake/folder-store";
import { processorReports } from "../../runtime/processor/metrics";
import { runProcessor } from "../../runtime/processor/processor";
import { SILENT } from "../../runtime/support/logging";
import { createReporter } from "../../runtime/support/reporting";
import { UNWATCHED } from "../../runtime/support/status/status";
import { startTestBroker } from "../support/broker";
import { eventually } from "../support/eventually";
import { eventJson, HOUR_MS, testSettings } from "../support/processing";
import { type RunningProgram, runBundle } from "../support/program";

/**
 * Clean stops, measured: the bundles as they are deployed, with a real Kafka. SIGTERM is what a machine sends that
 * stops, is preempted or is rolled; then a program has 25 s (stacks/constructs/templates/stop-program.sh).
 */

jest.setTimeout(60_000);

const DRAIN_MS = 25_000;
/** Far longer than this test waits for anything: who has the partitions before had them from a group that was left. */
const SESSION_TIMEOUT_MS = 120_000;
const SENT = 500;
const SENT_LATER = 100;
const TOPIC = "listen_events";
const GROUP = "rhythmic-processor";

let broker: Awaited<ReturnType<typeof startTestBroker>>;
let folder: string;
const running: RunningProgram[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-stop-"));
  broker = await startTestBroker();
  await createTopics([broker.brokers], TOPICS);
});
afterAll(async () => {
  for (const program of running) program.process.kill("SIGKILL");
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(program: "processor" | "generator", settings: Readonly<Record<string, string>>): RunningProgram {
  const started = runBundle(program, { KAFKA_BROKERS: broker.brokers, ...settings });
  running.push(started);
  return started;
}

/** Sends SIGTERM. @returns its exit code, and the milliseconds until it had ended */
async function stop(program: RunningProgram): Promise<{ readonly code: number | null; readonly ms: number }> {
  const sentMs = performance.now();
  program.process.kill("SIGTERM");
  const { code } = await program.ended;
  return { code, ms: Math.round(performance.now() - sentMs) };
}

function startProcessor(lake: string): Promise<RunningProgram> {
  const program = start("processor", {
    LAKE_URL: lake,
    PROCESSOR_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
    // Nothing is committed but by the stop.
    PROCESSOR_CUT_INTERVAL_MS: String(HOUR_MS),
  });
  return eventually("it holds partitions", () => program.stderr().includes("holding partitions")).then(() => program);
}

async function send(count: number, from: number): Promise<void> {
  const sink = await createKafkaSink({ brokers: [broker.brokers], clientId: "test", log: SILENT });
  for (let index = from; index < from + count; index++) {
    await sink.write(TOPIC, String(index % 97), eventJson(TOPIC, index));
  }
  await sink.close();
}

/** What each commit of the topic's table took of each partition, oldest first. */
async function commits(lake: string): Promise<Readonly<Record<string, OffsetRange>>[]> {
  const found: Readonly<Record<string, OffsetRange>>[] = [];
  for await (const { actions } of readLogEntries(await createFolderStore(lake), `events/${TOPIC}`, 1)) {
    for (const action of actions) if ("commitInfo" in action) found.push(action.commitInfo.offsets ?? {});
  }
  return found;
}

/** The group's offsets in Kafka, by partition. */
async function committedInKafka(): Promise<ReadonlyMap<number, number>> {
  const client = { brokers: [broker.brokers], clientId: "test", log: SILENT };
  return withAdmin(client, "the offsets could not be read", async (admin) => {
    const [topic] = await admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] });
    return new Map((topic?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  });
}

/** A source that notes the offsets of every record that it delivers of the topic, by partition. */
function noting(source: EventSource, delivered: Map<number, number[]>): EventSource {
  return {
    clusterId: () => source.clusterId(),
    offsets: (topic) => source.offsets(topic),
    start: (topics, handler) =>
      source.start(topics, {
        assigned: (assignment) => handler.assigned(assignment),
        records(topic, partition, records, heartbeat) {
          const offsets = delivered.get(partition) ?? [];
          if (topic === TOPIC) delivered.set(partition, [...offsets, ...records.map(({ offset }) => offset)]);
          return handler.records(topic, partition, records, heartbeat);
        },
      }),
    isMember: () => source.isMember(),
    seek: (topic, partition, offset) => source.seek(topic, partition, offset),
    pause: (topic, partition) => source.pause(topic, partition),
    recordAt: (topic, partition, offset) => source.recordAt(topic, partition, offset),
    epoch: () => source.epoch(),
    commitOffsets: (offsets) => source.commitOffsets(offsets),
    failed: source.failed,
    stop: () => source.stop(),
  };
}

test("a processor that is stopped with half a batch commits it and leaves the group; the next one replays nothing", async () => {
  const lake = join(folder, "lake");
  const first = await startProcessor(lake);
  await send(SENT, 0);
  await sleep(2_000);
  expect(await commits(lake)).toEqual([]);
  const stopped = await stop(first);
  expect(stopped).toEqual({ code: 0, ms: expect.any(Number) });
  expect(stopped.ms).toBeLessThan(DRAIN_MS);

  // What it had in one commit, and Kafka knows the same ends as the lake's log.
  const [taken, ...more] = await commits(lake);
  expect(more).toEqual([]);
  const ends = new Map(Object.entries(taken ?? {}).map(([partition, { end }]) => [Number(partition), end]));
  const committed = [...ends.values()].reduce((sum, end) => sum + end, 0);
  expect(committed).toBeGreaterThan(0);
  expect(await committedInKafka()).toEqual(ends);

  // The next one has the partitions at once, long before the session of the first could have timed out.
  const delivered = new Map<number, number[]>();
  const source = await createKafkaSource({
    brokers: [broker.brokers],
    groupId: GROUP,
    clientId: "test",
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    log: SILENT,
  });
  await send(SENT_LATER, SENT);
  const abort = new AbortController();
  const second = runProcessor({
    settings: testSettings({ LAKE_URL: lake, PROCESSOR_CUT_INTERVAL_MS: 200 }),
    store: await createFolderStore(lake),
    source: noting(source, delivered),
    log: SILENT,
    report: createReporter(SILENT, processorReports),
    status: UNWATCHED,
    stop: abort.signal,
  });
  await eventually("the next one has committed", async () => {
    const newest = (await commits(lake)).flatMap((ranges) => Object.values(ranges)).map(({ rows }) => rows);
    return newest.reduce((sum, rows) => sum + rows, 0) === SENT + SENT_LATER;
  });
  abort.abort();
  await second;

  // It begins where the first has ended. Of what was committed it is given one record a partition, the last, by which
  // it sees that the topic is still the one that the lake knows; all others are new.
  for (const [partition, end] of ends) {
    const offsets = delivered.get(partition) ?? [];
    expect(offsets.filter((offset) => offset < end)).toEqual([end - 1]);
  }
  const handled = (await commits(lake)).slice(1);
  for (const [partition, end] of ends) {
    const starts = handled.flatMap((ranges) => ranges[partition]?.start ?? []);
    if (starts.length > 0) expect(starts[0]).toBe(end);
  }
  const rows = handled.flatMap((ranges) => Object.values(ranges).map((range) => range.rows));
  expect(rows.reduce((sum, count) => sum + count, 0)).toBe(SENT + SENT_LATER - committed);
});

test("a generator that is stopped has everything acknowledged that it handed over, and its summary says so", async () => {
  const before = await heldByKafka();
  const summaryFile = join(folder, "summary.json");
  const generator = start("generator", { GENERATOR_EVENTS: "100000000", GENERATOR_SUMMARY: summaryFile });
  await eventually("it writes", async () => (await heldByKafka()) > before + 5_000);
  const stopped = await stop(generator);
  expect(stopped).toEqual({ code: 0, ms: expect.any(Number) });
  expect(stopped.ms).toBeLessThan(DRAIN_MS);
  const summary = JSON.parse(readFileSync(summaryFile, "utf8"));
  expect(summary).toMatchObject({ ending: "stopped", acknowledged: summary.generated });
  expect((await heldByKafka()) - before).toBe(summary.acknowledged);
});

/** Records of all topics. */
async function heldByKafka(): Promise<number> {
  const source = await createKafkaSource({
    brokers: [broker.brokers],
    groupId: "test",
    clientId: "test",
    log: SILENT,
  });
  try {
    const offsets = await Promise.all(TOPICS.map(({ name }) => source.offsets(name)));
    return offsets.flatMap((of) => [...of.values()]).reduce((sum, { earliest, end }) => sum + end - earliest, 0);
  } finally {
    await source.stop();
  }
}

test("with Kafka gone, a processor and a generator end within the time that they have, and say what is left", async () => {
  // A lake with books: before a commit on them the processor asks Kafka whether the topic is still the same.
  const lake = join(folder, "lake");
  const processor = await startProcessor(lake);
  const summaryFile = join(folder, "failed.json");
  const generator = start("generator", { GENERATOR_EVENTS: "100000000", GENERATOR_SUMMARY: summaryFile });
  await send(50, SENT + SENT_LATER);
  const before = await heldByKafka();
  await eventually("the generator writes", async () => (await heldByKafka()) > before);
  await sleep(1_000);
  broker.kill();
  await broker.exited;
  await eventually("the processor has noticed", () => processor.stderr().includes("lost Kafka"));
  const [ofProcessor, ofGenerator] = await Promise.all([stop(processor), stop(generator)]);
  for (const { code, ms } of [ofProcessor, ofGenerator]) {
    expect(code).toBe(1);
    expect(ms).toBeLessThan(DRAIN_MS);
  }
  expect(processor.stderr()).toMatch(
    /stopped with \d+ records in memory that are not known to be committed; nothing is lost: the next processor reads them from Kafka again/,
  );
  expect(processor.stderr()).toMatch(/Kafka does not answer, and without it nothing more is committed/);
  expect(generator.stderr()).toMatch(/did not acknowledge records of .* the other \d+ may be there or not/);
  const summary = JSON.parse(readFileSync(summaryFile, "utf8"));
  expect(summary).toMatchObject({ ending: "failed", error: expect.stringMatching(/^Kafka at .* did not acknowledge/) });
  expect(summary.acknowledged).toBeGreaterThan(0);
  expect(summary.acknowledged).toBeLessThan(summary.generated);
  expect(generator.stderr()).not.toMatch(/MaxListenersExceededWarning/);
  // What was committed before, or of topics that had no books yet, is whole.
  expect((await audit({ store: await createFolderStore(lake) })).problems).toEqual([]);
});
