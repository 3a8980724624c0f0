import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

  test("balances its books with TLS and a user for each program too, and --keep goes on as it was begun", async () => {
    const dir = join(folder, "secure");
    const secure = await ended(demo(["--secure", "--events", "3000", "--users", "300", "--seed", "7", "--dir", dir]));
    expect(secure.stderr).toMatch(/with 4 topics, over TLS; generator, processor, audit: a SCRAM user each/);
    expect(secure.stderr).toMatch(/Killed the processor \(process \d+\) with -9/);
    expect(secure.summary()).toMatchObject({
      acknowledged: 3_000,
      lakeRows: 3_000,
      stagingRows: 3_000,
      balanced: true,
    });
    expect(secure.code).toBe(0);

    const more = await ended(demo(["--events", "1000", "--users", "300", "--dir", dir, "--keep", "--calm"]));
    expect(more.stderr).toContain("over TLS");
    expect(more.summary()).toMatchObject({ generated: 4_000, acknowledged: 4_000, stagingRows: 4_000, balanced: true });
    const logs = readdirSync(join(dir, "logs")).map((name) => readFileSync(join(dir, "logs", name), "utf8"));
    for (const client of ["generator", "processor", "audit"]) {
      const version = readFileSync(join(dir, "kafka", "secrets", client, "1"), "utf8");
      const { password } = JSON.parse(version) as { password: string };
      expect(logs.filter((text) => text.includes(password))).toEqual([]);
    }
    expect(brokersIn(dir)).toEqual([]);
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
      secure: false,
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
  ])("%j are refused with what is allowed", (argv, message) => {
    expect(() => parseDemoArguments(argv)).toThrow(message);
  });

  test("never empty a folder", () => {
    const dir = mkdtempSync(join(folder, "full-"));
    writeFileSync(join(dir, "precious.txt"), "mine");
    const given = { dir, keep: false, secure: false };
    expect(() => openDemoFolder(ROOT, given, null)).toThrow(/is not empty, and nothing in it is ever removed/);
    expect(() => openDemoFolder(ROOT, { ...given, keep: true }, null)).toThrow(/holds no earlier demo/);
    expect(existsSync(join(dir, "precious.txt"))).toBe(true);
    const file = { ...given, dir: join(dir, "precious.txt") };
    expect(() => openDemoFolder(ROOT, file, null)).toThrow(/is a file; give a folder/);
    const fresh = { ...given, dir: join(dir, "new") };
    const made = openDemoFolder(ROOT, fresh, "kafka:9092");
    expect(made.runs).toEqual([]);
    expect(openDemoFolder(ROOT, { ...fresh, keep: true }, "kafka:9092").topicPrefix).toBe(made.topicPrefix);
    expect(() => openDemoFolder(ROOT, { ...fresh, keep: true }, null)).toThrow(
      /has its topics at kafka:9092; go on with KAFKA_BROKERS=kafka:9092, or in another --dir/,
    );
  });

  test("remember whether Kafka is secure, and never mix", () => {
    const given = { dir: join(folder, "secure-or-not"), keep: true, secure: true };
    expect(openDemoFolder(ROOT, { ...given, keep: false }, null).secure).toBe(true);
    expect(openDemoFolder(ROOT, { ...given, secure: false }, null).secure).toBe(true);
    const plain = { ...given, dir: join(folder, "plain"), secure: false };
    openDemoFolder(ROOT, { ...plain, keep: false }, null);
    expect(() => openDemoFolder(ROOT, { ...plain, secure: true }, null)).toThrow(
      /was begun without --secure, and its Kafka stays as it is; go on without it/,
    );
    // Written by a demo from before there was such a thing.
    const old = { ...plain, dir: join(folder, "old") };
    mkdirSync(old.dir);
    writeFileSync(join(old.dir, "demo.json"), JSON.stringify({ topicPrefix: "demo-", brokers: null, runs: [] }));
    expect(openDemoFolder(ROOT, old, null).secure).toBe(false);
  });

  test.each([
    [{ KAFKA_BROKERS: "kafka:9092" }, /--secure is about the demo's own Kafka, and KAFKA_BROKERS names another/],
    [{ KAFKA_CREDENTIALS: "some.json" }, /KAFKA_CREDENTIALS is one program's, and the demo runs several/],
  ])("with --secure %j is refused in a sentence", async (variables, sentence) => {
    const refused = await ended(
      runNode([join(ROOT, "scripts", "run.mjs"), "demo", "--secure"], { ...process.env, ...variables }),
    );
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(sentence);
  });
});
