import { createMemoryKafka, type MemoryKafka } from "../../../runtime/kafka/memory-kafka";
import { describeKafkaContract } from "./contract";

let kafka: MemoryKafka;

beforeEach(() => {
  kafka = createMemoryKafka();
});

describeKafkaContract("Kafka in memory", () => ({
  makeTopic: async (name, partitions) => kafka.makeTopic(name, partitions),
  // Nothing is between deleting and making anew here.
  deleteTopic: async () => undefined,
  trim: async (topic, partition, before) => kafka.trim(topic, partition, before),
  committed: async (group, topic, partition) => kafka.committed(group).get(`${topic}/${partition}`),
  sink: async () => kafka.sink(),
  source: async (group) => kafka.source(group),
  tail: async () => kafka.tail(),
}));

test("refuses commits while it is told to", async () => {
  kafka.makeTopic("topic", 1);
  kafka.commitError = new Error("refused");
  await expect(kafka.source("group").commitOffsets(new Map())).rejects.toThrow("refused");
});
