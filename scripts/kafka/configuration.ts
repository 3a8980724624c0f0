import { join } from "node:path";
import { renderBoot } from "../../stacks/constructs/boot";
import { LOOPBACK } from "./ports";

/** The files of one broker, all below the folder that it was given. */
export interface BrokerFiles {
  readonly dir: string;
  /** Kafka's own data: records, metadata log, `meta.properties`. */
  readonly data: string;
  readonly serverProperties: string;
  readonly logProperties: string;
  /** What Kafka prints. */
  readonly log: string;
  /** Of a secure broker: the authority, the keeper's certificate, who has which user. */
  readonly keeper: string;
  /** Of a secure broker: Kafka's own certificates. */
  readonly tls: string;
  /** Of a secure broker: a folder a program with its credentials. */
  readonly secrets: string;
}

export function brokerFiles(dir: string): BrokerFiles {
  return {
    dir,
    data: join(dir, "data"),
    serverProperties: join(dir, "server.properties"),
    logProperties: join(dir, "log4j2.properties"),
    log: join(dir, "kafka.log"),
    keeper: join(dir, "keeper"),
    tls: join(dir, "tls"),
    secrets: join(dir, "secrets"),
  };
}

export interface BrokerPorts {
  /** For clients. */
  readonly broker: number;
  /** Of the KRaft controller, which lives in the same process. */
  readonly controller: number;
  /** Of a secure broker: for its administration; `undefined`: neither TLS nor users. */
  readonly admin: number | undefined;
}

/**
 * One node that is broker and controller, reachable from this machine alone, with the threads and buffers that two
 * cores and a small heap bear (kafka.apache.org/documentation/#brokerconfigs).
 */
export function serverProperties(files: BrokerFiles, ports: BrokerPorts): string {
  const settings: Record<string, string | number | boolean> = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@${LOOPBACK}:${ports.controller}`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": files.data,
    // A misspelt topic must be an error, not a topic.
    "auto.create.topics.enable": false,
    // The internal topics have as many copies as there are brokers.
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    // Nobody waits for further members: the first one gets its partitions at once.
    "group.initial.rebalance.delay.ms": 0,
    // A processor that was killed holds its partitions for its session's timeout: let local ones choose a short one.
    "group.min.session.timeout.ms": 1000,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "background.threads": 2,
    "log.cleaner.threads": 1,
    "log.cleaner.dedupe.buffer.size": 2_097_152,
  };
  return (ports.admin === undefined ? plainListeners(ports) : secureListeners(files, ports, ports.admin)).concat(
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}\n`),
  );
}

function plainListeners({ broker, controller }: BrokerPorts): string {
  return `listeners=BROKER://${LOOPBACK}:${broker},CONTROLLER://${LOOPBACK}:${controller}
advertised.listeners=BROKER://${LOOPBACK}:${broker}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
`;
}

/** The same lines as on Kafka's machine, but for the addresses. */
function secureListeners(files: BrokerFiles, { broker, controller }: BrokerPorts, admin: number): string {
  const clients = `CLIENTS://${LOOPBACK}:${broker},ADMIN://${LOOPBACK}:${admin}`;
  return `listeners=${clients},CONTROLLER://${LOOPBACK}:${controller}
advertised.listeners=${clients}
${renderBoot("listeners.properties", { tlsFolder: files.tls })}`;
}

/** Warnings and errors alone: everything else would only fill the disk and slow the start down. */
export const LOG_PROPERTIES = `status=error
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
`;

/**
 * A heap that millions of events pass through without the process growing over 300 MB, the collector and compiler
 * that start fastest, and no crash dumps outside the broker's folder.
 */
export function jvmOptions(files: BrokerFiles): string[] {
  return [
    "-Xmx192m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    `-XX:ErrorFile=${join(files.dir, "jvm-crash-%p.log")}`,
    `-Dlog4j2.configurationFile=${files.logProperties}`,
  ];
}
