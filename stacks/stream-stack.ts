import type { Construct } from "constructs";
import { processorSettings } from "../runtime/processor/settings";
import { ProgramMachine } from "./constructs/program-machine";
import { settingsFor } from "./constructs/program-settings";
import { MS_PER_DAY } from "./durations";
import type { Environment } from "./environment-record";
import type { KafkaStack } from "./kafka-stack";
import type { LakeStack } from "./lake-stack";
import { STATUS_PORT } from "./names";
import type { NetworkStack } from "./network-stack";
import { logCommand } from "./observability/log-filter";
import { PlatformStack } from "./platform-stack";

const MS_PER_SECOND = 1_000;

export interface StreamStackProps {
  readonly network: NetworkStack;
  readonly kafka: KafkaStack;
  readonly lake: LakeStack;
}

/** The processors: from Kafka to the lake. They share the partitions among themselves. */
export class StreamStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment, { network, kafka, lake }: StreamStackProps) {
    super(scope, "stream", environment, [network, kafka, lake]);
    const processor = new ProgramMachine(this, "processor", {
      environment,
      program: "processor",
      description: "Reads events from Kafka and writes the lake's tables.",
      size: environment.processor,
      count: environment.processor.count,
      network: network.networkName,
      subnetwork: network.subnetworkName,
      settings: settingsFor(`${this.node.path}/processor`, processorSettings, {
        ...kafka.settingsOf("processor"),
        STATUS_PORT,
        LAKE_URL: lake.url,
        PROCESSOR_CUT_INTERVAL_MS: environment.commitIntervalSeconds * MS_PER_SECOND,
        PROCESSOR_EVENT_AGE_MAX_MS: environment.eventAgeMaxDays * MS_PER_DAY,
      }),
    });
    kafka.admit(processor.account, "processor", "The processor reads events from Kafka.");
    lake.grantTables(processor.account);
    this.tell("processor_log", logCommand(environment, "processor"), "Prints the newest lines of the processor's log.");
  }
}
