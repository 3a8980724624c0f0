import { createKafkaSource } from "../kafka/kafkajs-source";
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
    const source = await createKafkaSource({
      brokers: settings.KAFKA_BROKERS,
      groupId: settings.PROCESSOR_GROUP_ID,
      clientId: "rhythmic-processor",
      log,
    });
    await runProcessor({ settings, store, source, log, stop });
  },
});
