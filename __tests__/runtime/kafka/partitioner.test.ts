import fc from "fast-check";
import { Partitioners } from "kafkajs";
import { murmur2, partitionOf } from "../../../runtime/kafka/partitioner";

/** What kafkajs's default partitioner, made after the Java client's, says of a key. */
function partitionOfKafkajs(key: Buffer, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  return Partitioners.DefaultPartitioner()({ topic: "topic", partitionMetadata, message: { key, value: "" } });
}

test("chooses the partition that other Kafka clients choose, for every key", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (key, partitions) => {
      expect(partitionOf(key, partitions)).toBe(partitionOfKafkajs(Buffer.from(key), partitions));
    }),
  );
});

test("hashes as the Java client does", () => {
  // From org.apache.kafka.common.utils.UtilsTest.testMurmur2.
  const expected = { "21": -973932308, foobar: -790332482, "a-little-bit-long-string": -985981536, abc: 479470107 };
  for (const [key, hash] of Object.entries(expected)) expect(murmur2(Buffer.from(key))).toBe(hash);
});
