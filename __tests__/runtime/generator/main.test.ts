import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

/** The generator as its users run it: one bundled file under Node, driven by flags and signals. */
let folder: string;
let bundle: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmic-generator-"));
  bundle = join(folder, "generator.cjs");
  const entry = join(__dirname, "../../../runtime/generator/main.ts");
  buildSync({ entryPoints: [entry], outfile: bundle, bundle: true, platform: "node", target: "node20" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  flags: readonly string[],
  options: { env?: Record<string, string>; killAfterOutput?: NodeJS.Signals } = {},
) {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, [bundle, ...flags], { env: { PATH: process.env.PATH, ...options.env } });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => {
      if (options.killAfterOutput !== undefined && stdout.length === 0) child.kill(options.killAfterOutput);
      stdout.push(chunk.toString("utf8"));
    });
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout: stdout.join(""), stderr: stderr.join("") }));
  });
}

const inFolder = (name: string) => join(folder, name);
const hashes = (name: string) =>
  readdirSync(inFolder(name)).map((file) =>
    createHash("sha256")
      .update(readFileSync(join(folder, name, file)))
      .digest("hex"),
  );
const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

describe("the generator's command", () => {
  it("explains every setting with --help", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const flag of [
      "--config",
      "--seed",
      "--users",
      "--start",
      "--end",
      "--events",
      "--topic",
      "--out",
      "--brokers",
    ]) {
      expect(stdout).toContain(`${flag} VALUE`);
    }
    expect(stdout).toContain("--eventsim-compat\n");
  });

  it("writes exactly the events asked for, the same bytes on every run, and a summary", async () => {
    const flags = ["--events", "5000", "--users", "50", "--seed", "3"];
    const first = await run([...flags, "--out", inFolder("a"), "--summary", inFolder("summary.json")]);
    expect(first.code).toBe(0);
    expect((await run([...flags, "--out", inFolder("b")])).code).toBe(0);
    expect(hashes("a")).toEqual(hashes("b"));
    const lines = readdirSync(inFolder("a")).flatMap((file) => linesOf(readFileSync(join(folder, "a", file), "utf8")));
    expect(lines).toHaveLength(5000);
    const summary = JSON.parse(readFileSync(inFolder("summary.json"), "utf8"));
    expect(summary).toMatchObject({ generated: 5000, acknowledged: 5000, seed: 3, ending: "events" });
    expect(summary.bytes).toBe(lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0));
    expect(summary.configurationHash).toMatch(/^[0-9a-f]{64}$/);
    expect(summary.sessions).toBe(new Set(lines.map((line) => JSON.parse(line).sessionId)).size);
    expect(first.stderr).toContain('"message":"5000 events generated, 5000 acknowledged');
  });

  // It ended with 0, and the summary stood where the state had been.
  it("writes nothing where two of its files would be one, or have no place", async () => {
    const [out, one] = [inFolder("none-yet"), inFolder("one-file")];
    for (const flags of [
      ["--state", one, "--summary", one],
      ["--state", inFolder("no/folder/state")],
    ]) {
      const { code, stderr } = await run(["--events", "5", "--out", out, ...flags]);
      expect(code).toBe(2);
      expect(linesOf(stderr)).toEqual([expect.stringMatching(/^generator: .*; give --s.*\.$/)]);
    }
    expect([existsSync(out), existsSync(one)]).toEqual([false, false]);
  });

  it("takes its settings from the environment too; flags win", async () => {
    const env = { GENERATOR_OUT: "-", GENERATOR_TOPIC: "auth_events", GENERATOR_EVENTS: "9" };
    const { code, stdout } = await run(["--events", "3"], { env });
    expect(code).toBe(0);
    const lines = linesOf(stdout);
    expect(lines).toHaveLength(3);
    expect(lines.filter((line) => typeof JSON.parse(line).success !== "boolean")).toEqual([]);
  });

  it("ends with the simulated time, and lets a date of the command line override the file's", async () => {
    const file = inFolder("dated.json");
    const builtIn = readFileSync(join(__dirname, "../../../runtime/generator/config/music-service.json"), "utf8");
    writeFileSync(file, builtIn.replace("{", '{ "start-date": "2024-02-01", "end-date": "2024-02-02", "n-users": 40,'));
    const { stdout } = await run(["--config", file, "--out", "-", "--end", "2024-02-03T12:00:00Z"]);
    const times = linesOf(stdout).map((line) => JSON.parse(line).ts as number);
    expect(times.at(0)).toBeGreaterThanOrEqual(Date.UTC(2024, 1, 1));
    expect(times.at(-1)).toBeGreaterThan(Date.UTC(2024, 1, 3));
    expect(times.at(-1)).toBeLessThan(Date.UTC(2024, 1, 3, 12));
  });

  it.each([
    ["SIGTERM", 0],
    ["SIGINT", 130],
  ] as const)("finishes its lines and its summary on %s", async (signal, expected) => {
    const summaryFile = inFolder(`${signal}.json`);
    const flags = ["--out", "-", "--events", "100000000", "--summary", summaryFile];
    const { code, stdout } = await run(flags, { killAfterOutput: signal });
    expect(code).toBe(expected);
    const lines = linesOf(stdout);
    const summary = JSON.parse(readFileSync(summaryFile, "utf8"));
    expect(summary).toMatchObject({ ending: "stopped", generated: lines.length, acknowledged: lines.length });
    expect(() => JSON.parse(lines.at(-1) ?? "")).not.toThrow();
  });

  it("keeps to a rate", async () => {
    const flags = ["--out", inFolder("slow"), "--events", "40", "--events-per-second-max", "400"];
    await run([...flags, "--summary", inFolder("slow.json")]);
    expect(JSON.parse(readFileSync(inFolder("slow.json"), "utf8")).seconds).toBeGreaterThan(0.08);
  });

  it("says in one sentence why the number can't be reached", async () => {
    const home = { page: "Home", auth: "Logged In", status: 200, method: "GET", level: "free" };
    const goodbye = { ...home, page: "Goodbye", auth: "Cancelled" };
    const leaving = {
      alpha: 1,
      beta: 1,
      "churned-state": "Cancelled",
      pages: ["Goodbye"],
      "show-user-details": [home, goodbye].map(({ auth }) => ({ auth, show: true })),
      levels: [{ level: "free", weight: 1 }],
      auths: [{ auth: "Logged In", weight: 1 }],
      "new-user-auth": "Logged In",
      "new-session": [{ ...home, weight: 1 }],
      transitions: [{ source: home, dest: goodbye, p: 0.5 }],
    };
    writeFileSync(inFolder("leaving.json"), JSON.stringify(leaving));
    const flags = ["--config", inFolder("leaving.json"), "--users", "20", "--events", "1000000"];
    const { code, stderr } = await run([...flags, "--out", inFolder("few")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Only \d+ of 1000000 events were generated: all users have left for good; give more users/);
  });

  it.each([
    ["no destination", [], /^generator: Nothing says where the events go; give --out DIR \(files\), --out - /],
    [
      "two destinations",
      ["--out", "-", "--brokers", "localhost:9092"],
      /^generator: Events go to one place, but both --out - and/,
    ],
    ["an unknown flag", ["--user", "3"], /^generator: generator has no flag --user \(did you mean --users\?\)/],
    [
      "an unknown topic",
      ["--out", "-", "--topic", "listens"],
      /GENERATOR_TOPIC \(--topic\) is "listens"; it must be one of listen_events, /,
    ],
    [
      "a time that is none",
      ["--out", "-", "--start", "yesterday"],
      /GENERATOR_START \(--start\) is "yesterday"; it must be a date/,
    ],
    ["a day that is none", ["--out", "-", "--start", "2025-02-30"], /GENERATOR_START is "2025-02-30", which is no day/],
    [
      "two starts",
      ["--out", "-", "--start", "2026-01-01", "--start-days-ago", "3"],
      /The simulated time has one start, but GENERATOR_START \(2026-01-01\) and GENERATOR_START_DAYS_AGO \(3\) are given/,
    ],
    [
      "an end before the start",
      ["--out", "-", "--end", "2020-01-01"],
      /The end 2020-01-01T00:00:00Z does not lie after the start/,
    ],
    [
      "the future in Kafka",
      ["--brokers", "127.0.0.1:1", "--end", "2999-01-01"],
      /reaches into the future, which Kafka's readers refuse/,
    ],
    [
      "a configuration that is not there",
      ["--out", "-", "--config", "none.json"],
      /The configuration none\.json can't be read \(ENOENT.*give the path of a JSON file/,
    ],
    ["a catalogue that is none", ["--out", "-", "--catalog", "none"], /The catalogue none is no folder/],
    ["a folder that is a file", ["--out", __filename], /--out .*main\.test\.ts can't be written \(EEXIST/],
  ] as const)("refuses %s with exit code 2 and one sentence", async (_what, flags, message) => {
    const { code, stdout, stderr } = await run(flags);
    expect(stderr).toMatch(message);
    expect(linesOf(stderr)).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("points to the line of a wrong configuration", async () => {
    const file = inFolder("wrong.json");
    writeFileSync(file, '{\n "alpha": 90,\n "beta": fast\n}');
    const { code, stderr } = await run(["--out", "-", "--config", file]);
    expect(code).toBe(2);
    expect(stderr).toBe(`generator: ${file}, line 3: not JSON: found "fast" at column 10, expected a value.\n`);
  });

  it("explains a run with --dry-run and writes nothing, wherever it is told to", async () => {
    const nowhere = await run(["--dry-run", "-n", "5", "--events", "100"]);
    expect([nowhere.code, nowhere.stderr]).toEqual([0, ""]);
    expect(nowhere.stdout).toMatch(/\| Users at the start +\| 5 +\| --users +\|/);
    expect(nowhere.stdout).toContain("```mermaid\nstateDiagram-v2\n");
    const somewhere = await run(["--dry-run", "-n", "5", "--events", "100", "--out", inFolder("dry")]);
    expect(somewhere).toEqual(nowhere);
    expect(existsSync(inFolder("dry"))).toBe(false);
  });

  // The first ended without a word, the second with 0.
  it.each([["--out -"], ["--dry-run"]])("says that standard output is full: %s", async (flags) => {
    const line = `"$0" "$1" ${flags} --users 3 > /dev/full`;
    const child = spawn("sh", ["-c", line, process.execPath, bundle], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, linesOf(stderr).at(-1)]).toEqual([
      1,
      expect.stringMatching(/^generator: standard output can't be written \(.*ENOSPC.*\)\.$/),
    ]);
  });

  it("ends cleanly when its reader goes away", async () => {
    const child = spawn("sh", ["-c", `"$0" "$1" --out - --events 100000000 | head -n 1`, process.execPath, bundle], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(0);
    expect(existsSync(bundle)).toBe(true);
  });
});
