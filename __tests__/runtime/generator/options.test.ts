import { planOf } from "../../../runtime/generator/options";
import { generatorSettings } from "../../../runtime/generator/settings";
import { parseSettings } from "../../../runtime/support/settings";
import { BUILT_IN } from "./simulate";

const NOW_S = Date.UTC(2026, 10, 22, 13, 37) / 1000;

function planFor(given: Readonly<Record<string, string>>) {
  const { settings, problems } = parseSettings(generatorSettings, given);
  expect(problems).toEqual([]);
  return planOf(settings, BUILT_IN, "kafka", NOW_S);
}

test("a start some days ago is a midnight in UTC, and what goes to Kafka ends with the present", () => {
  const { startS, endS } = planFor({ KAFKA_BROKERS: "kafka:9092", GENERATOR_START_DAYS_AGO: "29" });
  expect(new Date(startS * 1000).toISOString()).toBe("2026-10-24T00:00:00.000Z");
  expect(endS).toBe(NOW_S);
});

test("without any start the same command gives the same events on every day", () => {
  const { startS, endS } = planFor({ KAFKA_BROKERS: "kafka:9092" });
  expect(new Date(startS * 1000).toISOString()).toBe("2025-01-01T00:00:00.000Z");
  expect(endS - startS).toBe(6 * 7 * 86_400);
});
