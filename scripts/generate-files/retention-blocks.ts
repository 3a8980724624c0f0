import { TOPICS } from "../../runtime/kafka/topics";
import { type Blocks, markdownTable } from "./blocks";
import type { Declared, Environments } from "./platforms";

const MS_PER_DAY = 86_400_000;

/** Where the events lie, and how long. */
export function retentionBlocks({ dev, prod }: Environments): Blocks {
  const kafkaDays = Math.max(...TOPICS.map(({ config }) => Number(config["retention.ms"]))) / MS_PER_DAY;
  const row = (where: string, how: (environment: Declared["environment"]) => string, ends: string) => [
    where,
    how(dev.environment),
    how(prod.environment),
    ends,
  ];
  const rows = [
    row("Kafka's topics", () => `${kafkaDays} days`, "Kafka drops whole segments"),
    row("snapshots of Kafka's disk", (one) => `${one.snapshotRetentionDays} days more`, "Compute Engine deletes them"),
    row("the lake's tables `events/...`", () => "no end", "nothing deletes by itself; see below"),
    row("the lake's table `dead_letters`", () => "no end", "nothing deletes by itself; holds the raw record"),
    row(
      "what was deleted from the lake (soft delete)",
      (one) => `${one.softDeleteDays} days`,
      "Cloud Storage deletes it",
    ),
    row(
      "`staging` in BigQuery",
      (one) => `${one.stagingRetentionDays} days after the event's hour`,
      "the partition expires",
    ),
    row("`marts` in BigQuery", () => "no end", "nothing deletes by itself; see below"),
    row("deleted rows of BigQuery (time travel, fail-safe)", () => "7 days, then 7 days", "BigQuery deletes them"),
    row("access logs of the buckets", (one) => `${one.accessLogsKeptDays} days`, "object names and callers, no events"),
  ];
  return { retention: markdownTable(["where", "dev", "prod", "how it ends"], rows) };
}
