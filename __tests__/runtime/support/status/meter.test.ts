import { keeperReports } from "../../../../runtime/keeper/metrics";
import { keeperSettings } from "../../../../runtime/keeper/settings";
import { loaderReports } from "../../../../runtime/loader/metrics";
import { processorReports } from "../../../../runtime/processor/metrics";
import type { Reports } from "../../../../runtime/support/metrics";
import { createReporter } from "../../../../runtime/support/reporting";
import { Meter } from "../../../../runtime/support/status/meter";
import { collectLines } from "../../../support/lines";
import { parseOpenMetrics } from "../../../support/open-metrics";

const MINUTE_MS = 60_000;

function meterOf<R extends Reports>(program: string, reports: R) {
  const clock = { nowMs: 0 };
  const meter = new Meter({
    program,
    bundle: "",
    reports,
    isReady: () => true,
    isHealthy: () => true,
    nowMs: () => clock.nowMs,
  });
  const samples = async (family: string) =>
    parseOpenMetrics((await meter.expose()).text)
      .get(family)
      ?.samples.map(({ labels, value }) => [labels, value]);
  return { meter, clock, samples };
}

test("amounts add up by label, levels are the last ones said, and how often is counted too", async () => {
  const { meter, samples } = meterOf("processor", processorReports);
  const report = createReporter(collectLines(), processorReports, meter);
  for (const rows of [3, 4]) {
    report("committed", { topic: "auth_events", version: 1, rows, deadLetters: 0, files: 1 });
    report("waiting", { topic: "auth_events", records: rows });
  }
  report("waiting", { topic: "listen_events", records: 9 });
  expect(await samples("rhythmic_processor_committed_rows")).toEqual([[{ topic: "auth_events" }, 7]]);
  expect(await samples("rhythmic_processor_committed_reports")).toEqual([[{ topic: "auth_events" }, 2]]);
  expect(await samples("rhythmic_processor_waiting_records")).toEqual([
    [{ topic: "auth_events" }, 4],
    [{ topic: "listen_events" }, 9],
  ]);
});

test("a level is there from when it was said until nobody has said it for five minutes", async () => {
  const { meter, clock, samples } = meterOf("processor", processorReports);
  const name = "rhythmic_processor_waiting_records";
  expect(await samples(name)).toEqual([]);
  meter.count("waiting", { topic: "auth_events", records: 4 });
  clock.nowMs += 4 * MINUTE_MS;
  meter.count("waiting", { topic: "listen_events", records: 9 });
  expect(await samples(name)).toHaveLength(2);
  // Others hold the first topic's partitions now.
  clock.nowMs += 2 * MINUTE_MS;
  expect(await samples(name)).toEqual([[{ topic: "listen_events" }, 9]]);
  clock.nowMs += 4 * MINUTE_MS;
  expect(await samples(name)).toEqual([]);
  meter.count("waiting", { topic: "auth_events", records: 0 });
  expect(await samples(name)).toEqual([[{ topic: "auth_events" }, 0]]);
});

test("what the keeper says every ten minutes is there between two of its looks, and forgotten without them", async () => {
  const { meter, clock, samples } = meterOf("keeper", keeperReports);
  meter.count("certificate", { certificate: "broker", daysLeft: 80 });
  const name = "rhythmic_keeper_certificate_days_left";
  for (let look = 0; look < 3; look++) {
    clock.nowMs += Number(keeperSettings.KEEPER_INTERVAL_MS.default) - 1_000;
    expect(await samples(name)).toEqual([[{ certificate: "broker" }, 80]]);
    meter.count("certificate", { certificate: "broker", daysLeft: 80 });
  }
  clock.nowMs += 26 * MINUTE_MS;
  expect(await samples(name)).toEqual([]);
});

test("a level without labels is no 0 before it was said", async () => {
  const { meter, clock, samples } = meterOf("loader", loaderReports);
  const name = "rhythmic_loader_up_to_date_load_age_seconds";
  expect(await samples(name)).toEqual([]);
  meter.count("upToDate", { loadAgeSeconds: 1.5 });
  expect(await samples(name)).toEqual([[{}, 1.5]]);
  clock.nowMs += 6 * MINUTE_MS;
  expect(await samples(name)).toEqual([]);
});

test("warnings and errors of the log are counted from 0 on, and go on to the log", async () => {
  const { meter, samples } = meterOf("loader", loaderReports);
  const log = collectLines();
  const counting = meter.counting(log);
  expect(await samples("rhythmic_log_lines")).toEqual([
    [{ severity: "WARNING" }, 0],
    [{ severity: "ERROR" }, 0],
  ]);
  for (const level of ["debug", "info", "warn", "warn", "error"] as const) counting[level]({}, level);
  expect(await samples("rhythmic_log_lines")).toEqual([
    [{ severity: "WARNING" }, 2],
    [{ severity: "ERROR" }, 1],
  ]);
  expect(log.lines.map(({ message }) => message)).toEqual(["debug", "info", "warn", "warn", "error"]);
});
