import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../support/eventually";
import { endGenerators, filesOf, killUntilDone, linesOf, runGenerator, startGenerator } from "./running";

/** Runs of the program itself: in real time, killed and started again, in parts. */

jest.setTimeout(60_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-runs-"));
});
afterEach(endGenerators);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string) => join(folder, name);

/** All that disturbs, in one run. */
const EVERYTHING = {
  GENERATOR_USERS: "300",
  GENERATOR_SEED: "4",
  GENERATOR_START: "2026-01-08",
  GENERATOR_END: "2026-01-12",
  GENERATOR_GROWTH_RATE: "20",
  GENERATOR_ATTRITION_RATE: "10",
  GENERATOR_LATE_RATE: "0.05",
  GENERATOR_DUPLICATE_RATE: "0.05",
  GENERATOR_MALFORMED_RATE: "0.02",
};

function incidents(): string {
  const file = inFolder("incidents.json");
  const content = {
    incidents: [
      { kind: "silence", states: ["CA"], from: "day 1 06:00", to: "day 2" },
      { kind: "errors", factor: 5, from: "day 2", to: "day 3" },
    ],
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test("killed with -9 at any moment and started again, it leaves the files of a run that was not", async () => {
  const settings = { ...EVERYTHING, GENERATOR_EVENTS_PER_SECOND_MAX: "30000", GENERATOR_INCIDENTS: incidents() };
  await runGenerator({ ...settings, GENERATOR_OUT: inFolder("whole") });
  const state = { GENERATOR_STATE: inFolder("killed.state"), GENERATOR_STATE_INTERVAL_MS: "100" };
  const killing = { ...settings, ...state, GENERATOR_OUT: inFolder("killed") };
  const killed = await killUntilDone({ settings: killing, seed: 1, kills: 4, withinMs: 900 });
  expect(killed).toBeGreaterThan(0);
  expect(filesOf(inFolder("killed"))).toEqual(filesOf(inFolder("whole")));
  expect(linesOf(inFolder("whole")).length).toBeGreaterThan(5_000);
  // Done is done.
  const again = await runGenerator({ ...killing, GENERATOR_SUMMARY: inFolder("summary.json") });
  expect(again.stderr()).toMatch(/the run of the state .*killed\.state has ended with \d+ events at 2026-01-11T/);
  expect(filesOf(inFolder("killed"))).toEqual(filesOf(inFolder("whole")));
});

test("the parts of a run are together the whole, event for event", async () => {
  const settings = { ...EVERYTHING, GENERATOR_INCIDENTS: incidents() };
  const parts = ["1/3", "2/3", "3/3"];
  await Promise.all([
    runGenerator({ ...settings, GENERATOR_OUT: inFolder("all") }),
    ...parts.map((shard, index) =>
      runGenerator({ ...settings, GENERATOR_SHARD: shard, GENERATOR_OUT: inFolder(`part-${index}`) }),
    ),
  ]);
  const whole = linesOf(inFolder("all"));
  expect(linesOf(...parts.map((_, index) => inFolder(`part-${index}`)))).toEqual(whole);
  expect(whole.length).toBeGreaterThan(5_000);
  for (const [index] of parts.entries()) expect(linesOf(inFolder(`part-${index}`)).length).toBeGreaterThan(500);
});

test("in real time it goes at its speed without a drift, and no event comes before its time", async () => {
  const speed = 400;
  const startS = Math.floor(Date.now() / 1000) - 1_000;
  const program = startGenerator({
    GENERATOR_OUT: "-",
    GENERATOR_TOPIC: "page_view_events",
    GENERATOR_USERS: "3000",
    GENERATOR_SPEED: String(speed),
    GENERATOR_START: new Date(startS * 1000).toISOString(),
  });
  const arrived: { readonly atS: number; readonly wallMs: number }[] = [];
  let rest = "";
  program.process.stdout?.on("data", (data: Buffer) => {
    const wallMs = Date.now();
    const lines = (rest + data.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) arrived.push({ atS: JSON.parse(line).ts / 1000, wallMs });
  });
  await eventually("the present is reached", () => (arrived.at(-1)?.atS ?? 0) >= startS + 1_000);
  await sleep(500);
  const stoppedMs = performance.now();
  program.process.kill("SIGTERM");
  expect(await program.ended).toMatchObject({ code: 0 });
  expect(performance.now() - stoppedMs).toBeLessThan(5_000);
  expect(arrived.every(({ atS, wallMs }) => atS * 1000 <= wallMs)).toBe(true);
  // By the least delay of each half: a busy machine makes single events late, never the schedule.
  const past = arrived.filter(({ atS }) => atS < startS + 900);
  const delaysMs = past.map(({ atS, wallMs }) => wallMs - ((atS - startS) * 1000) / speed);
  const half = Math.floor(delaysMs.length / 2);
  const driftMs = Math.min(...delaysMs.slice(half)) - Math.min(...delaysMs.slice(0, half));
  const tookMs = (past.at(-1)?.wallMs ?? 0) - (past[0]?.wallMs ?? 0);
  expect(past.length).toBeGreaterThan(200);
  expect(Math.abs(driftMs) / tookMs).toBeLessThan(0.01);
});

test("files that grow in real time can be followed, and SIGTERM wakes it", async () => {
  const state = inFolder("grow.state");
  const program = startGenerator({
    GENERATOR_OUT: inFolder("grow"),
    GENERATOR_STATE: state,
    GENERATOR_USERS: "2000",
    GENERATOR_CONTINUOUS: "true",
  });
  await eventually("an event can be read", () => {
    try {
      return (filesOf(inFolder("grow")).get("page_view_events.ndjson") ?? "").length > 0;
    } catch {
      return false;
    }
  });
  const stoppedMs = performance.now();
  program.process.kill("SIGTERM");
  expect(await program.ended).toMatchObject({ code: 0 });
  expect(performance.now() - stoppedMs).toBeLessThan(5_000);
  const lines = linesOf(inFolder("grow"));
  expect(lines.every((line) => line.endsWith("}"))).toBe(true);
});
