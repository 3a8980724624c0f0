import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set";
import type { Construct } from "constructs";
import { generatorSettings } from "../runtime/generator/settings";
import { TOPICS } from "../runtime/kafka/topics";
import { renderBoot } from "./constructs/boot";
import { IMAGE_REPOSITORY, imageOf, registryOf } from "./constructs/images";
import { kafkaHeapMib } from "./constructs/machine-types";
import { Passage } from "./constructs/passage";
import type { ProgramAccount } from "./constructs/program-account";
import { ProgramMachine } from "./constructs/program-machine";
import { settingsFor } from "./constructs/program-settings";
import { KAFKA_WAIT_MAX_MS } from "./constructs/readiness";
import { StatefulMachine } from "./constructs/stateful-machine";
import type { Environment } from "./environment-record";
import type { FoundationStack } from "./foundation-stack";
import { internalZoneOf, KAFKA_PORT, kafkaBrokerOf, nameOf, STATUS_PORT } from "./names";
import type { NetworkStack } from "./network-stack";
import { logCommand } from "./observability/log-filter";
import { PlatformStack } from "./platform-stack";

const KAFKA = "kafka";

export interface KafkaStackProps {
  readonly foundation: FoundationStack;
  readonly network: NetworkStack;
}

/** Kafka on its own machine, and beside it the generator on another, so that changing one never restarts the other. */
export class KafkaStack extends PlatformStack {
  /** As the programs' KAFKA_BROKERS says it. */
  readonly brokers: readonly string[];
  private readonly kafka: StatefulMachine;
  private readonly network: NetworkStack;

  constructor(scope: Construct, environment: Environment, { foundation, network }: KafkaStackProps) {
    super(scope, "kafka", environment, [foundation, network]);
    this.network = network;
    this.brokers = [kafkaBrokerOf(environment)];
    this.kafka = new StatefulMachine(this, "kafka", {
      environment,
      what: KAFKA,
      description: "Kafka itself: it needs nothing of Google but its image and its log.",
      size: environment.kafka,
      subnetwork: network.subnetworkName,
      address: environment.kafkaAddress,
      boot: renderBoot("kafka.yaml", {
        registry: registryOf(environment),
        image: imageOf(environment, nameOf(environment, IMAGE_REPOSITORY), "kafka"),
        dataDevice: `/dev/disk/by-id/google-${StatefulMachine.dataDeviceOf(KAFKA)}`,
        port: String(KAFKA_PORT),
        advertised: kafkaBrokerOf(environment),
        heapMb: String(kafkaHeapMib(this.node.path, environment.kafka.type)),
        topics: topicLines(),
      }),
    });
    new DnsRecordSet(this, "kafka-name", {
      managedZone: network.internalZone,
      name: `${KAFKA}.${internalZoneOf(environment)}`,
      type: "A",
      ttl: 60,
      rrdatas: [environment.kafkaAddress],
    });
    const generator = new ProgramMachine(this, "generator", {
      environment,
      program: "generator",
      description: "Writes events to Kafka; it reads nothing of the platform but its bundle.",
      size: environment.generator,
      count: 1,
      endsByItself: true,
      network: network.networkName,
      subnetwork: network.subnetworkName,
      settings: settingsFor(`${this.node.path}/generator`, generatorSettings, {
        KAFKA_BROKERS: [...this.brokers],
        KAFKA_WAIT_MAX_MS,
        STATUS_PORT,
        GENERATOR_EVENTS_PER_SECOND_MAX: environment.generator.eventsPerSecondMax,
      }),
    });
    this.allowFrom(generator.account, "The generator writes its events to Kafka.");
    this.tellHowToConnect();
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
      `${ssh} --command="sudo docker exec rhythmic-kafka /opt/kafka/bin/kafka-topics.sh --bootstrap-server 127.0.0.1:${KAFKA_PORT} --describe"`,
      "Lists the topics with their partitions and settings.",
    );
    this.tell(
      "generator_log",
      logCommand(this.environment, "generator"),
      "Prints the newest lines of the generator's log.",
    );
  }

  /** Lets a program's machines reach Kafka. */
  allowFrom(account: ProgramAccount, why: string): void {
    new Passage(account, "to-kafka", {
      environment: this.environment,
      network: this.network.networkName,
      from: account,
      to: {
        what: KAFKA,
        account: this.kafka.account,
        address: this.environment.kafkaAddress,
        port: KAFKA_PORT,
      },
      why,
    });
  }
}

/** The declared topics, a line each: name, partitions, settings with commas. */
export function topicLines(): string {
  return TOPICS.map(({ name, partitions, config }) => {
    const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
    return `${name} ${partitions} ${settings.join(",")}`;
  }).join("\n");
}
