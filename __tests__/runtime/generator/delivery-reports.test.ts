import { reportDeliveries } from "../../../runtime/generator/delivery-reports";
import { generatorReports } from "../../../runtime/generator/metrics";
import { createReporter } from "../../../runtime/support/reporting";
import { collectLines } from "../../support/lines";

test("what was acknowledged is reported once a minute, and the rest at the end, so that the reports add up", () => {
  jest.useFakeTimers();
  const counts = { generated: 0, acknowledged: 0, bytes: 0, byTopic: {} };
  const log = collectLines();
  const end = reportDeliveries({ counts }, createReporter(log, generatorReports));
  counts.acknowledged = 100;
  jest.advanceTimersByTime(60_000);
  counts.acknowledged = 130;
  end();
  jest.advanceTimersByTime(600_000);
  const { message } = generatorReports.delivered;
  expect(log.lines).toEqual([
    { severity: "INFO", message, context: { records: 100 } },
    { severity: "INFO", message, context: { records: 30 } },
  ]);
  jest.useRealTimers();
});
