import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSnapshot } from "../../../runtime/lake/delta/snapshot";
import { createFolderStore } from "../../../runtime/lake/folder-store";
import { EVENTS, type Topic } from "../../../runtime/schema/events";
import { pythonWith, READERS } from "../../../scripts/setup/python";
import { appendEvents, booksOf, kafkaWithTopics, processAll, START_MS } from "../../support/processing";
import { describeWithTool } from "../../support/requires";

interface Counts {
  readonly deltaRs: {
    readonly rows: number;
    readonly version: number;
    readonly distinct: number;
    readonly columns: Readonly<Record<string, string>>;
    readonly first_event_time_ms?: number;
  };
  readonly duckDb: { readonly rows: number; readonly distinct: number };
}

const EVENTS_PER_TOPIC: Record<Topic, number> = {
  listen_events: 20_000,
  page_view_events: 10_000,
  auth_events: 300,
  status_change_events: 0,
};

describeWithTool("python3", "the lake's tables, read by others (delta-rs, DuckDB's delta extension)", () => {
  let python: string;
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-readers-"));
  const lake = join(folder, "lake");
  const kafka = kafkaWithTopics(3);

  function run(action: "count" | "compact", tablePath: string): string {
    const script = join(__dirname, "delta_readers.py");
    return execFileSync(python, [script, action, join(lake, tablePath)], { encoding: "utf8" });
  }
  const count = (tablePath: string) => JSON.parse(run("count", tablePath)) as Counts;

  beforeAll(async () => {
    python = pythonWith(READERS);
    const store = await createFolderStore(lake);
    for (const { topic } of EVENTS) {
      appendEvents(kafka, topic, EVENTS_PER_TOPIC[topic]);
      kafka.append(topic, 0, { value: "no JSON" });
    }
    await processAll(kafka, store, { PROCESSOR_CUT_BYTES_MAX: 1_000_000 });
  }, 600_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(EVENTS.map((event) => event.topic))(
    "%s: every row, once",
    (topic) => {
      const counts = count(`events/${topic}`);
      const rows = EVENTS_PER_TOPIC[topic];
      expect(counts.duckDb).toEqual({ rows, distinct: rows });
      expect(counts.deltaRs).toMatchObject({ rows, distinct: rows });
      expect(counts.deltaRs.columns).toMatchObject({
        event_time: "timestamp[us, tz=UTC]",
        kafka_offset: "int64",
        longitude_deg: "double",
        date: "date32[day]",
        hour: "int32",
      });
      if (rows > 0) expect(counts.deltaRs.first_event_time_ms).toBe(START_MS);
    },
    120_000,
  );

  test("dead letters: every one, once", () => {
    const counts = count("dead_letters");
    expect(counts.duckDb.rows).toBe(EVENTS.length);
    expect(counts.deltaRs).toMatchObject({ rows: EVENTS.length });
  }, 120_000);

  test("are still ours after another writer has compacted them and written a checkpoint", async () => {
    const store = await createFolderStore(lake);
    const before = await readSnapshot(store, "events/listen_events");
    run("compact", "events/listen_events");
    const after = await readSnapshot(store, "events/listen_events");
    expect(after?.version).toBeGreaterThan(before?.version ?? 0);
    expect(after?.files.size).toBeLessThan(before?.files.size ?? 0);
    expect(after?.txns).toEqual(before?.txns);
    appendEvents(kafka, "listen_events", 100, EVENTS_PER_TOPIC.listen_events);
    await processAll(kafka, store);
    expect(await booksOf(kafka, store)).toMatchObject({ balanced: true, lakeRows: 30_400, duplicates: 0, missing: 0 });
    expect(count("events/listen_events").duckDb).toEqual({ rows: 20_100, distinct: 20_100 });
  }, 120_000);
});
