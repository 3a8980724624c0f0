import { Container, type ContainerConfig, type ContainerVolumes } from "@cdktf/provider-docker/lib/container";
import type { Image } from "@cdktf/provider-docker/lib/image";
import type { Network } from "@cdktf/provider-docker/lib/network";
import type { Construct } from "constructs";

/** The user of the images of Node.js (node) and of Kafka (appuser): number 1000 in both. */
const USER = "1000:1000";

export interface LocalContainerProps {
  readonly name: string;
  readonly image: Image;
  readonly network: Network;
  /** The name by which the others find it. @default its container's name only */
  readonly alias?: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly ContainerVolumes[];
  readonly labels: Readonly<Record<string, string>>;
  /** How long it may take to finish what it has in hand, seconds. */
  readonly stopTimeoutSeconds: number;
  readonly dependsOn?: readonly Container[];
  /** What only one of the containers has. */
  readonly more?: Partial<ContainerConfig>;
}

/**
 * A container with as few rights as on the platform's machines: an ordinary user, nothing writable but its volumes
 * and /tmp, no capabilities, and a log that can't fill the disk.
 */
export function localContainer(scope: Construct, id: string, props: LocalContainerProps): Container {
  const { alias } = props;
  return new Container(scope, id, {
    name: props.name,
    image: props.image.imageId,
    command: [...props.command],
    env: Object.entries(props.environment)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
    networksAdvanced: [{ name: props.network.name, ...(alias === undefined ? {} : { aliases: [alias] }) }],
    volumes: [...props.volumes],
    user: USER,
    readOnly: true,
    tmpfs: { "/tmp": "mode=1777" },
    capabilities: { drop: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    // A first process that passes signals on and buries what is orphaned.
    init: true,
    // As often as a person needs to see that it will not work; the machines try on.
    restart: "on-failure",
    maxRetryCount: 10,
    stopTimeout: props.stopTimeoutSeconds,
    destroyGraceSeconds: props.stopTimeoutSeconds,
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    labels: Object.entries(props.labels).map(([label, value]) => ({ label, value })),
    ...(props.dependsOn === undefined ? {} : { dependsOn: [...props.dependsOn] }),
    ...props.more,
  });
}
