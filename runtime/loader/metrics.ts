import { amount, detail, level } from "../support/metrics";

/** What the loader reports of itself. */
export const loaderReports = {
  loaded: {
    message: "the warehouse is up to date with the plan",
    description: "At the end of every plan.",
    fields: {
      plan: detail("Number of the plan."),
      hours: amount("{hour}", "Hours of staging tables that the plan replaced."),
      rows: amount("{row}", "Rows that these hours hold now."),
    },
  },
  upToDate: {
    message: "the warehouse is up to date with the lake",
    description: "After every look at the lake that ended well, one a minute unless a load takes longer.",
    fields: {
      loadAgeSeconds: level("s", "How old the lake is that the warehouse shows now: how long this look has taken."),
    },
  },
} as const;

export type LoaderReports = typeof loaderReports;
