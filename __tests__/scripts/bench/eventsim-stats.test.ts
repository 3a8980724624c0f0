import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "../../../scripts/bench/eventsim-stats";
import { START_S, simulate } from "../../runtime/generator/simulate";

const folder = mkdtempSync(path.join(tmpdir(), "rhythmic-stats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function outputOf(flags: readonly string[], json = false): Promise<string> {
  let output = "";
  const write = jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
  try {
    await run({ json, flags });
  } finally {
    write.mockRestore();
  }
  return output;
}

describe("npm run bench -- eventsim-stats", () => {
  const sample = mkdtempSync(path.join(folder, "sample-"));
  const events = simulate({ users: 150, days: 3, eventsimCompat: true });
  for (const topic of new Set(events.map((event) => event.topic))) {
    const lines = events.filter((event) => event.topic === topic).map((event) => `${JSON.stringify(event)}\n`);
    writeFileSync(path.join(sample, `${topic}.ndjson`), lines.join(""));
  }

  it("compares two folders, and one with itself is the same", async () => {
    const { windows, tests } = JSON.parse(await outputOf(["--sample", sample, "--against", sample], true));
    expect(windows.page_view_events).toHaveLength(1);
    expect(tests.length).toBeGreaterThan(20);
    expect(tests.filter(({ statistic }: { statistic: number }) => Math.abs(statistic) > 1e-9)).toEqual([]);
  });

  it("compares with what our generator makes of the same configuration, and prints both side by side", async () => {
    const flags = ["--sample", sample, "--users", "150", "--start", new Date(START_S * 1000).toISOString()];
    const text = await outputOf(flags);
    expect(text).toMatch(/second: our generator, compat mode, .*150 users, seed 1/);
    expect(text).toMatch(/NextSong 200, Logged In, paid +\d\d\.\d\d % +\d\d\.\d\d %/);
    expect(text).toMatch(/all transitions together +chi² = [\d.]+, df [\d.]+ /);
    expect(text).toContain("Nothing differs beyond what the size of both sides explains.");
  });

  it.each([
    [[], /Nothing says what is compared; give --sample DIR/],
    [["--sample", "SAMPLE", "--users", "0"], /--users is 0; it must be a whole number from 1 to 1000000/],
    [["--sample", "SAMPLE", "--start", "soon"], /--start is soon, which is no time/],
    [["--sample", "SAMPLE", "--config", "none.json"], /--config is none.json, which can't be read \(.*ENOENT/],
    [["--sample", "SAMPLE", "--config", "."], /--config is \., which can't be read \(.*EISDIR/],
    [["--sample", __filename], /eventsim-stats\.test\.ts holds no event \(no such folder\)/],
    [["--sample", "FOLDERS"], /page_view_events\.ndjson can't be read \(.*EISDIR.*\); give files of events/],
  ])("says what is wrong with %j", async (flags, message) => {
    const folders = path.join(folder, "folders");
    mkdirSync(path.join(folders, "page_view_events.ndjson"), { recursive: true });
    const places: Record<string, string> = { SAMPLE: sample, FOLDERS: folders };
    await expect(outputOf(flags.map((flag) => places[flag] ?? flag))).rejects.toMatchObject({
      message: expect.stringMatching(message),
      code: "bad_usage",
    });
  });

  it("reads a file that begins with a byte order mark", async () => {
    const marked = path.join(folder, "marked");
    mkdirSync(marked);
    const name = "page_view_events.ndjson";
    writeFileSync(path.join(marked, name), `\ufeff${readFileSync(path.join(sample, name), "utf8")}`);
    const { tests } = JSON.parse(await outputOf(["--sample", marked, "--against", sample], true));
    expect(tests.length).toBeGreaterThan(10);
  });
});
