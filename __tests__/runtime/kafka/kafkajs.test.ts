import { createTopics, withAdmin } from "../../../runtime/kafka/kafkajs-admin";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { createKafkaSource } from "../../../runtime/kafka/kafkajs-source";
import { createKafkaTail } from "../../../runtime/kafka/kafkajs-tail";
import { SILENT } from "../../../runtime/support/logging";
import type { Broker } from "../../../scripts/kafka/broker";
import { startTestBroker } from "../../support/broker";
import { describeKafkaContract } from "./contract";

jest.setTimeout(60_000);

let broker: Broker;

beforeAll(async () => {
  broker = await startTestBroker();
});

afterAll(async () => {
  await broker?.stop();
});

function client() {
  return { brokers: [broker.brokers], clientId: "test", log: SILENT };
}

describeKafkaContract("kafkajs", () => ({
  makeTopic: async (name, partitions) => {
    await createTopics([broker.brokers], [{ name, partitions, config: {} }]);
  },
  deleteTopic: (topic) => withAdmin(client(), "not deleted", (admin) => admin.deleteTopics({ topics: [topic] })),
  trim: (topic, partition, before) =>
    withAdmin(client(), "not trimmed", async (admin) => {
      // Loads what kafkajs must know of the topic.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
    }),
  committed: (groupId, topic, partition) =>
    withAdmin(client(), "not read", async (admin) => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const offset = Number(found?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
      return offset < 0 ? undefined : offset;
    }),
  sink: () => createKafkaSink(client()),
  source: (groupId) => createKafkaSource({ ...client(), groupId }),
  tail: async (topics) => createKafkaTail({ ...client(), groupId: "tail", topics }),
}));
