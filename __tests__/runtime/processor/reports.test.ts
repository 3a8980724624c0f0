import { createMemoryStore } from "../../../runtime/lake/memory-store";
import { processorReports } from "../../../runtime/processor/metrics";
import { eventually } from "../../support/eventually";
import { collectLines } from "../../support/lines";
import { appendEvents, kafkaWithTopics, processAll, startProcessor } from "../../support/processing";

test("a commit is reported with what it brought, and how many records wait is reported while none is made", async () => {
  const kafka = kafkaWithTopics(2);
  const store = createMemoryStore();
  appendEvents(kafka, "listen_events", 30);
  kafka.append("listen_events", 1, { value: "no event" });
  const log = collectLines();
  const running = startProcessor(kafka, store, {
    log,
    reportIntervalMs: 50,
    // Nothing is committed before the end.
    settings: { PROCESSOR_CUT_INTERVAL_MS: 3_600_000 },
  });
  const reported = (message: string) => log.lines.filter((line) => line.message === message);
  const waiting = () => reported(processorReports.waiting.message).map(({ context }) => JSON.stringify(context));
  await eventually("31 records are said to wait, and none of another topic", () =>
    [
      { topic: "listen_events", records: 31 },
      { topic: "auth_events", records: 0 },
    ].every((context) => waiting().includes(JSON.stringify(context))),
  );
  expect(reported(processorReports.committed.message)).toEqual([]);
  await running.stop();
  expect(reported(processorReports.committed.message)).toEqual([
    {
      severity: "INFO",
      message: "committed to the lake",
      context: expect.objectContaining({ topic: "listen_events", rows: 30, deadLetters: 1 }),
    },
  ]);
});

test("records of a halted partition go on waiting", async () => {
  const kafka = kafkaWithTopics(2);
  const store = createMemoryStore();
  appendEvents(kafka, "listen_events", 20);
  await processAll(kafka, store);
  // Made anew, and further than before: the record that the lake knows is another now, so both partitions halt.
  kafka.makeTopic("listen_events", 2);
  appendEvents(kafka, "listen_events", 60, 1_000);
  const log = collectLines();
  const running = startProcessor(kafka, store, { log, reportIntervalMs: 50 });
  await eventually("the 40 records behind the 20 of the lake are said to wait", () =>
    log.lines.some(
      ({ message, context }) =>
        message === processorReports.waiting.message && context.topic === "listen_events" && context.records === 40,
    ),
  );
  expect(log.lines.filter(({ severity }) => severity === "ERROR").length).toBe(2);
  await running.stop();
});
