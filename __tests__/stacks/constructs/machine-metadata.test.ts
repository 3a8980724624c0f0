import { environmentBlock, parseEnvironmentBlock } from "../../../stacks/constructs/machine-metadata";

test("settings become lines in the order of their names, and come back", () => {
  const settings = { LAKE_URL: "gs://lake/a=b", KAFKA_BROKERS: "a:1,b:2" };
  const block = environmentBlock("stream/processor", settings);
  expect(block).toBe("KAFKA_BROKERS=a:1,b:2\nLAKE_URL=gs://lake/a=b\n");
  expect(parseEnvironmentBlock(block)).toEqual(settings);
});

test("a value of two lines is refused with the construct's path", () => {
  expect(() => environmentBlock("stream/processor", { LAKE_URL: "a\nb" })).toThrow(
    'stream/processor: the setting LAKE_URL is "a\\nb"; allowed: a text of one line.',
  );
});
