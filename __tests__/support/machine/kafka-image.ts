import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensureKafka } from "../../../scripts/kafka/broker";
import { findClassData } from "../../../scripts/kafka/class-data";
import type { MachineFolders } from "./paths";

/** What Kafka's image has in /opt/kafka/bin, as far as our machines call it: the tool's class (bin/*.sh in Kafka's own release). */
const TOOLS: Readonly<Record<string, string>> = {
  "kafka-server-start.sh": "kafka.Kafka",
  "kafka-storage.sh": "kafka.tools.StorageTool",
};

/** Gives a machine Kafka's image: the tests' own jars and Java behind the image's commands. */
export async function provideKafkaImage(folders: MachineFolders): Promise<void> {
  const { java, jars } = await ensureKafka();
  const archive = await findClassData(java, jars);
  // What halves the start of Kafka on two cores; the heap and the log's settings are the unit's.
  const fast = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  if (archive !== undefined) fast.push(`-XX:SharedArchiveFile=${archive}`, "-Xlog:cds=off,cds+dynamic=off");
  const bin = path.join(folders.state, "kafka-image/bin");
  mkdirSync(bin, { recursive: true });
  for (const [tool, className] of Object.entries(TOOLS)) {
    const options = "$KAFKA_HEAP_OPTS $KAFKA_LOG4J_OPTS";
    const command = [`'${java.command}'`, ...fast, options, "-cp", `'${jars.classPath}'`, className, '"$@"'].join(" ");
    writeFileSync(path.join(bin, tool), `#!/bin/sh\nexec ${command}\n`, { mode: 0o755 });
  }
}
