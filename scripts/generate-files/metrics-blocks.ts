import { timingsOf } from "../../runtime/processor/health";
import { COMMON_METRICS, type ExportedMetric, metricsOfReport, type Reports } from "../../runtime/support/metrics";
import { REPORTS } from "../../stacks/observability/signals";
import { type Blocks, inBoth, markdownTable } from "./blocks";
import type { Environments } from "./platforms";
import { constantIn } from "./source-constants";

const MS_PER_SECOND = 1_000;

/** What docs/metrics.md quotes: every metric of every program, and the times by which programs are judged. */
export function metricsBlocks(environments: Environments): Blocks {
  const programs = Object.entries(REPORTS as Readonly<Record<string, Reports>>).map(([program, reports]) => [
    `metrics-of-${program}`,
    metricsTable(Object.entries(reports).flatMap(([report, declared]) => metricsOfReport(program, report, declared))),
  ]);
  return {
    "metrics-of-every-program": metricsTable(Object.values(COMMON_METRICS)),
    ...Object.fromEntries(programs),
    "status-times": timesTable(environments),
  };
}

function metricsTable(metrics: readonly ExportedMetric[]): string {
  return markdownTable(
    ["metric", "kind", "labels", "what it says"],
    metrics.map(({ name, kind, labels, description }) => [
      `\`${name}\``,
      kind,
      Object.keys(labels)
        .map((label) => `\`${label}\``)
        .join(", "),
      description,
    ]),
  );
}

function timesTable({ dev, prod }: Environments): string {
  const processor = (of: keyof ReturnType<typeof timingsOf>) => {
    const [inDev, inProd] = [dev, prod].map(({ environment }) => {
      const timings = timingsOf({ PROCESSOR_CUT_INTERVAL_MS: environment.commitIntervalSeconds * MS_PER_SECOND });
      return `${Number(timings[of]) / MS_PER_SECOND} s`;
    });
    return inBoth(inDev ?? "", inProd ?? "");
  };
  const constant = (file: string, name: string) => `${constantIn(file, name) / MS_PER_SECOND} s`;
  return markdownTable(
    ["program", "time", "value"],
    [
      ["processor", "between two questions to Kafka", processor("askKafkaIntervalMs")],
      ["processor", "between two questions to the lake", processor("askLakeIntervalMs")],
      ["processor", "that an answer of either may take", processor("answerWithinMs")],
      ["processor", "after which an event in memory counts as overdue", processor("commitOverdueMs")],
      ["processor", "that it may stand still while records wait", processor("stuckAfterMs")],
      [
        "generator",
        "that records may wait without one acknowledgement",
        constant("runtime/generator/delivery-health.ts", "LATE_AFTER_MS"),
      ],
    ],
  );
}
