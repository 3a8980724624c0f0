import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO_HELP, parseDemoArguments } from "../../scripts/demo/arguments";
import { openDemoFolder } from "../../scripts/demo/demo-folder";
import { eventually } from "../support/eventually";
import { ROOT, type RunningProgram, runNode } from "../support/program";

jest.setTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), "rhythmic-demo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function demo(flags: readonly string[]): RunningProgram {
  return runNode([join(ROOT, "scripts", "run.mjs"), "demo", ...flags]);
}

async function ended(program: RunningProgram) {
  const { code } = await program.ended;
  const summary = program.stdout().trim().split("\n").at(-1) ?? "";
  const stderr = program.stderr();
  return {
    code,
    stderr,
    summary: () => {
      if (summary === "") throw new Error(`The demo ended with ${code} and without its line of JSON:\n${stderr}`);
      return JSON.parse(summary) as Record<string, unknown>;
    },
  };
}

/** Java processes of a broker whose files lie in this folder. */
function brokersIn(dir: string): string[] {
  const { stdout } = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line.includes("kafka.Kafka") && line.includes(dir));
}

describe("the demo", () => {
  test("kills its own processor, balances its books, and ends with the contract's line", async () => {
    const dir = join(folder, "whole");
    const whole = await ended(demo(["--events", "6000", "--users", "300", "--seed", "7", "--dir", dir]));
    expect(whole.stderr).toMatch(/Killed the processor \(process \d+\) with -9/);
    expect(whole.stderr).toContain("The books balance.");
    expect(whole.stderr).toContain("Top songs");
    expect(whole.code).toBe(0);
    expect(whole.summary()).toEqual({
      generated: 6_000,
      acknowledged: 6_000,
      lakeRows: 6_000,
      deadLetters: 0,
      stagingRows: 6_000,
      duplicates: 0,
      missing: 0,
      repeatedEvents: 0,
      balanced: true,
      marts: expect.objectContaining({ fact_streams: expect.any(Number), dim_users: expect.any(Number) }),
      seconds: expect.any(Number),
    });
    expect(brokersIn(dir)).toEqual([]);

    const more = await ended(demo(["--events", "2000", "--users", "300", "--dir", dir, "--keep", "--calm"]));
    expect(more.stderr).not.toContain("Killed the processor");
    expect(more.summary()).toMatchObject({
      generated: 8_000,
      acknowledged: 8_000,
      stagingRows: 8_000,
      balanced: true,
    });
  });

  test("leaves a folder that can be resumed on Ctrl-C, and says the command", async () => {
    const dir = join(folder, "interrupted");
    const first = demo(["--events", "150000", "--seed", "2", "--dir", dir]);
    await eventually("events are in Kafka", () =>
      /\[4\/7\] stream .* [1-9][\d,]* of 150,000 events in Kafka/.test(first.stderr()),
    );
    first.process.kill("SIGINT");
    const interrupted = await ended(first);
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain(`npm run demo -- --dir ${dir} --keep`);
    expect(brokersIn(dir)).toEqual([]);
    const resumed = await ended(demo(["--dir", dir, "--keep"]));
    expect(resumed.stderr).toMatch(/interrupted with [\d,]+ of 150,000 events in Kafka; they count as generated/);
    expect(resumed.stderr).toMatch(/Generating the [\d,]+ that are missing/);
    expect(resumed.code).toBe(0);
    const summary = resumed.summary();
    expect(summary.generated).toBe(150_000);
    expect(summary).toMatchObject({ balanced: true, duplicates: 0, missing: 0 });
    expect(summary.generated).toBe(summary.acknowledged);
    expect(summary.lakeRows).toBe(summary.acknowledged);
    expect(summary.repeatedEvents).toBe(0);
  });
});

test("a demo that is interrupted behind its generator goes on with what is there, and generates nothing", async () => {
  const dir = join(folder, "loading");
  const first = demo(["--events", "3000", "--calm", "--dir", dir]);
  await eventually("it loads", () => first.stderr().includes("[5/7] load"));
  first.process.kill("SIGINT");
  const interrupted = await ended(first);
  expect(interrupted.code).toBe(130);
  expect(interrupted.stderr).toContain(`npm run demo -- --dir ${dir} --keep --calm`);
  const resumed = await ended(demo(["--dir", dir, "--keep", "--calm"]));
  expect(resumed.stderr).toContain("was interrupted when all its events were in Kafka");
  expect(resumed.summary()).toMatchObject({ generated: 3_000, acknowledged: 3_000, balanced: true });
});

describe("the demo's arguments", () => {
  test("have the defaults that the help names", () => {
    expect(parseDemoArguments([])).toEqual({
      events: 200_000,
      users: 4_000,
      seed: undefined,
      catalog: undefined,
      dir: undefined,
      keep: false,
      calm: false,
    });
    expect(parseDemoArguments(["--help"])).toBe("help");
    for (const flag of ["--events", "--users", "--seed", "--catalog", "--dir", "--keep", "--calm", "--secure"]) {
      expect(DEMO_HELP).toContain(flag);
    }
  });

  test.each([
    [["--event", "5"], /no flag --event \(did you mean --events\?\)/],
    [["--events"], /--events needs a value/],
    [["--events", "0"], /--events is "0"; allowed is a whole number from 1/],
    [["--events", "1e3"], /--events is "1e3"/],
    [["--seed", "-1"], /--seed/],
    [["stray"], /takes no argument "stray"/],
    [["--keep"], /--keep needs --dir/],
    [["--secure"], /--secure .* is not built yet; leave it out/],
  ])("%j are refused with what is allowed", (argv, message) => {
    expect(() => parseDemoArguments(argv)).toThrow(message);
  });

  test("never empty a folder", () => {
    const dir = mkdtempSync(join(folder, "full-"));
    writeFileSync(join(dir, "precious.txt"), "mine");
    expect(() => openDemoFolder(ROOT, dir, false, null)).toThrow(/is not empty, and nothing in it is ever removed/);
    expect(() => openDemoFolder(ROOT, dir, true, null)).toThrow(/holds no earlier demo/);
    expect(existsSync(join(dir, "precious.txt"))).toBe(true);
    expect(() => openDemoFolder(ROOT, join(dir, "precious.txt"), false, null)).toThrow(/is a file; give a folder/);
    const made = openDemoFolder(ROOT, join(dir, "new"), false, "kafka:9092");
    expect(made.runs).toEqual([]);
    expect(openDemoFolder(ROOT, join(dir, "new"), true, "kafka:9092").topicPrefix).toBe(made.topicPrefix);
    expect(() => openDemoFolder(ROOT, join(dir, "new"), true, null)).toThrow(
      /has its topics at kafka:9092; go on with KAFKA_BROKERS=kafka:9092, or in another --dir/,
    );
  });
});
