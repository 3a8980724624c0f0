import { createKafkaSource } from "../kafka/kafkajs-source";
import { topicPrefixOf } from "../kafka/settings";
import { prefixedSource } from "../kafka/topic-prefix";
import { createFolderStore } from "../lake/folder-store";
import { parseLakeUrl } from "../lake/lake-url";
import { runProgram } from "../support/program";
import { runProcessor } from "./processor";
import { processorSettings } from "./settings";

void runProgram({
  name: "processor",
  description: "reads events from Kafka and commits them to the lake, each exactly once.",
  settings: processorSettings,
  async run({ settings, log, stop }) {
    const store = await createFolderStore(parseLakeUrl(settings.LAKE_URL).path);
    const kafka = await createKafkaSource({
      brokers: settings.KAFKA_BROKERS,
      groupId: settings.PROCESSOR_GROUP_ID,
      clientId: "rhythmic-processor",
      sessionTimeoutMs: settings.PROCESSOR_SESSION_TIMEOUT_MS,
      log,
    });
    const source = prefixedSource(kafka, topicPrefixOf(settings.KAFKA_TOPIC_PREFIX));
    await runProcessor({ settings, store, source, log, stop });
  },
});
