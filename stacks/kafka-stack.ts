import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { generatorSettings } from "../runtime/generator/settings";
import { KAFKA_CLIENTS, type KafkaClient } from "../runtime/kafka/access";
import { CredentialSecret } from "./constructs/credential-secret";
import { grantOnSecret } from "./constructs/grants";
import { addKafkaMachine, kafkaToolCommand } from "./constructs/kafka-machine";
import { Passage } from "./constructs/passage";
import type { ProgramAccount } from "./constructs/program-account";
import { ProgramMachine } from "./constructs/program-machine";
import { settingsFor } from "./constructs/program-settings";
import { KAFKA_WAIT_MAX_MS } from "./constructs/readiness";
import type { StatefulMachine } from "./constructs/stateful-machine";
import { MS_PER_DAY } from "./durations";
import type { Environment } from "./environment-record";
import type { FoundationStack } from "./foundation-stack";
import { internalZoneOf, KAFKA_PORT, kafkaBrokerOf, nameOf, STATUS_PORT, secretIdOf, secretNameOf } from "./names";
import type { NetworkStack } from "./network-stack";
import { logCommand } from "./observability/log-filter";
import { PlatformStack } from "./platform-stack";

export interface KafkaStackProps {
  readonly foundation: FoundationStack;
  readonly network: NetworkStack;
}

/** What the generator simulates where nothing bounds it, days: six weeks. */
const GENERATED_DAYS_MAX = 42;

/**
 * How many days before its start the generator's simulated time begins: none of its events may be older than the
 * processor takes, also after a day on which Kafka or the processor stood still.
 */
function generatedDaysOf({ eventAgeMaxDays }: Environment): number {
  return Math.max(1, Math.min(GENERATED_DAYS_MAX, eventAgeMaxDays - 2));
}

/**
 * Kafka on its own machine, the places of the credentials that it gives out, and beside it the generator on another,
 * so that changing one never restarts the other.
 */
export class KafkaStack extends PlatformStack {
  /** As the programs' KAFKA_BROKERS says it. */
  readonly brokers: readonly string[];
  private readonly kafka: StatefulMachine;
  private readonly secrets: Readonly<Record<KafkaClient, CredentialSecret>>;
  private readonly network: NetworkStack;

  constructor(scope: Construct, environment: Environment, { foundation, network }: KafkaStackProps) {
    super(scope, "kafka", environment, [foundation, network]);
    this.network = network;
    this.brokers = [kafkaBrokerOf(environment)];
    this.kafka = addKafkaMachine(this, environment, network.subnetworkName);
    this.secrets = this.addSecrets();
    new DnsRecordSet(this, "kafka-name", {
      managedZone: network.internalZone,
      name: `kafka.${internalZoneOf(environment)}`,
      type: "A",
      ttl: 60,
      rrdatas: [environment.kafkaAddress],
    });
    const generator = new ProgramMachine(this, "generator", {
      environment,
      program: "generator",
      description: "Writes events to Kafka; it reads nothing of the platform but its bundle and its credentials.",
      size: environment.generator,
      count: 1,
      endsByItself: true,
      network: network.networkName,
      subnetwork: network.subnetworkName,
      settings: settingsFor(`${this.node.path}/generator`, generatorSettings, {
        ...this.settingsOf("generator"),
        STATUS_PORT,
        GENERATOR_EVENTS_PER_SECOND_MAX: environment.generator.eventsPerSecondMax,
        GENERATOR_START_DAYS_AGO: generatedDaysOf(environment),
        // A run that gives up begins its simulated time, and its events, anew. Longer is of no use: Kafka forgets a
        // producer that was silent for a day (producer.id.expiration.ms).
        GENERATOR_DELIVERY_TIMEOUT_MS: MS_PER_DAY,
      }),
      dependsOn: [this.kafka.resource],
    });
    this.admit(generator.account, "generator", "The generator writes its events to Kafka.");
    this.tellHowToConnect();
  }

  /** The settings by which a program comes into Kafka, and waits for it where its machine is the first to be there. */
  settingsOf(client: KafkaClient) {
    return {
      KAFKA_BROKERS: [...this.brokers],
      KAFKA_CREDENTIALS: secretNameOf(this.environment, client),
      KAFKA_WAIT_MAX_MS,
    };
  }

  /** Lets a program's machines reach Kafka, and read the user that Kafka's machine has made for them. */
  admit(account: ProgramAccount, client: KafkaClient, why: string): void {
    const { environment, kafka, secrets } = this;
    new Passage(account, "to-kafka", {
      environment,
      network: this.network.networkName,
      from: account,
      to: { what: "kafka", account: kafka.account, address: environment.kafkaAddress, port: KAFKA_PORT },
      why,
    });
    grantOnSecret(account, secretIdOf(environment, client), {
      id: "read-credentials",
      role: "roles/secretmanager.secretAccessor",
      why: `The machine of ${account.program} reads the user by which it comes into Kafka, and no other's.`,
      // A stack that is deployed after this one finds it there.
      ...(TerraformStack.of(account) === this ? { on: secrets[client].resource } : {}),
    });
  }

  /** One a program; the audit's is read by nobody until a person is granted it, to run the audit by hand. */
  private addSecrets(): Readonly<Record<KafkaClient, CredentialSecret>> {
    const secrets = KAFKA_CLIENTS.map((client) => {
      const secret = new CredentialSecret(this, `${client}-credentials`, this.environment, client);
      grantOnSecret(this.kafka.account, secret.secretId, {
        id: `write-${client}-credentials`,
        role: "roles/secretmanager.secretVersionManager",
        why: `Kafka's machine adds the user that it makes for ${client}, and takes old ones back; it can read none.`,
        on: secret.resource,
      });
      return [client, secret] as const;
    });
    return Object.fromEntries(secrets) as Record<KafkaClient, CredentialSecret>;
  }

  private tellHowToConnect(): void {
    const { project, zone, kafkaAddress } = this.environment;
    const where = `--zone=${zone} --project=${project}`;
    const ssh = `gcloud compute ssh ${this.kafka.machineName} ${where} --tunnel-through-iap`;
    this.tell(
      "kafka_brokers",
      this.brokers.join(","),
      `Kafka's name inside the network; its address is ${kafkaAddress}.`,
    );
    this.tell("ssh_to_kafka", ssh, "Logs in to Kafka's machine through Identity-Aware Proxy.");
    this.tell(
      "kafka_topics",
      `${ssh} --command="${kafkaToolCommand("kafka-topics.sh", "--describe")}"`,
      "Lists the topics with their partitions and settings.",
    );
    this.tell(
      "credentials",
      `gcloud secrets list --project=${project} --filter="name~${nameOf(this.environment, "kafka-")}"`,
      "Lists the secrets with the programs' users; their values are made on Kafka's machine.",
    );
    this.tell(
      "keeper_log",
      logCommand(this.environment, "keeper"),
      "Prints the newest lines of the keeper, who makes Kafka's topics, users and certificates.",
    );
    this.tell(
      "generator_log",
      logCommand(this.environment, "generator"),
      "Prints the newest lines of the generator's log.",
    );
  }
}
