import type { Mutant } from "./mutant";

const TEMPLATE = "google_compute_instance_template";
const GROUP = "google_compute_instance_group_manager";
const MACHINE = "google_compute_per_instance_config";
const VERIFIED = "Every machine boots verified code";
const OWN_IDENTITY = "People log in to machines by their own identity alone";
const ROLL = "A program's machines roll one by one, a new one before an old one goes";
const IN_PLACE = "Kafka's machine is made anew in place, never beside the old one";
const WAITS = "A deploy ends when the new code runs";
const OUTLIVES = "Kafka's disk and address outlive its machine";
const COUNTS = "Every program has its machines, as many as the environment says, in its zone";
const BUNDLE = "A machine runs exactly the bundle whose sha256 its template names";

/** Mistakes on the machines. */
export const MACHINE_MUTANTS: readonly Mutant[] = [
  {
    title: "a machine without secure boot",
    breaks: [VERIFIED],
    seed: (draft) => draft.set(TEMPLATE, "kafka/template", "shielded_instance_config.enable_secure_boot", false),
  },
  {
    title: "a machine of an image that changes under its own hands",
    breaks: [VERIFIED],
    seed: (draft) => draft.set(TEMPLATE, "loader/template", "disk.source_image", "debian-cloud/debian-12"),
  },
  {
    title: "OS Login switched off",
    breaks: [OWN_IDENTITY],
    seed: (draft) => draft.set(TEMPLATE, "processor/template", "metadata.enable-oslogin", "FALSE"),
  },
  {
    title: "the project's SSH keys on a machine",
    breaks: [OWN_IDENTITY],
    seed: (draft) => draft.set(TEMPLATE, "processor/template", "metadata.block-project-ssh-keys", undefined),
  },
  {
    title: "a serial port to log in by",
    breaks: [OWN_IDENTITY],
    seed: (draft) => draft.set(TEMPLATE, "kafka/template", "metadata.serial-port-enable", "TRUE"),
  },
  {
    title: "OS Login for the platform's machines only",
    breaks: [OWN_IDENTITY],
    seed: (draft) => draft.remove("google_compute_project_metadata_item"),
  },
  {
    title: "a machine that keeps its log to itself",
    breaks: ["Machines send their logs to Cloud Logging"],
    seed: (draft) => draft.set(TEMPLATE, "generator/template", "metadata.google-logging-enabled", "false"),
  },
  {
    title: "a template that is destroyed while its group names it",
    breaks: ["A new template is there before the old one goes"],
    seed: (draft) => draft.set(TEMPLATE, "processor/template", "lifecycle", undefined),
  },
  {
    title: "a template with a fixed name, of which there can't be two",
    breaks: ["A new template is there before the old one goes"],
    seed: (draft) => {
      draft.set(TEMPLATE, "processor/template", "name_prefix", undefined);
      draft.set(TEMPLATE, "processor/template", "name", "rhythmic-prod-processor");
    },
  },
  {
    title: "an update that takes an old machine away first",
    breaks: [ROLL],
    seed: (draft) => {
      draft.set(GROUP, "processor/group", "update_policy.max_surge_fixed", 0);
      draft.set(GROUP, "processor/group", "update_policy.max_unavailable_fixed", 1);
    },
  },
  {
    title: "an update that waits until somebody asks for it",
    breaks: [ROLL],
    seed: (draft) => draft.set(GROUP, "loader/group", "update_policy.type", "OPPORTUNISTIC"),
  },
  {
    title: "a second Kafka beside the first while it is updated",
    breaks: [IN_PLACE],
    seed: (draft) => {
      draft.set(GROUP, "kafka/group", "update_policy.replacement_method", "SUBSTITUTE");
      draft.set(GROUP, "kafka/group", "update_policy.max_surge_fixed", 1);
    },
  },
  {
    title: "a deploy that doesn't wait for the machines",
    breaks: [WAITS],
    seed: (draft) => draft.set(GROUP, "processor/group", "wait_for_instances", false),
  },
  {
    title: "a deploy that is content with machines of the old code",
    breaks: [WAITS],
    seed: (draft) => draft.set(GROUP, "processor/group", "wait_for_instances_status", "STABLE"),
  },
  {
    title: "Kafka's disk deleted with its machine",
    breaks: [OUTLIVES],
    seed: (draft) =>
      draft.set(MACHINE, "kafka/machine", "preserved_state.disk.delete_rule", "ON_PERMANENT_INSTANCE_DELETION"),
  },
  {
    title: "Kafka's address given back with its machine",
    breaks: [OUTLIVES],
    seed: (draft) =>
      draft.set(MACHINE, "kafka/machine", "preserved_state.internal_ip.auto_delete", "ON_PERMANENT_INSTANCE_DELETION"),
  },
  {
    title: "one processor where the environment has three",
    breaks: [COUNTS],
    seed: (draft) => draft.set(GROUP, "processor/group", "target_size", 1),
  },
  {
    title: "a program without its machines",
    breaks: [COUNTS],
    seed: (draft) => draft.remove(GROUP, "loader/group"),
  },
  {
    title: "a group with another program's template",
    breaks: ["A group runs the template that stands beside it"],
    seed: (draft) => {
      const kafka = draft.one(GROUP, "kafka/group").version;
      draft.set(GROUP, "generator/group", "version", kafka);
    },
  },
  {
    title: "a bundle that no metadata names, so that nothing rolls",
    breaks: [BUNDLE],
    seed: (draft) => draft.set(TEMPLATE, "processor/template", "metadata.rhythmic-bundle-sha256", undefined),
  },
  {
    title: "a machine that fetches its bundle from somewhere else",
    breaks: [BUNDLE],
    seed: (draft) =>
      draft.set(TEMPLATE, "loader/template", "metadata.rhythmic-bundle", "https://example.com/loader.cjs"),
  },
  {
    title: "a machine of another size than the record's",
    breaks: ["Machines and disks are as large as the environment's record says"],
    seed: (draft) => draft.set(TEMPLATE, "processor/template", "machine_type", "c3-standard-88"),
  },
  {
    title: "a data disk of dev's size",
    breaks: ["Machines and disks are as large as the environment's record says"],
    seed: (draft) => draft.set("google_compute_disk", "kafka/data", "size", 50),
  },
  {
    title: "a Kafka that keeps another address than the declared one",
    breaks: [OUTLIVES],
    seed: (draft) =>
      draft.set(MACHINE, "kafka/machine", "preserved_state.internal_ip.ip_address.address", "10.30.0.99"),
  },
  {
    title: "machines under a name that no alert looks for",
    breaks: ["Stores, accounts and networks have exactly the names that the environment gives them"],
    seed: (draft) => draft.set(GROUP, "processor/group", "base_instance_name", "rhythmic-prod-stream"),
  },
  {
    title: "a container that runs as root",
    environment: "dev",
    breaks: ["Containers have no more rights than the programs have on their machines"],
    seed: (draft) => draft.set("docker_container", "processor", "user", undefined),
  },
  {
    title: "a container that runs another bundle than it says",
    environment: "dev",
    breaks: ["A container runs exactly the bundle whose sha256 it names"],
    seed: (draft) =>
      draft.set("docker_container", "generator", "labels", [{ label: "rhythmic.program", value: "generator" }]),
  },
];
