import { generatorSettings } from "../../../runtime/generator/settings";
import { keeperSettings } from "../../../runtime/keeper/settings";
import { loaderSettings } from "../../../runtime/loader/settings";
import { processorSettings } from "../../../runtime/processor/settings";
import { DEPLOYMENT_VARIABLE } from "../../../runtime/support/metrics";
import { parseSettings, type SettingsDeclaration } from "../../../runtime/support/settings";
import { METADATA, parseEnvironmentBlock } from "../../../stacks/constructs/machine-metadata";
import type { Environment } from "../../../stacks/environment-record";
import {
  bucketNameOf,
  datasetOf,
  datasetPrefixOf,
  deploymentOf,
  KAFKA_ADMIN_PORT,
  kafkaBrokerOf,
  nameOf,
} from "../../../stacks/names";
import {
  LOGGING_PROGRAMS,
  type LoggingProgram,
  type SynthesizedPlatform,
  type SynthesizedResource,
} from "../../../stacks/synthesis/synthesized";
import { block, type Finding, findingAt, missing, type Rule, texts } from "../rule";

/** Programs get settings that they accept, in the units that they mean, and that name what is really declared. */

const DECLARATIONS: Readonly<Record<LoggingProgram, SettingsDeclaration>> = {
  keeper: keeperSettings,
  generator: generatorSettings,
  processor: processorSettings,
  loader: loaderSettings,
};

const MS_PER_SECOND = 1_000;
const MS_PER_DAY = 86_400_000;
/** Kafka's first start, with its image, its certificates and its users, takes less. */
const KAFKA_WAIT_MS = 420_000;
/** Google's health probes ask there; the machine alone knows the address. */
const STATUS_PORT = "8080";

/** What each program must be given besides what it can't do without: the stack decides, not the program's default. */
function expectedSettings(
  environment: Environment,
): Readonly<Record<LoggingProgram, Readonly<Record<string, string>>>> {
  const common = { [DEPLOYMENT_VARIABLE]: deploymentOf(environment), STATUS_PORT };
  const secrets = `projects/${environment.project}/secrets/${nameOf(environment, "kafka-")}`;
  const kafka = (client: string) => ({
    KAFKA_BROKERS: kafkaBrokerOf(environment),
    KAFKA_CREDENTIALS: `${secrets}${client}`,
    KAFKA_WAIT_MAX_MS: String(KAFKA_WAIT_MS),
  });
  const lake = `gs://${bucketNameOf(environment, "lake")}`;
  return {
    generator: {
      ...common,
      ...kafka("generator"),
      GENERATOR_EVENTS_PER_SECOND_MAX: String(environment.generator.eventsPerSecondMax),
      // A lost Kafka must not end a run: the next would begin from the beginning.
      GENERATOR_DELIVERY_TIMEOUT_MS: String(MS_PER_DAY),
      // Six weeks, or what the processor takes, with a day of room.
      GENERATOR_START_DAYS_AGO: String(Math.max(1, Math.min(42, environment.eventAgeMaxDays - 2))),
    },
    processor: {
      ...common,
      ...kafka("processor"),
      LAKE_URL: lake,
      PROCESSOR_CUT_INTERVAL_MS: String(environment.commitIntervalSeconds * MS_PER_SECOND),
      PROCESSOR_EVENT_AGE_MAX_MS: String(environment.eventAgeMaxDays * MS_PER_DAY),
    },
    loader: {
      ...common,
      LAKE_URL: lake,
      WAREHOUSE_URL: `bigquery://${environment.project}/${datasetPrefixOf(environment)}`,
      LOADER_STAGING_EXPIRY_DAYS: String(environment.stagingRetentionDays),
    },
    keeper: {
      ...common,
      KEEPER_BROKER: `127.0.0.1:${KAFKA_ADMIN_PORT}`,
      KEEPER_FOLDER: "/mnt/disks/kafka/keeper",
      KEEPER_HOSTS: `${kafkaBrokerOf(environment).split(":")[0]},${environment.kafkaAddress}`,
      KEEPER_SECRETS: secrets,
      KEEPER_TLS_FOLDER: "/mnt/disks/kafka/tls",
    },
  };
}

function templateOf(platform: SynthesizedPlatform, program: string): SynthesizedResource | undefined {
  return platform
    .ofType("google_compute_instance_template")
    .find(({ attributes }) => block(attributes.metadata)?.[METADATA.program] === program);
}

function settingsOf(template: SynthesizedResource | undefined): Readonly<Record<string, string>> {
  return parseEnvironmentBlock(String(block(template?.attributes.metadata)?.[METADATA.environment] ?? ""));
}

