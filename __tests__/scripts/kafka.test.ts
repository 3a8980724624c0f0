import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, isPortFree } from "../../scripts/kafka/ports";
import { eventually } from "../support/eventually";

jest.setTimeout(120_000);

const ROOT = join(__dirname, "../..");

let dir: string;
let port: number;
let child: ChildProcess | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rhythmic-kafka-"));
  [port = 0] = await freePorts(1);
});

afterEach(async () => {
  child?.kill("SIGKILL");
  await eventually("Kafka has let go of its port", () => isPortFree(port));
  await rm(dir, { recursive: true, force: true });
});

function kafka(...args: string[]) {
  const started = spawn(process.execPath, ["--import", "tsx", "scripts/kafka.ts", ...args], { cwd: ROOT });
  child = started;
  const run = { child: started, out: "", error: "", code: once(started, "exit").then(([code]) => code as number) };
  started.stdout.on("data", (text) => {
    run.out += String(text);
  });
  started.stderr.on("data", (text) => {
    run.error += String(text);
  });
  return run;
}

test("runs the broker with the platform's topics, refuses its port to a second one, and stops on Ctrl-C", async () => {
  const first = kafka("--dir", dir, "--port", String(port));
  await eventually("it is ready", () => first.out.includes("stop     Ctrl-C"));
  expect(first.out).toContain(`Kafka is ready at 127.0.0.1:${port}`);
  expect(first.out).toContain("listen_events (3 partitions)");
  expect(first.out).toContain(`KAFKA_BROKERS=127.0.0.1:${port}`);
  const second = kafka("--dir", join(dir, "other"), "--port", String(port));
  expect(await second.code).toBe(2);
  expect(second.error).toContain(`Port ${port} of 127.0.0.1 is in use`);
  first.child.kill("SIGINT");
  expect(await first.code).toBe(130);
  expect(first.error).toContain("Kafka has stopped");
});

test("stops on SIGTERM too, with exit code 0", async () => {
  const run = kafka("--dir", dir, "--port", String(port));
  await eventually("it is ready", () => run.out.includes("Kafka is ready"));
  run.child.kill("SIGTERM");
  expect(await run.code).toBe(0);
});

test("runs a secure broker, says what to set for each program, and refuses the folder without --secure", async () => {
  const run = kafka("--secure", "--dir", dir, "--port", String(port));
  await eventually("it is ready", () => run.out.includes("stop     Ctrl-C"));
  expect(run.out).toContain(`Kafka is ready at 127.0.0.1:${port}, over TLS, with a user for each program`);
  const said = /generator: KAFKA_CREDENTIALS=(.*)/.exec(run.out)?.[1] ?? "";
  const version = JSON.parse(await readFile(join(said, "1"), "utf8")) as { username: string; password: string };
  expect(version.username).toBe("generator-a");
  expect(run.out + run.error).not.toContain(version.password);
  run.child.kill("SIGTERM");
  expect(await run.code).toBe(0);
  const plain = kafka("--dir", dir, "--port", String(port));
  expect(await plain.code).toBe(2);
  expect(plain.error).toContain("is a secure one, with users and permissions; start it with --secure");
});

test.each([
  [["--prot", "1"], "kafka has no flag --prot (did you mean --port?); allowed: --dir, --port, --secure, --help"],
  [["--port", "none"], '--port is "none"; it must be a whole number from 1 to 65535'],
  [["--dir"], "--dir needs a value"],
  [["start"], 'kafka takes no argument "start"'],
])("refuses %j in one sentence", async (args, sentence) => {
  const run = kafka(...args);
  expect(await run.code).toBe(2);
  expect(run.error).toContain(sentence);
  expect(run.error.trim().split("\n").length).toBe(1);
});

test("explains itself", async () => {
  const run = kafka("--help");
  expect(await run.code).toBe(0);
  expect(run.out).toContain("--port PORT");
});
