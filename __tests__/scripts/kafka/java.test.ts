import { findJava, javaMajorOf, requireJava } from "../../../scripts/kafka/java";
import { withTools } from "./fake-tools";

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "21-ea" 2023-09-19', 21],
  ['openjdk version "25" 2025-09-16 LTS', 25],
  ["Unable to locate a Java Runtime.", undefined],
])("reads the release from %j", (description, major) => {
  expect(javaMajorOf(description)).toBe(major);
});

test("without Java it names the ways out", async () => {
  await withTools({}, async () => {
    await expect(requireJava()).rejects.toMatchObject({
      code: "missing_tool",
      message: expect.stringMatching(/Java 17 or newer.*install a JDK.*KAFKA_BROKERS/),
    });
  });
});

test("a java that only says how to get one is none", async () => {
  await withTools({ java: 'echo "Unable to locate a Java Runtime." >&2; exit 1' }, async () => {
    expect(await findJava()).toBeUndefined();
  });
});

test("a Java that is too old is named with its release", async () => {
  await withTools({ java: `echo 'openjdk version "11.0.2" 2019-01-15' >&2` }, async () => {
    await expect(requireJava()).rejects.toMatchObject({
      code: "missing_tool",
      message: expect.stringContaining("java is Java 11; install a newer JDK"),
    });
  });
});
