import type { Container, ContainerVolumes } from "@cdktf/provider-docker/lib/container";
import { Image } from "@cdktf/provider-docker/lib/image";
import { Network } from "@cdktf/provider-docker/lib/network";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { Volume } from "@cdktf/provider-docker/lib/volume";
import { AssetType, Fn, LocalBackend, TerraformAsset, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { generatorSettings } from "../runtime/generator/settings";
import { TOPICS } from "../runtime/kafka/topics";
import { loaderSettings } from "../runtime/loader/settings";
import { processorSettings } from "../runtime/processor/settings";
import { environmentOf } from "../runtime/support/settings";
import { refuseNumberTokens } from "./checks/number-tokens";
import { renderBoot } from "./constructs/boot";
import { type Bundle, buildBundle, type Program } from "./constructs/bundle";
import { IMAGES } from "./constructs/images";
import { localContainer } from "./constructs/local-container";
import { RuntimeBundle } from "./constructs/runtime-bundle";
import { TextFiles } from "./constructs/text-files";
import type { Environment } from "./environment-record";
import { isExample } from "./environments";
import { KAFKA_PORT, nameOf, PREFIX } from "./names";

/** Kafka's port for programs on this machine, beside the containers; apart from that of a Kafka that runs here anyway. */
const HOST_PORT = 19_092;
const LOOPBACK = "127.0.0.1";
const HEAP_MB = 512;
/** As the units of the machines have it. */
const KAFKA_STOP_SECONDS = 120;
const PROGRAM_STOP_SECONDS = 60;
/** Kafka's first start formats its storage and makes the topics. */
const KAFKA_READY_WITHIN_SECONDS = 180;

/**
 * Where Node.js's image has the only folder that belongs to its ordinary user. A new volume takes the owner of the
 * folder that it is first mounted over, so this makes the volume writable without a container that runs as root.
 */
const OWN_FOLDER = "/home/node";

/** May this synth declare containers? A real project is deployed as a whole, which must never touch a Docker engine. */
export function hasLocalStack(environment: Environment): boolean {
  return isExample(environment) && environment.name === "dev";
}

/**
 * The platform without a cloud: Kafka and the programs as containers on this machine's Docker engine, from the same
 * bundles, settings and Kafka configuration. The lake is a folder, the warehouse a DuckDB file, each in a volume.
 */
export class LocalStack extends TerraformStack {
  private readonly network: Network;
  private readonly nodeImage: Image;

  constructor(
    scope: Construct,
    private readonly environment: Environment,
  ) {
    super(scope, "local");
    new DockerProvider(this, "docker");
    // Beside cdktf.json, as terraform runs in cdktf.out/stacks/<id>; without a path cdktf writes an absolute one.
    new LocalBackend(this, { path: `../../../terraform.${environment.name}-local.tfstate` });
    this.network = new Network(this, "network", { name: nameOf(environment, "local"), driver: "bridge" });
    this.nodeImage = this.addImage("node");
    const lake = this.addVolume("lake");
    const warehouse = this.addVolume("warehouse");
    const kafka = this.addKafka();
    const brokers = [`kafka:${KAFKA_PORT}`];
    this.addProgram("generator", {
      settings: environmentOf(generatorSettings, {
        KAFKA_BROKERS: brokers,
        GENERATOR_EVENTS_PER_SECOND_MAX: environment.generator.eventsPerSecondMax,
      }),
      // It ends when its simulated time does; that is no reason to start it again.
      mustRun: false,
      dependsOn: [kafka],
    });
    // No limit of an event's age: the generator's simulated time lies as far back as its configuration says.
    const processor = this.addProgram("processor", {
      settings: environmentOf(processorSettings, { KAFKA_BROKERS: brokers, LAKE_URL: `${OWN_FOLDER}/lake` }),
      volumes: [{ volumeName: lake.name, containerPath: OWN_FOLDER }],
      dependsOn: [kafka],
    });
    this.addProgram("loader", {
      settings: environmentOf(loaderSettings, {
        LAKE_URL: "/mnt/lake",
        WAREHOUSE_URL: `${OWN_FOLDER}/warehouse.duckdb`,
      }),
      volumes: [
        { volumeName: lake.name, containerPath: "/mnt" },
        { volumeName: warehouse.name, containerPath: OWN_FOLDER },
        // DuckDB is native and stays outside of the bundle, which finds it here: this checkout's, made for Linux.
        { hostPath: Fn.abspath("../../../node_modules"), containerPath: "/app/node_modules", readOnly: true },
      ],
      // The processor is the first to mount the lake, and makes its tables when it starts.
      dependsOn: [processor],
    });
    this.addOutputs();
  }

  /** What is about to be written; see PlatformStack. */
  override toTerraform(): unknown {
    const json: unknown = super.toTerraform();
    refuseNumberTokens(this.node.path, json);
    return json;
  }

  private addImage(image: keyof typeof IMAGES): Image {
    // A deploy that is taken back leaves the image: the next one need not fetch it again.
    return new Image(this, `${image}-image`, { name: IMAGES[image], keepLocally: true });
  }

  private addVolume(what: string): Volume {
    return new Volume(this, `${what}-volume`, { name: nameOf(this.environment, what) });
  }

  /**
   * Kafka with the machine's own configuration but for its listeners: it speaks plainly, and a second one is for programs
   * outside of the containers. No keeper: the topics are made by Kafka's own tools.
   */
  private addKafka(): Container {
    const listeners = renderBoot("local-listeners.properties", {
      port: String(KAFKA_PORT),
      hostPort: String(HOST_PORT),
      advertised: `kafka:${KAFKA_PORT}`,
    });
    const files = new TextFiles(this, "kafka-files", {
      "run-kafka.sh": renderBoot("run-kafka.sh", {}),
      "format-storage.sh": renderBoot("format-storage.sh", {}),
      "create-topics.sh": renderBoot("create-topics.sh", { port: String(KAFKA_PORT) }),
      "kafka/server.properties": renderBoot("server.properties", { listeners: listeners.trimEnd() }),
      "kafka/log4j2.properties": renderBoot("log4j2.properties", {}),
      "kafka/topics": `${topicLines()}\n`,
    });
    return localContainer(this, "kafka", {
      name: nameOf(this.environment, "kafka"),
      image: this.addImage("kafka"),
      network: this.network,
      alias: "kafka",
      command: ["sh", "/etc/rhythmic/run-kafka.sh"],
      environment: {
        KAFKA_HEAP_OPTS: `-Xmx${HEAP_MB}m`,
        KAFKA_LOG4J_OPTS: "-Dlog4j2.configurationFile=/etc/rhythmic/kafka/log4j2.properties",
        // Where the log of the garbage collector goes: nothing else can be written.
        LOG_DIR: "/tmp/kafka",
      },
      volumes: [
        { volumeName: this.addVolume("kafka").name, containerPath: "/var/lib/kafka" },
        { hostPath: files.hostPath, containerPath: "/etc/rhythmic", readOnly: true },
      ],
      labels: { [`${PREFIX}.files-sha256`]: files.sha256 },
      stopTimeoutSeconds: KAFKA_STOP_SECONDS,
      more: {
        ports: [{ internal: HOST_PORT, external: HOST_PORT, ip: LOOPBACK }],
        healthcheck: { test: ["CMD", "test", "-f", "/tmp/ready"], interval: "5s", timeout: "5s", retries: 36 },
        // The programs start when the topics are there.
        wait: true,
        waitTimeout: KAFKA_READY_WITHIN_SECONDS,
      },
    });
  }

  private addProgram(program: Program, props: LocalProgram): Container {
    const bundle = this.bundleOf(program);
    const asset = new TerraformAsset(this, `${program}-bundle`, {
      path: bundle.file,
      type: AssetType.FILE,
      // cdktf's own hash ignores names, moves and modes.
      assetHash: bundle.sha256,
    });
    const file = `/app/${program}.cjs`;
    return localContainer(this, program, {
      name: nameOf(this.environment, program),
      image: this.nodeImage,
      network: this.network,
      command: ["node", file],
      environment: props.settings,
      volumes: [
        // The bundle's sha256 is part of the path, so that another bundle is another container.
        { hostPath: Fn.abspath(asset.path), containerPath: file, readOnly: true },
        ...(props.volumes ?? []),
      ],
      labels: { [`${PREFIX}.program`]: program, [`${PREFIX}.bundle-sha256`]: bundle.sha256 },
      stopTimeoutSeconds: PROGRAM_STOP_SECONDS,
      dependsOn: props.dependsOn,
      more: { mustRun: props.mustRun ?? true },
    });
  }

  /** The very bundle that the platform's machine runs. */
  private bundleOf(program: Program): Bundle {
    const constructs = this.node.root.node.findAll();
    const found = constructs.find((one) => one instanceof RuntimeBundle && one.program === program);
    return found instanceof RuntimeBundle ? found.bundle : buildBundle(program);
  }

  private addOutputs(): void {
    const name = (what: string) => nameOf(this.environment, what);
    const outputs = {
      brokers: [`${LOOPBACK}:${HOST_PORT}`, "Kafka for programs on this machine, as their --brokers."],
      logs: [`docker logs --follow ${name("processor")}`, "What the processor says; the others likewise."],
      query: [
        `docker stop ${name("loader")} && docker cp ${name("loader")}:${OWN_FOLDER}/warehouse.duckdb . && ` +
          'npm run query -- "SELECT * FROM marts.top_songs LIMIT 10" --dir .',
        "Asks a copy of the warehouse; the loader goes on after docker start.",
      ],
    } as const;
    for (const [id, [value, description]] of Object.entries(outputs)) {
      new TerraformOutput(this, id, { value, description, staticId: true });
    }
  }
}

/** The declared topics, a line each: name, partitions, settings with commas. */
function topicLines(): string {
  return TOPICS.map(({ name, partitions, config }) => {
    const settings = Object.entries(config).map(([key, value]) => `${key}=${value}`);
    return `${name} ${partitions} ${settings.join(",")}`;
  }).join("\n");
}

interface LocalProgram {
  readonly settings: Readonly<Record<string, string>>;
  readonly dependsOn: readonly Container[];
  /** @default none */
  readonly volumes?: readonly ContainerVolumes[];
  /** Is a container that has ended made again by the next deploy? @default true */
  readonly mustRun?: boolean;
}
