import { amount } from "../support/metrics";

/** What the generator reports of itself. */
export const generatorReports = {
  delivered: {
    message: "records acknowledged by Kafka",
    description: "Once a minute while it writes to Kafka, and at its end.",
    fields: {
      records: amount("{record}", "Records that Kafka has acknowledged since the line before."),
    },
  },
} as const;

export type GeneratorReports = typeof generatorReports;
