import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTopics } from "../../../../runtime/generator/outlet";
import { cutFiles, markFiles } from "../../../../runtime/generator/resume/file-marks";
import { checkSameRun } from "../../../../runtime/generator/resume/fingerprint";
import { offsetsOf, recover } from "../../../../runtime/generator/resume/kafka-marks";
import { PendingRecords } from "../../../../runtime/generator/resume/pending-records";
import {
  type KafkaMark,
  readSavedRun,
  type SavedRun,
  writeSavedRun,
} from "../../../../runtime/generator/resume/saved-run";
import { figuresOf } from "../../../../runtime/generator/summary";
import { createMemoryKafka, type MemoryKafka } from "../../../../runtime/kafka/memory-kafka";
import { partitionOf } from "../../../../runtime/kafka/partitioner";
import { SILENT } from "../../../../runtime/support/logging";
import { BUSY, startOnce, useFolder } from "./starts";

const inFolder = useFolder();
const NO_COUNTS = { generated: 0, acknowledged: 0, bytes: 0, byTopic: {} };

const RUN: SavedRun = {
  fingerprint: { seed: "7" },
  startS: 1,
  endS: 2,
  starts: { starts: 3, figures: figuresOf(NO_COUNTS, undefined, 1), reachedS: 5 },
  mark: { kind: "files", bytes: { listen_events: 12 } },
  simulation: Uint8Array.of(0, 10, 255),
  disturber: Uint8Array.of(),
};

