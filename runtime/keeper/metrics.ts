import { amount, label, level } from "../support/metrics";

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
      daysLeft: level("d", "Days until it ends. The broker's and the keeper's are renewed when a third is left."),
    },
  },
  lag: {
    message: "records are not committed",
    description: "At every look that ended well, for each topic of which the processors' group has committed offsets.",
    fields: {
      group: label("The consumer group."),
      topic: label("The topic."),
      records: level("{record}", "Records that Kafka holds behind the offsets that the group has committed."),
    },
  },
} as const;

export type KeeperReports = typeof keeperReports;
