import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { audit } from "../../runtime/audit/audit";
import { createKafkaSource } from "../../runtime/kafka/kafkajs-source";
import { TOPICS } from "../../runtime/kafka/topics";
import { createFolderStore } from "../../runtime/lake/folder-store";
import { SILENT } from "../../runtime/support/logging";
import { type Broker, startBroker } from "../../scripts/kafka/broker";
import { freePorts } from "../../scripts/kafka/ports";
import { eventually } from "../support/eventually";
import { GroupHealthCheck, get, probe, statusUrlOf } from "../support/prober";
import { type RunningProgram, runBundle } from "../support/program";

/** A lost Kafka never kills machines: the bundles, a real broker, and a health check as a managed group has it. */

jest.setTimeout(180_000);

/** What architecture and runbooks promise. */
const RED_WITHIN_MS = 30_000;

const QUICK = { PROCESSOR_CUT_INTERVAL_MS: "500", PROCESSOR_SESSION_TIMEOUT_MS: "2000" };

const folder = mkdtempSync(join(tmpdir(), "rhythmic-lost-kafka-"));
const lake = join(folder, "lake");
const running: RunningProgram[] = [];
let port: number;
let broker: Broker;

async function startOurBroker(): Promise<void> {
  broker = await startBroker({ dir: join(folder, "kafka"), port, topics: TOPICS });
}

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  await startOurBroker();
});

afterAll(async () => {
  for (const { process, ended } of running) {
    process.kill("SIGKILL");
    await ended;
  }
  broker.kill();
  await broker.exited;
  rmSync(folder, { recursive: true, force: true });
});

/** A program with a status, and where it answers. */
async function start(program: "generator" | "processor", settings: Readonly<Record<string, string>>) {
  const run = runBundle(program, { KAFKA_BROKERS: broker.brokers, STATUS_PORT: "0", ...settings });
  running.push(run);
  await eventually(`the ${program} answers`, () => statusUrlOf(run.stderr()) !== undefined);
  return { name: program, run, url: statusUrlOf(run.stderr()) ?? "" };
}

test("a broker killed with -9 turns /readyz red and /healthz never; back again, all goes on and nothing is lost", async () => {
  const programs = [
    await start("processor", {
      LAKE_URL: lake,
      ...QUICK,
    }),
    await start("generator", {
      GENERATOR_EVENTS_PER_SECOND_MAX: "500",
      GENERATOR_DELIVERY_TIMEOUT_MS: "600000",
    }),
  ];
  const isReady = async (url: string) => (await probe(`${url}/readyz`)) === 200;
  for (const { name, url } of programs) await eventually(`the ${name} is ready`, () => isReady(url));
  const checks = programs.map(({ url }) => new GroupHealthCheck(url));

  broker.kill();
  await broker.exited;
  const lostAtMs = Date.now();
  for (const { name, url } of programs) {
    await eventually(`the ${name} is not ready`, async () => (await probe(`${url}/readyz`)) === 503);
    expect(Date.now() - lostAtMs).toBeLessThan(RED_WITHIN_MS);
    const { state, why } = JSON.parse((await get(`${url}/readyz`)).body) as { state: string; why: string };
    expect(state).toBe("not ready");
    expect(why).toMatch(
      name === "processor" ? /Kafka does not answer at|not in its consumer group/ : /records wait to be acknowledged/,
    );
  }
  // As long again as the group would need to call them unhealthy.
  await sleep(2_000);

  await startOurBroker();
  for (const { name, url } of programs) await eventually(`the ${name} is ready again`, () => isReady(url));
  for (const check of checks) {
    check.stop();
    expect({ bad: check.bad, isUnhealthy: check.isUnhealthy }).toEqual({ bad: [], isUnhealthy: false });
    expect(check.asked).toBeGreaterThan(20);
  }
  for (const { run } of programs) expect(run.process.exitCode).toBeNull();

  const [processor, generator] = programs.map(({ run }) => run);
  generator?.process.kill("SIGTERM");
  expect((await generator?.ended)?.code).toBe(0);
  const [generated, acknowledged] =
    generator
      ?.stderr()
      .match(/(\d+) events generated, (\d+) acknowledged/)
      ?.slice(1) ?? [];
  expect(Number(generated)).toBeGreaterThan(1_000);
  expect(acknowledged).toBe(generated);
  await eventually("all of it is in the lake", async () => (await books()).lakeRows === Number(generated));
  expect(await books()).toMatchObject({ balanced: true, problems: [], duplicates: 0, missing: 0 });
  processor?.process.kill("SIGTERM");
  expect((await processor?.ended)?.code).toBe(0);
});

test("a broker that falls silent, its connections open, turns /readyz red as soon, and back again green", async () => {
  const { url, run } = await start("processor", { LAKE_URL: join(folder, "another-lake"), ...QUICK });
  await eventually("the processor is ready", async () => (await probe(`${url}/readyz`)) === 200);
  const check = new GroupHealthCheck(url);
  process.kill(broker.pid, "SIGSTOP");
  try {
    const silentAtMs = Date.now();
    await eventually("it is not ready", async () => (await probe(`${url}/readyz`)) === 503);
    expect(Date.now() - silentAtMs).toBeLessThan(RED_WITHIN_MS);
    expect((await get(`${url}/readyz`)).body).toMatch(/Kafka has not answered for \d+ s|not in its consumer group/);
  } finally {
    process.kill(broker.pid, "SIGCONT");
  }
  await eventually("it is ready again", async () => (await probe(`${url}/readyz`)) === 200);
  check.stop();
  expect({ bad: check.bad, ended: run.process.exitCode }).toEqual({ bad: [], ended: null });
});

async function books() {
  const options = { brokers: [broker.brokers], groupId: "test-audit", clientId: "test-audit", log: SILENT };
  const source = await createKafkaSource(options);
  try {
    return await audit({ store: await createFolderStore(lake), source });
  } finally {
    await source.stop();
  }
}
