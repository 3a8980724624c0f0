import { kafkaBrokerOf, STATUS_PORT } from "../../../stacks/names";
import {
  DEPLOYED_PROGRAMS,
  type SynthesizedPlatform,
  type SynthesizedResource,
} from "../../../stacks/synthesis/synthesized";
import { block, type Finding, findingAt, forEach, missing, mustHold, type Rule, valueAt } from "../rule";

/** What machines are told at their boot, in cloud-config: units, scripts, Kafka's configuration. */

const TEMPLATE = "google_compute_instance_template";
/** cloud.google.com/compute/docs/instances/preemptible#preemption-process */
const PREEMPTED_SECONDS = 30;
/** What is left of it goes to Docker and to systemd. */
const DRAIN_SECONDS_MAX = 25;

function bootOf({ attributes }: SynthesizedResource): string {
  return String(block(attributes.metadata)?.["user-data"]);
}

/** Every text must stand in what the machine is told, and nothing that a pattern finds. */
function mustTell(
  template: SynthesizedResource,
  wanted: readonly string[],
  refused: Readonly<Record<string, RegExp>> = {},
): Finding[] {
  const boot = bootOf(template);
  return [
    ...wanted
      .filter((text) => !boot.includes(text))
      .map((text) => findingAt(template, "user-data without it", text.trim())),
    ...Object.entries(refused).flatMap(([allowed, pattern]) => {
      const found = pattern.exec(boot)?.[0];
      return found === undefined ? [] : [findingAt(template, `user-data with ${found}`, allowed)];
    }),
  ];
}

function kafkaFindings(platform: SynthesizedPlatform, check: (template: SynthesizedResource) => Finding[]): Finding[] {
  const template = platform.ofType(TEMPLATE).find(({ path }) => path === "kafka/template");
  return template === undefined ? [missing("kafka", "kafka/template", "one")] : check(template);
}

function programFindings(
  platform: SynthesizedPlatform,
  check: (template: SynthesizedResource, program: string) => Finding[],
): Finding[] {
  return DEPLOYED_PROGRAMS.flatMap((program) => {
    const template = platform.ofType(TEMPLATE).find(({ path }) => path === `${program}/template`);
    return template === undefined ? [missing("the platform", `${program}/template`, "one")] : check(template, program);
  });
}

/** The seconds of every occurrence of a pattern's group. */
function secondsIn(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map(([, seconds]) => Number(seconds));
}

export const BOOT: readonly Rule[] = [
  {
    name: "Every machine is told at its boot what to run",
    why: "A machine without its instructions starts, answers nothing, and is billed.",
    check: (platform) =>
      forEach(platform, TEMPLATE, (template) => {
        const what = template.path.split("/")[0];
        const units = what === "kafka" ? "rhythmic-kafka.service rhythmic-keeper.service" : `rhythmic-${what}.service`;
        return [
          mustHold(
            template,
            "metadata.user-data",
            (text) =>
              String(text).startsWith("#cloud-config\n") &&
              String(text).includes(`systemctl start --no-block ${units}\n`),
            `a cloud-config that starts ${units}`,
          ),
        ];
      }),
  },
  {
    name: "Kafka keeps its log and its certificates on its data disk, and says its own name",
    why: "A log on the boot disk is gone with the machine, and so is an authority that programs trust.",
    check: (platform, environment) => {
      const device = platform
        .ofType("google_compute_per_instance_config")
        .map(({ attributes }) => String(valueAt(attributes, "preserved_state.disk.device_name")))
        .join();
      return kafkaFindings(platform, (template) =>
        mustTell(template, [
          `mount-data-disk.sh /dev/disk/by-id/google-${device} /mnt/disks/kafka\n`,
          "--volume=/mnt/disks/kafka/data:/var/lib/kafka ",
          "log.dirs=/var/lib/kafka/log\n",
          "node /app/keeper.cjs --prepare\n",
          `advertised.listeners=CLIENTS://${kafkaBrokerOf(environment)},`,
        ]),
      );
    },
  },
  {
    name: "Kafka speaks to nobody in plain text, and lets in nobody whom it does not know",
    why: "Who listens in the network would read what listeners did, and whoever reaches the port would write it.",
    source: "https://kafka.apache.org/documentation/#security",
    check: (platform) =>
      kafkaFindings(platform, (template) =>
        mustTell(
          template,
          [
            "listener.security.protocol.map=CLIENTS:SASL_SSL,ADMIN:SSL,CONTROLLER:SSL\n",
            "inter.broker.listener.name=ADMIN\n",
            "listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512\n",
            "listener.name.admin.ssl.client.auth=required\n",
            "listener.name.controller.ssl.client.auth=required\n",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n",
            "allow.everyone.if.no.acl.found=false\n",
            ",ADMIN://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093\n",
          ],
          {
            "listeners with TLS alone": /\S*PLAINTEXT\S*/,
            "administration and controller on the machine itself": /(ADMIN|CONTROLLER):\/\/(?!127\.0\.0\.1)\S*/,
          },
        ),
      ),
  },
  {
    name: "A program answers probes at its machine's own address, and opens that one port",
    why: "A program that answers at every address answers at one that nobody has thought of.",
    check: (platform) =>
      programFindings(platform, (template) =>
        mustTell(
          template,
          [
            "ask network-interfaces/0/ip\n",
            "STATUS_ADDRESS=%s",
            `ExecStartPre=/bin/sh /etc/rhythmic/open-port.sh ${STATUS_PORT}\n`,
          ],
          {
            "an address that the machine is asked for": /STATUS_ADDRESS=[^%\s]\S*/,
            [`port ${STATUS_PORT} alone`]: new RegExp(`open-port\\.sh (?!${STATUS_PORT}\\n)\\d+`),
          },
        ),
      ),
  },
  {
    name: "A program stops within the time that a preempted machine has",
    why: "What is cut off in the middle of a commit is done again, and nobody sees a reason in the log.",
    source: "https://docs.cloud.google.com/compute/docs/instances/preemptible",
    check: (platform) =>
      programFindings(platform, (template) => {
        const boot = bootOf(template);
        const drains = secondsIn(boot, /docker stop --time=(\d+) /g);
        const limits = secondsIn(boot, /^ *TimeoutStopSec=(\d+)$/gm);
        const fits =
          drains.length === 1 &&
          limits.length === 1 &&
          drains.every((seconds) => seconds <= DRAIN_SECONDS_MAX) &&
          limits.every((seconds) => seconds <= PREEMPTED_SECONDS);
        return fits
          ? []
          : [
              findingAt(
                template,
                `${drains.join()} s to stop, ${limits.join()} s in all`,
                `${DRAIN_SECONDS_MAX} s to stop, ${PREEMPTED_SECONDS} s in all`,
              ),
            ];
      }),
  },
];
