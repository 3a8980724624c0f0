import type { Construct } from "constructs";
import { keeperSettings } from "../../runtime/keeper/settings";
import { DEPLOYMENT_VARIABLE } from "../../runtime/support/metrics";
import type { Environment } from "../environment-record";
import { deploymentOf, KAFKA_ADMIN_PORT, KAFKA_PORT, kafkaBrokerOf, nameOf, STATUS_PORT, secretNameOf } from "../names";
import { renderBoot } from "./boot";
import { grantOnBucket } from "./grants";
import { IMAGE_REPOSITORY, imageOf, registryOf } from "./images";
import { environmentBlock, METADATA } from "./machine-metadata";
import { kafkaHeapMib } from "./machine-types";
import { settingsFor } from "./program-settings";
import { bundlePrefixOf, RuntimeBundle } from "./runtime-bundle";
import { StatefulMachine } from "./stateful-machine";

const KAFKA = "kafka";
const KEEPER = "keeper";
/** Folders of the data disk, by the same names in the containers: Kafka is told of a new certificate by its path. */
const KEEPER_FOLDER = "/mnt/disks/kafka/keeper";
const TLS_FOLDER = "/mnt/disks/kafka/tls";

/** Runs one of Kafka's own tools on its machine, by Kafka's own certificate. */
export function kafkaToolCommand(tool: string, args: string): string {
  return (
    `sudo docker exec rhythmic-kafka /opt/kafka/bin/${tool} --bootstrap-server 127.0.0.1:${KAFKA_ADMIN_PORT} ` +
    `--command-config /etc/rhythmic/kafka/admin.properties ${args}`
  );
}

/**
 * Kafka's machine: Kafka in its image, and beside it the keeper, who makes certificates before Kafka starts, and
 * topics, users and permissions once it runs. Another keeper, as a changed topic or permission makes it, is another
 * template: the machine is made anew, and Kafka starts again.
 * @param scope the stack: the machine's resources keep the names under which they were first deployed
 * @param subnetwork name of the subnet
 */
export function addKafkaMachine(scope: Construct, environment: Environment, subnetwork: string): StatefulMachine {
  const { bucketName, objectName, bundle, resource } = new RuntimeBundle(scope, KEEPER, environment, KEEPER);
  const settings = { ...settingsOfKeeper(scope, environment), [DEPLOYMENT_VARIABLE]: deploymentOf(environment) };
  const machine = new StatefulMachine(scope, KAFKA, {
    environment,
    what: KAFKA,
    description: "Kafka and its keeper, who makes the programs' users and can't read what it has given out.",
    size: environment.kafka,
    subnetwork,
    address: environment.kafkaAddress,
    boot: bootOf(scope, environment),
    metadata: {
      [METADATA.program]: KEEPER,
      [METADATA.bundle]: `https://storage.googleapis.com/${bucketName}/${objectName}`,
      [METADATA.bundleSha256]: bundle.sha256,
      [METADATA.environment]: environmentBlock(`${scope.node.path}/${KEEPER}`, settings),
    },
    dependsOn: [resource],
  });
  const why = "Kafka's machine fetches its keeper when it boots.";
  grantOnBucket(
    machine.account,
    bucketName,
    { id: "fetch-bundle", role: "roles/storage.objectViewer", why },
    { prefixes: [bundlePrefixOf(KEEPER)], list: false },
  );
  return machine;
}

function bootOf(scope: Construct, environment: Environment): string {
  const repository = nameOf(environment, IMAGE_REPOSITORY);
  const listeners = renderBoot("machine-listeners.properties", {
    port: String(KAFKA_PORT),
    adminPort: String(KAFKA_ADMIN_PORT),
    advertised: kafkaBrokerOf(environment),
    tlsFolder: TLS_FOLDER,
  });
  return renderBoot("kafka.yaml", {
    registry: registryOf(environment),
    kafkaImage: imageOf(environment, repository, "kafka"),
    nodeImage: imageOf(environment, repository, "node"),
    dataDevice: `/dev/disk/by-id/google-${StatefulMachine.dataDeviceOf(KAFKA)}`,
    port: String(KAFKA_PORT),
    heapMb: String(kafkaHeapMib(`${scope.node.path}/${KAFKA}`, environment.kafka.type)),
    listeners: listeners.trimEnd(),
    tlsFolder: TLS_FOLDER,
  });
}

function settingsOfKeeper(scope: Construct, environment: Environment): Record<string, string> {
  const [host = ""] = kafkaBrokerOf(environment).split(":");
  return settingsFor(`${scope.node.path}/${KEEPER}`, keeperSettings, {
    KEEPER_FOLDER,
    KEEPER_TLS_FOLDER: TLS_FOLDER,
    KEEPER_HOSTS: [host, environment.kafkaAddress],
    KEEPER_BROKER: `127.0.0.1:${KAFKA_ADMIN_PORT}`,
    KEEPER_SECRETS: secretNameOf(environment, ""),
    STATUS_PORT,
  });
}
