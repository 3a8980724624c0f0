import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { createFileSink, createStreamSink } from "../../../../runtime/generator/sinks/line-sinks";
import { EVENTS } from "../../../../runtime/schema/events";
import { generateInto, simulate } from "../simulate";

const TOPICS = EVENTS.map((event) => event.topic);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-sinks-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

describe("the file sink", () => {
  it("writes each topic's events, in order, into its own file and counts them", async () => {
    const sink = await createFileSink(join(folder, "new", "out"), TOPICS);
    await generateInto(sink, { users: 20, days: 7 });
    await sink.close();
    const expected = simulate({ users: 20, days: 7 });
    for (const topic of TOPICS) {
      const lines = linesOf(readFileSync(join(folder, "new", "out", `${topic}.ndjson`), "utf8"));
      const ids = lines.map((line) => JSON.parse(line).eventId);
      expect(ids).toEqual(expected.filter((event) => event.topic === topic).map((event) => event.eventId));
      expect(sink.counts.byTopic[topic]).toBe(lines.length);
    }
    expect(sink.counts.acknowledged).toBe(expected.length);
    expect(sink.counts.generated).toBe(expected.length);
  });

  it("replaces what an earlier run left, and leaves other files alone", async () => {
    writeFileSync(join(folder, "auth_events.ndjson"), "old\n");
    writeFileSync(join(folder, "notes.txt"), "mine");
    const sink = await createFileSink(folder, ["auth_events"]);
    await sink.write("auth_events", "1", '{"ts":1}');
    await sink.close();
    expect(readFileSync(join(folder, "auth_events.ndjson"), "utf8")).toBe('{"ts":1}\n');
    expect(readdirSync(folder).sort()).toEqual(["auth_events.ndjson", "notes.txt"]);
  });

  it("takes events larger than its buffers", async () => {
    const sink = await createFileSink(folder, ["auth_events"]);
    const large = `{"text":"${"x".repeat(3_000_000)}"}`;
    for (const value of ["{}", large, "{}", large]) await sink.write("auth_events", "1", value);
    await sink.close();
    expect(linesOf(readFileSync(join(folder, "auth_events.ndjson"), "utf8"))).toEqual(["{}", large, "{}", large]);
  });

  it("refuses a folder that is a file", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    await expect(createFileSink(file, TOPICS)).rejects.toThrow(
      /^--out .*file can't be written \(.*EEXIST.*\); give a folder that is writable or doesn't exist yet\.$/,
    );
  });
});

describe("the stream sink", () => {
  async function written(topic?: string) {
    const stream = new PassThrough();
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
    const sink = createStreamSink(stream, topic);
    await generateInto(sink, { users: 20, days: 7 }, topic);
    await sink.close();
    return { lines: linesOf(Buffer.concat(chunks).toString("utf8")), counts: sink.counts };
  }

  it("writes all topics in the order of time, each line with its topic first", async () => {
    const { lines, counts } = await written();
    const expected = simulate({ users: 20, days: 7 });
    expect(lines.map((line) => /^\{"topic":"(\w+)",/.exec(line)?.[1])).toEqual(expected.map((event) => event.topic));
    expect(lines.map((line) => JSON.parse(line).eventId)).toEqual(expected.map((event) => event.eventId));
    expect(counts.acknowledged).toBe(expected.length);
  });

  it("writes one topic's lines as they are", async () => {
    const { lines } = await written("listen_events");
    const fields = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(fields.filter((event) => "topic" in event || !("artist" in event))).toEqual([]);
    expect(lines.length).toBe(simulate({ users: 20, days: 7 }).filter((e) => e.topic === "listen_events").length);
  });

  it("makes its caller wait for a slow reader, and counts only what was taken", async () => {
    const waiting: (() => void)[] = [];
    const slow = new Writable({ write: (_chunk, _encoding, done) => void waiting.push(done) });
    const sink = createStreamSink(slow, "listen_events");
    const value = `{"text":"${"x".repeat(400_000)}"}`;
    let full: Promise<void> | undefined;
    while (full === undefined) full = sink.write("listen_events", "1", value);
    let resumed = false;
    void full.then(() => {
      resumed = true;
    });
    // One chunk is with the reader and one is full: a third would have to be bought with memory.
    for (let write = 0; write < 10 && (await Promise.race([full.then(() => true), nextTurn()])); write++) {
      full = sink.write("listen_events", "1", value) ?? Promise.resolve();
      resumed = false;
    }
    await nextTurn();
    expect(resumed).toBe(false);
    expect(sink.counts.acknowledged).toBe(0);
    expect(sink.counts.bytes).toBeLessThan(4_000_000);
    const draining = setInterval(() => waiting.shift()?.(), 1);
    await full;
    await sink.close();
    clearInterval(draining);
    expect(sink.counts.acknowledged).toBe(sink.counts.generated);
  });

  it("says when the reader has gone", async () => {
    const closed = new Writable({ write: (_chunk, _encoding, done) => done(new Error("write EPIPE")) });
    closed.on("error", () => undefined);
    const sink = createStreamSink(closed, "listen_events");
    await sink.write("listen_events", "1", "{}");
    await expect(sink.flush()).rejects.toMatchObject({ code: "delivery_failed" });
  });
});

function nextTurn(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)));
}
