import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { createKafkaSource } from "../../../runtime/kafka/kafkajs-source";
import { SILENT } from "../../../runtime/support/logging";
import { type Broker, startBroker } from "../../../scripts/kafka/broker";
import { newClusterId } from "../../../scripts/kafka/launch";
import { eventually } from "../../support/eventually";

jest.setTimeout(120_000);

const TOPIC = { name: "events", partitions: 2, config: { "retention.ms": "60000" } };

let dir: string;
const running: Broker[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "rhythmic-kafka-"));
});

afterEach(async () => {
  for (const broker of running.splice(0)) {
    broker.kill();
    await broker.exited;
  }
  await rm(dir, { recursive: true, force: true });
});

async function start(options: Omit<Parameters<typeof startBroker>[0], "dir"> = {}): Promise<Broker> {
  const broker = await startBroker({ dir, ...options });
  running.push(broker);
  return broker;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("starts, stops cleanly, and goes on in the same folder with the same cluster id and data", async () => {
  const first = await start({ topics: [TOPIC] });
  const client = { brokers: [first.brokers], clientId: "test", log: SILENT };
  const sink = await createKafkaSink(client);
  await sink.write(TOPIC.name, "key", "value");
  await sink.close();
  const source = await createKafkaSource({ ...client, groupId: "test" });
  const clusterId = await source.clusterId();
  await source.stop();
  await first.stop();
  expect(isRunning(first.pid)).toBe(false);
  await first.stop();

  const second = await start({ topics: [TOPIC] });
  const again = await createKafkaSource({ ...client, brokers: [second.brokers], groupId: "test" });
  expect(await again.clusterId()).toBe(clusterId);
  const offsets = [...(await again.offsets(TOPIC.name)).values()];
  expect(offsets.map(({ end }) => end).sort()).toEqual([0, 1]);
  await again.stop();
});

test("ends when the process that started it is killed with -9", async () => {
  const parent = spawn(process.execPath, ["--import", "tsx", join(__dirname, "orphan-parent.ts"), dir], {
    cwd: join(__dirname, "../../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const { pid } = JSON.parse(line.toString()) as { pid: number };
  expect(isRunning(pid)).toBe(true);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  await eventually("Kafka has ended too", () => !isRunning(pid));
});

test("tells that its port is in use", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await expect(start({ port })).rejects.toMatchObject({
    code: "bad_usage",
    message: expect.stringContaining(`Port ${port} of 127.0.0.1 is in use`),
  });
  server.close();
});

test("tells that another broker runs on the folder", async () => {
  await start();
  await expect(start()).rejects.toMatchObject({
    code: "broker_failed",
    message: expect.stringContaining(`Another Kafka runs on ${dir}: stop it, or give another folder.`),
  });
});

test("shows the end of Kafka's log where it ends early", async () => {
  await mkdir(join(dir, "data"));
  await writeFile(join(dir, "data", "meta.properties"), "version=1\nnode.id=7\ncluster.id=another\n");
  await expect(start()).rejects.toMatchObject({
    code: "broker_failed",
    message: expect.stringMatching(/ended while it was starting.*kafka\.log(.|\n)*Stored node id 7 doesn't match/),
  });
});

test("names a folder that can't be one", async () => {
  await writeFile(join(dir, "file"), "");
  await expect(startBroker({ dir: join(dir, "file") })).rejects.toMatchObject({
    code: "broker_failed",
    message: expect.stringMatching(/Kafka's folder .*\/file can't be written \(.*EEXIST/),
  });
});

test("never takes a cluster id that Kafka's tool would read as a flag (one of 64 random ones begins with a dash)", () => {
  const withDash = Buffer.alloc(16, 0xfb);
  expect(withDash.toString("base64url")).toMatch(/^-/);
  const given = [withDash, withDash, Buffer.alloc(16, 0)];
  expect(newClusterId(() => given.shift() ?? Buffer.alloc(16))).toBe("AAAAAAAAAAAAAAAAAAAAAA");
});
