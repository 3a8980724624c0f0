import { amount, detail, label, level } from "../support/metrics";

/** What the processor reports of itself. */
export const processorReports = {
  committed: {
    message: "committed to the lake",
    description: "After every commit to a topic's table.",
    fields: {
      topic: label("The topic."),
      version: detail("Version of the table that the commit made."),
      rows: amount("{record}", "Records that the commit brought into the table."),
      deadLetters: amount("{record}", "Records that were no events, and went to the dead letters."),
      files: detail("Data files of the commit."),
    },
  },
  waiting: {
    message: "records wait in Kafka",
    description: "Once a minute for each topic of which it holds partitions; also when none wait.",
    fields: {
      topic: label("The topic."),
      records: level(
        "{record}",
        "Records that Kafka holds of the processor's partitions and the lake does not, halted partitions included.",
      ),
    },
  },
} as const;

export type ProcessorReports = typeof processorReports;
