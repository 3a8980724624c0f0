import { METADATA } from "../../../stacks/constructs/machine-metadata";
import type { Environment, MachineSize } from "../../../stacks/environment-record";
import { bucketNameOf } from "../../../stacks/names";
import {
  DEPLOYED_PROGRAMS,
  LOGGING_PROGRAMS,
  type SynthesizedPlatform,
  type SynthesizedResource,
} from "../../../stacks/synthesis/synthesized";
import { block, type Finding, findingAt, forEach, missing, mustBe, mustHold, type Rule, valueAt } from "../rule";

/** Machines boot verified code, let in people by their identity alone, and roll as they should. */

const TEMPLATE = "google_compute_instance_template";
const GROUP = "google_compute_instance_group_manager";

/** How many machines run a program, by its name. */
function sizesOf(environment: Environment): Readonly<Record<string, number>> {
  return { generator: 1, processor: environment.processor.count, loader: 1 };
}

/** What the environment says about the machine of a template. */
function machineSizeOf({ path }: SynthesizedResource, environment: Environment): MachineSize | undefined {
  const { kafka, generator, processor, loader } = environment;
  const sizes: Readonly<Record<string, MachineSize>> = { kafka, generator, processor, loader };
  return sizes[path.split("/")[0] ?? ""];
}

/** Everything that runs from a bundle: the programs on machines of their own, and the keeper on Kafka's. */
function programTemplates(platform: SynthesizedPlatform): readonly SynthesizedResource[] {
  return platform.ofType(TEMPLATE).filter(({ attributes }) => block(attributes.metadata)?.[METADATA.program]);
}

/** The groups of the programs, or of everything else. */
function groupsOf(platform: SynthesizedPlatform, ofPrograms: boolean): readonly SynthesizedResource[] {
  return platform
    .ofType(GROUP)
    .filter(({ path }) => DEPLOYED_PROGRAMS.some((program) => path === `${program}/group`) === ofPrograms);
}

function bundleFindings(
  template: SynthesizedResource,
  platform: SynthesizedPlatform,
  environment: Environment,
): (Finding | undefined)[] {
  const metadata = block(template.attributes.metadata) ?? {};
  const program = String(metadata[METADATA.program]);
  const sha256 = String(metadata[METADATA.bundleSha256]);
  const bucket = bucketNameOf(environment, "artifacts");
  const name = `bundles/${program}/${sha256}.cjs`;
  const object = platform.resources.find(
    ({ type, stack, attributes }) =>
      type === "google_storage_bucket_object" && stack === template.stack && attributes.name === name,
  );
  return [
    mustHold(
      template,
      `metadata.${METADATA.bundleSha256}`,
      (value) => /^[0-9a-f]{64}$/.test(String(value)),
      "a sha256",
    ),
    mustBe(template, `metadata.${METADATA.bundle}`, `https://storage.googleapis.com/${bucket}/${name}`),
    object === undefined || object.attributes.bucket !== bucket
      ? findingAt(template, "no such object", `an object ${name} in ${bucket}, declared in the same stack`)
      : undefined,
    object !== undefined && !String(object.attributes.source).endsWith(`/${sha256}/${program}.cjs`)
      ? findingAt(object, object.attributes.source, `the file of ${program} with the sha256 ${sha256}`)
      : undefined,
  ];
}