describe("a state file", () => {
  test("gives back what was written, whichever parts it has", () => {
    const path = inFolder("run.state");
    const { disturber: _, ...plain } = RUN;
    for (const run of [RUN, plain]) {
      writeSavedRun(path, run);
      expect(readSavedRun(path)).toEqual(run);
    }
    expect(readSavedRun(inFolder("none.state"))).toBeUndefined();
  });

  test("is refused where any byte is another, or missing", () => {
    const path = inFolder("run.state");
    writeSavedRun(path, RUN);
    const whole = readFileSync(path);
    let refused = 0;
    for (let at = 0; at < whole.length; at += 23) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      for (const content of [changed, whole.subarray(0, at)]) {
        writeFileSync(path, content);
        expect(() => readSavedRun(path)).toThrow(
          /^(The state .* is damaged: its checksum is another; put back a copy, or remove it|.* is no state of this generator: its first line is not)/,
        );
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(30);
  });

  test("that can't be written is named, with what to do", () => {
    expect(() => writeSavedRun(inFolder("none/run.state"), RUN)).toThrow(
      /^The state .*none\/run\.state can't be written \(.*ENOENT.*\); give --state a file in a folder that is there and writable\.$/,
    );
    expect(() => readSavedRun(inFolder("."))).toThrow(/^The state .* can't be read \(.*EISDIR/);
  });

  test("of another run is refused, and all that differs is named", () => {
    expect(() => checkSameRun("run.state", { seed: "7", users: "3", tag: "A" }, { seed: "8", users: "3" })).toThrow(
      "The state run.state is of another run, which differs in seed (there 7, now 8), tag (there A, now unknown); give the settings of that run to go on with it, or another --state to begin this one.",
    );
  });

  test.each([
    ["GENERATOR_SEED", "12", /seed \(there 11, now 12\)/],
    ["GENERATOR_USERS", "3", /users \(there 250, now 3\)/],
    ["GENERATOR_END", "2026-01-12", /end \(there 2026-01-11T00:00:00Z, now 2026-01-12T00:00:00Z\)/],
    ["GENERATOR_GROWTH_RATE", "21", /growth rate \(there 20, now 21\)/],
    ["GENERATOR_SHARD", "1/2", /shard \(there 1\/1, now 1\/2\)/],
    ["GENERATOR_TAG", "B", /tag \(there none, now "B"\)/],
    ["GENERATOR_TAG", "none", /tag \(there none, now "none"\)/],
    ["GENERATOR_LATE_RATE", "0.2", /late rate \(there 0\.1, now 0\.2\)/],
    ["GENERATOR_EVENTSIM_COMPAT", "true", /eventsim's rules \(there false, now true\)/],
    ["GENERATOR_TOPIC", "auth_events", /topic \(there all, now auth_events\)/],
  ])("is another run's where %s is %s", async (name, value, message) => {
    const settings = { ...BUSY, GENERATOR_OUT: inFolder("out"), GENERATOR_STATE: inFolder("run.state") };
    await startOnce({ settings, stopAfter: 5 });
    await expect(startOnce({ settings: { ...settings, [name]: value } })).rejects.toThrow(message);
    // How fast it goes is nobody's business.
    await startOnce({ settings: { ...settings, GENERATOR_EVENTS_PER_SECOND_MAX: "1e9" }, stopAfter: 5 });
  });
});

describe("files", () => {
  const TOPICS = ["a", "b"];

  test("are cut back to the mark, all or none of them", async () => {
    const folder = inFolder("out");
    mkdirSync(folder);
    for (const topic of TOPICS) writeFileSync(join(folder, `${topic}.ndjson`), "12345\n");
    const mark = await markFiles(folder, TOPICS);
    expect(mark).toEqual({ kind: "files", bytes: { a: 6, b: 6 } });
    appendFileSync(join(folder, "a.ndjson"), "678");
    truncateSync(join(folder, "b.ndjson"), 5);
    await expect(cutFiles(folder, mark)).rejects.toThrow(
      /b\.ndjson holds 5 bytes, but 6 when the state was written, so the run can't go on there; put the file back, or remove the state to begin the run anew\.$/,
    );
    expect(readFileSync(join(folder, "a.ndjson"), "utf8")).toBe("12345\n678");
    appendFileSync(join(folder, "b.ndjson"), "\n");
    await cutFiles(folder, mark);
    expect(readFileSync(join(folder, "a.ndjson"), "utf8")).toBe("12345\n");
    rmSync(join(folder, "a.ndjson"));
    await expect(cutFiles(folder, mark)).rejects.toThrow(/a\.ndjson holds 0 bytes, but 6/);
  });
});

describe("topics", () => {
  const stop = new AbortController().signal;
  let kafka: MemoryKafka;
  let mark: KafkaMark;

  beforeEach(async () => {
    kafka = createMemoryKafka();
    kafka.makeTopic("t", 2);
    for (let i = 0; i < 4; i++) kafka.append("t", 1, { key: "k", value: `${i}` });
    const offsets = await offsetsOf(kafka.tail(), ["t"]);
    mark = { kind: "kafka", clusterId: kafka.clusterId, offsets, pending: {}, isComplete: false };
  });

  const recovered = (from = mark) => recover(kafka.tail(), from, { stop, log: SILENT, settleMs: 1 });

  test("are read from the mark on, and what arrives a moment later too", async () => {
    expect(mark.offsets).toEqual({ t: [0, 4] });
    kafka.append("t", 1, { key: "k", value: "mine" });
    const recovering = recover(kafka.tail(), mark, { stop, log: SILENT, settleMs: 50 });
    setTimeout(() => kafka.append("t", 1, { key: "k", value: "late" }), 10);
    const { offsets, pending } = await recovering;
    expect(offsets).toEqual({ t: [0, 6] });
    expect(pending.save()["t/1"]).toHaveLength(2);
  });

  test("as far as they were read they stand in the first state, whatever has come meanwhile", async () => {
    kafka.append("t", 1, { key: "k", value: "mine" });
    const options = { sink: kafka.sink(), tail: kafka.tail(), topics: ["t"], deliveryTimeoutMs: 1, settleMs: 1 };
    const outlet = await openTopics({ ...options, from: mark, stop, log: SILENT });
    kafka.append("t", 1, { key: "k", value: "not seen" });
    expect(await outlet.mark(false)).toMatchObject({ offsets: { t: [0, 5] }, isComplete: false });
    expect(await outlet.mark(true)).toMatchObject({ offsets: { t: [0, 6] }, isComplete: true });
  });

  test.each<[string, () => void, RegExp]>([
    [
      "were made anew",
      () => kafka.makeTopic("t", 2),
      /^Kafka holds records up to offset 0 of t, partition 1, but did up to 4 when the state was written: the topic was made anew; remove the state to begin the run anew/,
    ],
    [
      "have other partitions",
      () => kafka.makeTopic("t", 3),
      /^The topic t has 3 partitions, but 2 when the state was written; remove the state/,
    ],
    [
      "have lost records by retention",
      () => {
        for (let i = 0; i < 4; i++) kafka.append("t", 1, { key: "k", value: "x" });
        kafka.trim("t", 1, 6);
      },
      /^Kafka holds the records of t, partition 1 from offset 6 on only, so which of those from 4 on were of this run can't be seen any more; remove the state/,
    ],
    [
      "are another cluster's",
      () => {
        kafka.clusterId = "other";
      },
      /^The state was written for the Kafka cluster memory-cluster, but this is other; give that one's --brokers, or remove the state/,
    ],
  ])("that %s are refused, not passed over in silence", async (_, change, message) => {
    change();
    await expect(recovered()).rejects.toThrow(message);
  });

  test("need not be held any more after a clean stop", async () => {
    for (let i = 0; i < 4; i++) kafka.append("t", 1, { key: "k", value: "x" });
    kafka.trim("t", 1, 6);
    expect((await recovered({ ...mark, isComplete: true })).pending.isEmpty).toBe(true);
  });

  // The first state of the next start asked for all that others had written since the stop: where that was no longer
  // held, or too much for the memory, a crash soon after the start was the end of the run.
  test("after a clean stop are not asked for by the states of the next start either", async () => {
    for (let i = 0; i < 4; i++) kafka.append("t", 1, { key: "k", value: "x" });
    kafka.trim("t", 1, 6);
    const options = { sink: kafka.sink(), tail: kafka.tail(), topics: ["t"], deliveryTimeoutMs: 1, settleMs: 1 };
    const outlet = await openTopics({ ...options, from: { ...mark, isComplete: true }, stop, log: SILENT });
    const first = (await outlet.mark(false)) as KafkaMark;
    expect(first).toMatchObject({ offsets: { t: [0, 8] }, isComplete: false });
    expect((await recovered(first)).pending.isEmpty).toBe(true);
  });
});

describe("records that Kafka has taken", () => {
  const PARTITIONS = new Map([["t", 3]]);
  const key = "7";
  const place = partitionOf(Buffer.from(key), 3);
  const add = (pending: PendingRecords, ...values: string[]) => {
    for (const value of values) pending.add("t", place, { key: Buffer.from(key), value: Buffer.from(value) });
  };
  const take = (pending: PendingRecords, value: string) => pending.take("t", key, Buffer.from(value));

  test("are skipped as often as they are there, and no more", () => {
    const pending = new PendingRecords(PARTITIONS);
    add(pending, "a", "b", "a");
    expect(["a", "b", "a"].map((value) => take(pending, value))).toEqual([true, true, true]);
    expect(pending.isEmpty).toBe(true);
    expect(take(pending, "a")).toBe(false);
  });

  test("with the same value and another key are others", () => {
    const pending = new PendingRecords(PARTITIONS);
    pending.add("t", place, { key: Buffer.from("another"), value: Buffer.from("") });
    expect(take(pending, "")).toBe(false);
  });

  test("are over in a partition at its first record that is not there: the rest is others'", () => {
    const pending = new PendingRecords(PARTITIONS);
    add(pending, "foreign", "a", "b");
    expect(take(pending, "a")).toBe(true);
    expect(take(pending, "new")).toBe(false);
    expect(take(pending, "b")).toBe(false);
    expect(pending.isEmpty).toBe(true);
  });

  test("that are still to come outlive the next state", () => {
    const pending = new PendingRecords(PARTITIONS);
    add(pending, "a", "b", "b");
    take(pending, "a");
    const next = new PendingRecords(PARTITIONS, JSON.parse(JSON.stringify(pending.save())));
    expect(["b", "b", "b"].map((value) => take(next, value))).toEqual([true, true, false]);
  });
});
