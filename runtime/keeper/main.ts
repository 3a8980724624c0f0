import { KAFKA_CLIENTS, type KafkaClient } from "../kafka/access";
import { openAdministration } from "../kafka/kafkajs-administration";
import { TOPICS } from "../kafka/topics";
import { openSecret } from "../secrets/open-secret";
import type { SecretStore } from "../secrets/secret-store";
import { runProgram } from "../support/program";
import { Keeper } from "./keeper";
import { keeperReports } from "./metrics";
import { keeperSettings } from "./settings";
import { taskOf } from "./task";

void runProgram({
  name: "keeper",
  description: "keeps Kafka as it is declared: certificates, topics, users with their secrets, and permissions.",
  settings: keeperSettings,
  reports: keeperReports,
  isLongRunning: (settings) => taskOf(settings).kind === "keep",
  async run({ settings, log, stop, status, report }) {
    const task = taskOf(settings);
    // For the program's life, since each asks for a token of its own when it is first used.
    const secrets = secretsOf(settings.KEEPER_SECRETS);
    const keeper = new Keeper({
      identity: {
        folder: settings.KEEPER_FOLDER,
        tlsFolder: settings.KEEPER_TLS_FOLDER,
        hosts: settings.KEEPER_HOSTS,
        days: settings.KEEPER_CERTIFICATE_DAYS,
      },
      open: (security) =>
        openAdministration({
          brokers: [settings.KEEPER_BROKER],
          brokersSetting: "KEEPER_BROKER (--broker)",
          clientId: "rhythmic-keeper",
          log,
          security,
        }),
      secretOf: (client) => secrets[client],
      topics: TOPICS,
      log,
      stop,
    });
    switch (task.kind) {
      case "prepare":
        await keeper.prepare();
        return log.info({}, "what Kafka needs before it can start is there");
      case "rotate": {
        const user = await keeper.rotate(task.client);
        return say(
          `${task.client} gets the user ${user} from its next start on; the other user works until it is retired.`,
          `Next: npm run vm -- roll ${task.client}, and when all its machines run anew: --retire ${task.client}`,
        );
      }
      case "retire": {
        const user = await keeper.retire(task.client);
        return say(`${user} gets in no more; the versions of the secret that hold its password are disabled.`);
      }
      case "keep":
        return keeper.run({ intervalMs: settings.KEEPER_INTERVAL_MS, report, status });
    }
  },
});

function secretsOf(place: string): Readonly<Record<KafkaClient, SecretStore>> {
  const entries = KAFKA_CLIENTS.map((client) => [client, openSecret(`${place}${client}`)] as const);
  return Object.fromEntries(entries) as Record<KafkaClient, SecretStore>;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
