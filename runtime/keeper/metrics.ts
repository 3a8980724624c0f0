import { amount, label, level } from "../support/metrics";

/** Two looks at the pace that KEEPER_INTERVAL_MS has unless told otherwise, and room for one that takes its time. */
const HELD_MS = 25 * 60_000;

/** What the keeper reports of itself. */
export const keeperReports = {
  looked: {
    message: "Kafka is as declared",
    description: "After every look at topics, permissions, users and certificates that ended well.",
    fields: {
      topics: amount("{topic}", "Topics that the look made or changed."),
      permissions: amount("{permission}", "Permissions that the look gave or took away."),
      users: amount("{user}", "Users that the look made, or gave a new password."),
    },
  },
  certificate: {
    message: "a certificate holds",
    description: "At every look that ended well, for each certificate on Kafka's machine.",
    fields: {
      certificate: label("The certificate: authority, controller, broker or keeper."),
      daysLeft: level(
        "d",
        "Days until it ends. The broker's and the keeper's are renewed when a third is left.",
        HELD_MS,
      ),
    },
  },
  lag: {
    message: "records are not committed",
    description: "At every look that ended well, for each topic of which the processors' group has committed offsets.",
    fields: {
      group: label("The consumer group."),
      topic: label("The topic."),
      records: level("{record}", "Records that Kafka holds behind the offsets that the group has committed.", HELD_MS),
    },
  },
} as const;

export type KeeperReports = typeof keeperReports;
