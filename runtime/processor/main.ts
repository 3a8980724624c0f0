import { createKafkaSource } from "../kafka/kafkajs-source";
import { topicPrefixOf } from "../kafka/settings";
import { prefixedSource } from "../kafka/topic-prefix";
import { openLake } from "../lake/open-lake";
import { runProgram } from "../support/program";
import { processorReports } from "./metrics";
import { runProcessor } from "./processor";
import { processorSettings } from "./settings";

void runProgram({
  name: "processor",
  description: "reads events from Kafka and commits them to the lake, each exactly once.",
  settings: processorSettings,
  reports: processorReports,
  async run({ settings, log, stop, status, report }) {
    const store = await openLake(settings.LAKE_URL);
    const kafka = await createKafkaSource({
      brokers: settings.KAFKA_BROKERS,
      groupId: settings.PROCESSOR_GROUP_ID,
      clientId: "rhythmic-processor",
      sessionTimeoutMs: settings.PROCESSOR_SESSION_TIMEOUT_MS,
      log,
    });
    const source = prefixedSource(kafka, topicPrefixOf(settings.KAFKA_TOPIC_PREFIX));
    await runProcessor({ settings, store, source, log, report, status, stop });
  },
});
