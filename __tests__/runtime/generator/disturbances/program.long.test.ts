import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Summary } from "../../../../runtime/generator/summary";
import { createJudge } from "../../../../runtime/processor/judge";
import { EVENTS } from "../../../../runtime/schema/events";
import { eventually } from "../../../support/eventually";
import { runBundle } from "../../../support/program";

/** The generator's bundle with flags for late, repeated and malformed events, into files. */

jest.setTimeout(60_000);

const FLAGS = ["--users", "120", "--seed", "4", "--start", "2026-01-01", "--end", "2026-01-03"];
const RATES = ["--late-rate", "0.2", "--late-max-s", "5000", "--duplicate-rate", "0.1", "--malformed-rate", "0.05"];
const LINE_END = 0x0a;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-disturbed-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function generate(name: string, flags: readonly string[], expected = 0): Promise<Summary> {
  const summary = join(folder, `${name}.json`);
  const program = runBundle("generator", {}, [...flags, "--out", join(folder, name), "--summary", summary]);
  const { code } = await program.ended;
  expect({ code, stderr: program.stderr() }).toMatchObject({ code: expected });
  return JSON.parse(readFileSync(summary, "utf8"));
}

/** The lines of a topic's file, whatever they hold. */
function linesOf(name: string, topic: string): Buffer[] {
  const file = readFileSync(join(folder, name, `${topic}.ndjson`));
  const lines: Buffer[] = [];
  for (let start = 0; start < file.length; ) {
    const end = file.indexOf(LINE_END, start);
    lines.push(file.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

const hashOf = (file: Buffer) => createHash("sha256").update(file).digest("hex");
const hashes = (name: string) =>
  readdirSync(join(folder, name)).map((file) => [file, hashOf(readFileSync(join(folder, name, file)))]);
const sorted = (lines: readonly Buffer[]) => lines.map((line) => line.toString("latin1")).sort();

/** What a reader of a topic's lines finds. */
function findings(name: string, event: (typeof EVENTS)[number]) {
  const judge = createJudge(event, { eventBytesMax: 1_000_000, eventAgeMaxMs: undefined });
  const times = new Map<string, number>();
  let malformed = 0;
  let behind = 0;
  let latest = 0;
  for (const value of linesOf(name, event.topic)) {
    const verdict = judge({ offset: 0, timestampMs: Date.UTC(2026, 1), key: null, value, headers: {} });
    if (verdict.event === undefined) {
      malformed++;
      continue;
    }
    const { ts, eventId } = verdict.event;
    times.set(String(eventId), (times.get(String(eventId)) ?? 0) + 1);
    if (Number(ts) < latest) behind++;
    latest = Math.max(latest, Number(ts));
  }
  const twice = [...times.values()].filter((count) => count === 2).length;
  const more = [...times.values()].filter((count) => count > 2).length;
  return { events: times.size + malformed, malformed, twice, more, behind };
}

let whole: Summary;
beforeAll(async () => {
  whole = await generate("whole", [...FLAGS, ...RATES]);
});

describe("the generator with disturbances", () => {
  test("writes what the summary says that it has done", () => {
    expect(Math.min(whole.late, whole.duplicates, whole.malformed)).toBeGreaterThan(40);
    for (const event of EVENTS) {
      const { topic } = event;
      const found = findings("whole", event);
      expect({ topic, ...found }).toMatchObject({
        topic,
        events: whole.eventsByTopic[topic],
        malformed: whole.malformedByTopic[topic],
        twice: whole.duplicatesByTopic[topic],
        more: 0,
      });
      expect(linesOf("whole", topic)).toHaveLength(whole.byTopic[topic] ?? 0);
    }
    expect(findings("whole", EVENTS[1]).behind).toBeGreaterThan(0.8 * (whole.lateByTopic.page_view_events ?? 0));
    expect(whole.generated).toBe(whole.events + whole.duplicates);
    expect(whole.pages.NextSong).toBe(whole.eventsByTopic.listen_events);
    expect(Object.values(whole.pages).reduce((sum, count) => sum + count)).toBe(whole.eventsByTopic.page_view_events);
    expect(whole.acknowledged).toBe(whole.generated);
  });

  test("walks no other way than without them, and keeps --events exact", async () => {
    const [plain, some] = await Promise.all([
      generate("plain", FLAGS),
      generate("some", [...FLAGS, ...RATES, "--events", "500"]),
    ]);
    const names = ["events", "eventsByTopic", "users", "sessions", "reached"] as const;
    for (const name of names) expect([name, whole[name]]).toEqual([name, plain[name]]);
    expect(some.events).toBe(500);
    expect(some.generated).toBe(500 + some.duplicates);
  });

  test("gives the same in parts of the users, event for event", async () => {
    const parts = await Promise.all(
      ["1/2", "2/2"].map((shard) => generate(shard.replace("/", "of"), [...FLAGS, ...RATES, "--shard", shard])),
    );
    for (const { topic } of EVENTS) {
      const union = ["1of2", "2of2"].flatMap((name) => linesOf(name, topic));
      expect(sorted(union)).toEqual(sorted(linesOf("whole", topic)));
    }
    for (const what of ["events", "late", "duplicates", "malformed"] as const) {
      expect([what, parts.reduce((sum, part) => sum + part[what], 0)]).toEqual([what, whole[what]]);
    }
  });

  test("gives the same bytes in two starts with a state, what was held back in between included", async () => {
    const state = ["--state", join(folder, "state")];
    const flags = [...FLAGS, ...RATES, ...state, "--events-per-second-max"];
    const out = ["--out", join(folder, "resumed"), "--summary", join(folder, "first.json")];
    const first = runBundle("generator", {}, [...flags, "1000", ...out]);
    const listens = join(folder, "resumed", "listen_events.ndjson");
    await eventually("something is written", async () => existsSync(listens) && statSync(listens).size > 20_000);
    first.process.kill("SIGTERM");
    expect((await first.ended).code).toBe(0);
    const before: Summary = JSON.parse(readFileSync(join(folder, "first.json"), "utf8"));
    expect(before).toMatchObject({ ending: "stopped", resumedAt: null });
    expect(before.generated).toBeLessThan(before.events + before.duplicates);
    const after = await generate("resumed", [...flags, "1e9"]);
    expect(hashes("resumed")).toEqual(hashes("whole"));
    expect(after.resumedAt).toBe(before.reached);
    const { total } = after;
    for (const what of ["events", "generated", "acknowledged", "bytes", "late", "duplicates", "malformed"] as const) {
      expect([what, total[what]]).toEqual([what, whole[what]]);
    }
    const { malformedBy, pages } = whole;
    expect(total).toMatchObject({ starts: 2, malformedBy, pages });
  });

  test("writes its summary where it is stopped while it waits for Kafka", async () => {
    const summary = join(folder, "waiting.json");
    const program = runBundle("generator", {}, [
      "--brokers",
      "127.0.0.1:1",
      "--kafka-wait-max-ms",
      "60000",
      "--summary",
      summary,
    ]);
    await eventually("the generator waits", () => program.stderr().includes("127.0.0.1:1"));
    program.process.kill("SIGTERM");
    expect((await program.ended).code).toBe(0);
    expect(JSON.parse(readFileSync(summary, "utf8"))).toMatchObject({ ending: "stopped", events: 0, generated: 0 });
  });

  test("refuses a summary without a place before it writes anything", async () => {
    const flags = ["--out", join(folder, "unwritten"), "--summary", join(folder, "none", "summary.json")];
    const program = runBundle("generator", {}, [...FLAGS, ...flags]);
    expect((await program.ended).code).toBe(2);
    expect(program.stderr()).toMatch(/^generator: The summary .* can't be written \(.* is no folder\); give --summary/);
    expect(readdirSync(folder)).not.toContain("unwritten");
  });
});