export const MACHINES: readonly Rule[] = [
  {
    name: "Every machine boots verified code",
    why: "A changed boot loader or kernel would survive every reinstallation of the programs.",
    source: "https://docs.cloud.google.com/compute/shielded-vm/docs/shielded-vm",
    check: (platform) =>
      forEach(platform, TEMPLATE, (template) => [
        mustBe(template, "shielded_instance_config.enable_secure_boot", true),
        mustBe(template, "shielded_instance_config.enable_vtpm", true),
        mustBe(template, "shielded_instance_config.enable_integrity_monitoring", true),
        mustHold(
          template,
          "disk.source_image",
          (image) => String(image).startsWith("projects/cos-cloud/global/images/"),
          "Container-Optimized OS",
        ),
      ]),
  },
  {
    name: "People log in to machines by their own identity alone",
    why: "A key in the project's metadata opens every machine, and nobody sees who used it.",
    source: "https://docs.cloud.google.com/compute/docs/oslogin",
    check: (platform) => [
      ...forEach(platform, TEMPLATE, (template) => [
        mustBe(template, "metadata.enable-oslogin", "TRUE"),
        mustBe(template, "metadata.block-project-ssh-keys", "TRUE"),
        mustBe(template, "metadata.serial-port-enable", "FALSE"),
        mustBe(template, "metadata.ssh-keys", undefined),
      ]),
      // What the whole project says: machines that somebody else makes in it, too.
      ...(platform
        .ofType("google_compute_project_metadata_item")
        .some(({ attributes: { key, value } }) => key === "enable-oslogin" && value === "TRUE")
        ? []
        : [missing("foundation", "enable-oslogin of the project", "TRUE")]),
    ],
  },
  {
    name: "Machines send their logs to Cloud Logging",
    why: "A machine that is gone takes its journal with it.",
    check: (platform) =>
      forEach(platform, TEMPLATE, (template) => [mustBe(template, "metadata.google-logging-enabled", "true")]),
  },
  {
    name: "A new template is there before the old one goes",
    why: "Templates can't be changed, and a group would name one that is gone.",
    check: (platform) =>
      forEach(platform, TEMPLATE, (template) => [
        mustBe(template, "lifecycle.create_before_destroy", true),
        mustHold(template, "name_prefix", (prefix) => typeof prefix === "string", "a prefix"),
        mustHold(template, "name", (name) => name === undefined, "none, so that two templates can stand side by side"),
      ]),
  },
  {
    name: "A program's machines roll one by one, a new one before an old one goes",
    why: "An update that takes machines away first stops the program.",
    source: "https://docs.cloud.google.com/compute/docs/instance-groups/rolling-out-updates-to-managed-instance-groups",
    check: (platform) =>
      groupsOf(platform, true).flatMap((group) =>
        [
          mustBe(group, "update_policy.type", "PROACTIVE"),
          mustBe(group, "update_policy.minimal_action", "REPLACE"),
          mustBe(group, "update_policy.replacement_method", "SUBSTITUTE"),
          mustBe(group, "update_policy.max_surge_fixed", 1),
          mustBe(group, "update_policy.max_unavailable_fixed", 0),
        ].filter((finding) => finding !== undefined),
      ),
  },
  {
    name: "Kafka's machine is made anew in place, never beside the old one",
    why: "A disk can be written by one machine at a time, so that a second machine would wait forever.",
    source: "https://docs.cloud.google.com/compute/docs/instance-groups/configuring-stateful-migs",
    check: (platform) => {
      const groups = groupsOf(platform, false);
      if (groups.length !== 1) return [missing("kafka", "a stateful group", "exactly one")];
      return groups
        .flatMap((group) => [
          mustBe(group, "update_policy.type", "PROACTIVE"),
          mustBe(group, "update_policy.minimal_action", "REPLACE"),
          mustBe(group, "update_policy.replacement_method", "RECREATE"),
          mustBe(group, "update_policy.max_surge_fixed", 0),
          mustBe(group, "update_policy.max_unavailable_fixed", 1),
        ])
        .filter((finding) => finding !== undefined);
    },
  },
  {
    name: "A deploy ends when the new code runs",
    why: "Otherwise a deploy of a program that can't start would count as done.",
    check: (platform) =>
      forEach(platform, GROUP, (group) => [
        mustBe(group, "wait_for_instances", true),
        mustBe(group, "wait_for_instances_status", "UPDATED"),
      ]),
  },
  {
    name: "Kafka's disk and address outlive its machine",
    why: "The disk holds the events, and the programs know the address.",
    source: "https://docs.cloud.google.com/compute/docs/instance-groups/configuring-stateful-disks-in-migs",
    check: (platform) =>
      forEach(platform, "google_compute_per_instance_config", (machine) => [
        mustBe(machine, "preserved_state.disk.delete_rule", "NEVER"),
        mustHold(
          machine,
          "preserved_state.disk.source",
          (source) => platform.ofType("google_compute_disk").some(({ id }) => String(source).includes(`.${id}.`)),
          "the declared data disk",
        ),
        mustBe(machine, "preserved_state.internal_ip.auto_delete", "NEVER"),
        mustHold(
          machine,
          "preserved_state.internal_ip.ip_address.address",
          (address) => platform.ofType("google_compute_address").some(({ id }) => String(address).includes(`.${id}.`)),
          "the declared address",
        ),
      ]),
  },
  {
    name: "Every program has its machines, as many as the environment says, in its zone",
    why: "A program without a machine loses no data and does nothing, which nobody notices.",
    check: (platform, environment) => [
      ...Object.entries(sizesOf(environment)).flatMap(([program, count]) => {
        const group = platform.ofType(GROUP).find(({ path }) => path === `${program}/group`);
        if (group === undefined) return [missing("the platform", `a group of ${program}`, `${count} machines`)];
        return [mustBe(group, "target_size", count)].filter((finding) => finding !== undefined);
      }),
      ...forEach(platform, GROUP, (group) => [mustBe(group, "zone", environment.zone)]),
    ],
  },
  {
    name: "Machines and disks are as large as the environment's record says",
    why: "Sizes decide what a month costs and how much the pipeline carries.",
    check: (platform, environment) => [
      ...forEach(platform, TEMPLATE, (template) => {
        const size = machineSizeOf(template, environment);
        return [mustBe(template, "machine_type", size?.type), mustBe(template, "disk.disk_size_gb", size?.bootDiskGb)];
      }),
      ...forEach(platform, "google_compute_disk", (disk) => [mustBe(disk, "size", environment.kafka.dataDiskGb)]),
    ],
  },
  {
    name: "A group runs the template that stands beside it",
    why: "A group that names another template would not roll with its program.",
    check: (platform) =>
      forEach(platform, GROUP, (group) => {
        const version = String(valueAt(group.attributes, "version.instance_template"));
        const template = platform.ofType(TEMPLATE).find(({ id }) => version.includes(`.${id}.`));
        return [
          template?.path.split("/")[0] === group.path.split("/")[0]
            ? undefined
            : findingAt(group, version, `the template ${group.path.split("/")[0]}/template`),
        ];
      }),
  },
  {
    name: "A machine runs exactly the bundle whose sha256 its template names",
    why: "Only then does a changed program roll its machines, and an unchanged one nothing.",
    check: (platform, environment) => {
      const templates = programTemplates(platform);
      const programs = templates.map(({ attributes }) => block(attributes.metadata)?.[METADATA.program]);
      return [
        ...LOGGING_PROGRAMS.filter((program) => !programs.includes(program)).map((program) =>
          missing("the platform", `a template of ${program}`, "one"),
        ),
        ...templates
          .flatMap((template) => bundleFindings(template, platform, environment))
          .filter((finding) => finding !== undefined),
      ];
    },
  },
];
