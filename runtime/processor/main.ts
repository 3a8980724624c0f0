import { createKafkaSource } from "../kafka/kafkajs-source";
import { openKafka } from "../kafka/open-kafka";
import { topicNames, topicPrefixOf } from "../kafka/settings";
import { prefixedSource } from "../kafka/topic-prefix";
import { openLake } from "../lake/open-lake";
import { openSecret } from "../secrets/open-secret";
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
    const connection = await openKafka({
      settings,
      brokers: settings.KAFKA_BROKERS,
      clientId: "rhythmic-processor",
      topics: topicNames(settings.KAFKA_TOPIC_PREFIX),
      openSecret,
      log,
      stop,
      status,
    });
    // Stopped while it waited: nothing is in hand.
    if (connection === undefined) return;
    const kafka = await createKafkaSource({
      ...connection,
      groupId: settings.PROCESSOR_GROUP_ID,
      sessionTimeoutMs: settings.PROCESSOR_SESSION_TIMEOUT_MS,
    });
    const source = prefixedSource(kafka, topicPrefixOf(settings.KAFKA_TOPIC_PREFIX));
    await runProcessor({ settings, store, source, log, report, status, stop });
  },
});