/** What the template of a program gives it for one setting. */
export function settingOf(platform: SynthesizedPlatform, program: LoggingProgram, name: string): string | undefined {
  return settingsOf(templateOf(platform, program))[name];
}

function judge(
  platform: SynthesizedPlatform,
  problems: (program: LoggingProgram, settings: Readonly<Record<string, string>>) => [given: string, allowed: string][],
): Finding[] {
  return LOGGING_PROGRAMS.flatMap((program) => {
    const template = templateOf(platform, program);
    if (template === undefined) return [missing("the platform", `a template of ${program}`, "one with its settings")];
    return problems(program, settingsOf(template)).map(([given, allowed]) => findingAt(template, given, allowed));
  });
}

/** The address that a name leads to inside the network. */
function addressOf(platform: SynthesizedPlatform, host: string): string | undefined {
  const record = platform.ofType("google_dns_record_set").find(({ attributes }) => attributes.name === `${host}.`);
  return texts(record?.attributes.rrdatas)[0];
}

export const SETTINGS: readonly Rule[] = [
  {
    name: "Every program accepts the settings that its machines get",
    why: "A program that refuses a setting ends at once, on every machine, in every boot.",
    check: (platform) =>
      judge(platform, (program, settings) => {
        const declaration = DECLARATIONS[program];
        const unknown = Object.keys(settings).filter((name) => !(name in declaration) && name !== DEPLOYMENT_VARIABLE);
        return [
          ...unknown.map((name): [string, string] => [name, `one of ${Object.keys(declaration).join(", ")}`]),
          ...parseSettings(declaration, settings).problems.map((problem): [string, string] => [
            problem,
            "what the program's settings.ts declares",
          ]),
        ];
      }),
  },
  {
    name: "Every program gets exactly the values that the environment's record says, in the program's own units",
    why: "Days where milliseconds are meant turn every event into a dead letter.",
    check: (platform, environment) =>
      judge(platform, (program, settings) => {
        const expected = expectedSettings(environment)[program];
        return [...new Set([...Object.keys(settings), ...Object.keys(expected)])]
          .filter((name) => settings[name] !== expected[name])
          .map((name): [string, string] => [
            `${name}=${settings[name] ?? "nothing"}`,
            `${name}=${expected[name] ?? "nothing (its default)"}`,
          ]);
      }),
  },
  {
    name: "Kafka's name leads to Kafka's address, and its port is the one that the firewall opens",
    why: "Programs would wait for a broker that is somewhere else.",
    check: (platform, environment) => {
      const [host = "", port = ""] = (settingOf(platform, "processor", "KAFKA_BROKERS") ?? "").split(":");
      const address = addressOf(platform, host);
      const addresses = platform.ofType("google_compute_address").map(({ attributes }) => attributes.address);
      const opened = platform
        .ofType("google_compute_firewall")
        .filter(({ attributes }) => texts(attributes.destination_ranges).join() === `${environment.kafkaAddress}/32`)
        .flatMap(({ attributes }) => texts(block(attributes.allow)?.ports));
      return [
        ...(address === environment.kafkaAddress && addresses.includes(address)
          ? []
          : [{ ...missing("kafka", `the address of ${host}`, environment.kafkaAddress), given: String(address) }]),
        ...(opened.length > 0 && opened.every((one) => one === port)
          ? []
          : [{ ...missing("kafka", "the opened port", port), given: opened.join(", ") || "none" }]),
      ];
    },
  },
  {
    name: "The settings name the lake's bucket and the warehouse's datasets as they are declared",
    why: "A program would ask for a store that doesn't exist.",
    check: (platform, environment) => {
      const buckets = platform.ofType("google_storage_bucket").map(({ attributes }) => `gs://${attributes.name}`);
      const datasets = platform.ofType("google_bigquery_dataset").map(({ attributes }) => attributes.dataset_id);
      const prefix = settingOf(platform, "loader", "WAREHOUSE_URL")?.split("/").at(-1);
      return judge(platform, (_, settings) => {
        const lake = settings.LAKE_URL;
        return lake === undefined || buckets.includes(lake) ? [] : [[lake, `one of ${buckets.join(", ")}`]];
      }).concat(
        ["staging", "marts", "control"]
          .filter(
            (schema) =>
              `${prefix}_${schema}` !== datasetOf(environment, schema) || !datasets.includes(`${prefix}_${schema}`),
          )
          .map((schema) => missing("warehouse", `the dataset ${prefix}_${schema}`, datasetOf(environment, schema))),
      );
    },
  },
];
