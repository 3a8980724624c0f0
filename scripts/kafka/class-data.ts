import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createTopics } from "../../runtime/kafka/kafkajs-admin";
import { createClient } from "../../runtime/kafka/kafkajs-client";
import { messageOf } from "../../runtime/support/errors";
import { SILENT } from "../../runtime/support/logging";
import { cacheDir, type Jars } from "./jars";
import type { Java } from "./java";
import { type Launched, launch } from "./launch";

const EXERCISE_WITHIN_MS = 15_000;

/**
 * Kafka's classes as the JVM lays them out in memory (dynamic class-data sharing, JEP 350), which halves its start.
 * An archive fits one Java and one class path; the JVM itself ignores one that does not fit.
 */
export function classDataFile(java: Java, jars: Jars): string {
  const key = createHash("sha256").update(`${java.description}\n${jars.classPath}\n${jars.hash}`).digest("hex");
  return join(cacheDir(), `class-data-${key.slice(0, 16)}.jsa`);
}

/** The archive, where it has been made. */
export async function findClassData(java: Java, jars: Jars): Promise<string | undefined> {
  const file = classDataFile(java, jars);
  return (await stat(file).catch(() => undefined)) === undefined ? undefined : file;
}

/** Makes the archive where it is missing, in some seconds. Kafka starts without it too, so a failure is only told. */
export async function ensureClassData(java: Java, jars: Jars, log: (line: string) => void): Promise<void> {
  if ((await findClassData(java, jars)) !== undefined) return;
  log("making Kafka's class-data archive, once: it halves the time of its start");
  const dir = await mkdtemp(join(tmpdir(), "rhythmic-class-data-"));
  const unfinished = join(cacheDir(), `.class-data-${randomUUID()}`);
  try {
    const broker = await launch({ dir, java, jars, jvmOptions: [`-XX:ArchiveClassesAtExit=${unfinished}`] });
    try {
      await exercise(broker);
    } finally {
      await broker.stop();
    }
    await rename(unfinished, classDataFile(java, jars));
  } catch (error) {
    log(`Kafka's class-data archive could not be made (${messageOf(error)}); Kafka starts without it, more slowly`);
  } finally {
    await rm(unfinished, { force: true });
    await rm(dir, { recursive: true, force: true });
  }
}

/** Lets the broker load what a run needs: a topic, records in, records out through a group. */
async function exercise({ brokers }: Launched): Promise<void> {
  const topic = "exercise";
  await createTopics([brokers], [{ name: topic, partitions: 1, config: {} }]);
  const client = createClient({ brokers: [brokers], clientId: "rhythmic-exercise", log: SILENT });
  const producer = client.producer({ idempotent: true, createPartitioner: () => () => 0 });
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ key: "key", value: "value" }] });
  await producer.disconnect();
  const consumer = client.consumer({ groupId: "exercise", maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const received = new Promise<void>((resolve, reject) => {
    consumer.run({ eachMessage: async () => resolve() }).catch(reject);
  });
  // What has not been loaded by then is left out of the archive.
  await Promise.race([received, sleep(EXERCISE_WITHIN_MS, undefined, { ref: false })]);
  await consumer.disconnect();
}
