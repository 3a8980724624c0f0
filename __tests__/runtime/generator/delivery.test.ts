import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryKafka } from "../../../runtime/kafka/memory-kafka";
import { partitionOf } from "../../../runtime/kafka/partitioner";
import { freePorts } from "../../../scripts/kafka/ports";
import { TOPIC_NAMES } from "./resume/starts";
import { startGenerator } from "./running";
import { generateInto } from "./simulate";

const PARTITIONS = 3;

describe("eventsim's error 11", () => {
  test("no record goes to Kafka without its key: the user's id, or the session's where the user is not shown", async () => {
    const kafka = createMemoryKafka();
    for (const topic of TOPIC_NAMES) kafka.makeTopic(topic, PARTITIONS);
    await generateInto(kafka.sink(), { events: 3_000 });
    let guests = 0;
    for (const topic of TOPIC_NAMES) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        let lastMs = 0;
        for (const { key, value } of kafka.read(topic, partition, 0, Number.MAX_SAFE_INTEGER)) {
          const { userId, sessionId, ts } = JSON.parse(Buffer.from(value ?? []).toString());
          expect(Buffer.from(key ?? []).toString()).toBe(String(userId ?? sessionId));
          expect(partition).toBe(partitionOf(Buffer.from(key ?? []), PARTITIONS));
          expect(ts).toBeGreaterThanOrEqual(lastMs);
          lastMs = ts;
          if (userId === undefined) guests++;
        }
      }
    }
    expect(guests).toBeGreaterThan(5);
  });

  test("where Kafka takes nothing the run fails, in one sentence, and its summary says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rhythmic-delivery-"));
    const [nobody = 0] = await freePorts(1);
    const summary = join(folder, "summary.json");
    const program = startGenerator({
      KAFKA_BROKERS: `127.0.0.1:${nobody}`,
      GENERATOR_EVENTS: "10",
      GENERATOR_SUMMARY: summary,
    });
    expect(await program.ended).toMatchObject({ code: 1 });
    const lines = program.stderr().trim().split("\n");
    expect(lines).toHaveLength(1);
    const why = /Kafka does not answer at 127\.0\.0\.1:\d+ \(ECONNREFUSED\); check that it runs/;
    expect(lines[0]).toMatch(why);
    expect(JSON.parse(readFileSync(summary, "utf8"))).toMatchObject({
      ending: "failed",
      error: expect.stringMatching(why),
      generated: 0,
      acknowledged: 0,
    });
    rmSync(folder, { recursive: true });
  });
});
