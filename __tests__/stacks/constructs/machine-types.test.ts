import { kafkaHeapMib } from "../../../stacks/constructs/machine-types";

test.each([
  ["e2-medium", 1_024],
  ["e2-standard-4", 4_096],
  // More heap than this serves nobody.
  ["e2-highmem-4", 6_144],
])("Kafka's heap on %s is %d MiB: a quarter of the memory, the rest caches files", (type, heap) => {
  expect(kafkaHeapMib("kafka", type)).toBe(heap);
});

test.each(["e2-micro", "n2-standard-4"])("%s is refused for Kafka: too small, or unknown", (type) => {
  expect(() => kafkaHeapMib("kafka", type)).toThrow(
    `kafka: the machine type of Kafka is "${type}"; allowed: e2-small, e2-medium,`,
  );
});
