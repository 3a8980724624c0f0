import type { Mutant } from "./mutant";

const TEMPLATE = "google_compute_instance_template";
const GROUP = "google_compute_instance_group_manager";
const MACHINE = "google_compute_per_instance_config";
const CHECK = "google_compute_health_check";
const USER_DATA = "metadata.user-data";
const TOLD = "Every machine is told at its boot what to run";
const ON_DISK = "Kafka keeps its log and its certificates on its data disk, and says its own name";
const ENCRYPTED = "Kafka speaks to nobody in plain text, and lets in nobody whom it does not know";
const STATUS = "A program answers probes at its machine's own address, and opens that one port";
const STOPS = "A program stops within the time that a preempted machine has";
const GATED = "A new machine of a program counts once /healthz has answered, and one that never does fails the deploy";
const PATIENT = "Probes ask /healthz at the programs' own port, and are patient with a program that starts again";
const ENDED = "A generator that has ended is begun again by a deploy alone; every other program is repaired";

/** Mistakes in what machines do at their boot, and in when they count as good. */
export const BOOT_AND_READINESS_MUTANTS: readonly Mutant[] = [
  {
    title: "a machine that is not told what to run",
    breaks: [TOLD],
    seed: (draft) => draft.set(TEMPLATE, "loader/template", USER_DATA, undefined),
  },
  {
    title: "a Kafka without its keeper",
    breaks: [TOLD],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "kafka/template",
        USER_DATA,
        "rhythmic-kafka.service rhythmic-keeper.service",
        "rhythmic-kafka.service",
      ),
  },
  {
    title: "a Kafka that looks for its disk under another name",
    breaks: [ON_DISK],
    seed: (draft) => draft.set(MACHINE, "kafka/machine", "preserved_state.disk.device_name", "data"),
  },
  {
    title: "a Kafka that starts without its certificates",
    breaks: [ON_DISK],
    seed: (draft) => draft.replace(TEMPLATE, "kafka/template", USER_DATA, "keeper.cjs --prepare", "keeper.cjs --help"),
  },
  {
    title: "a Kafka that says another machine's name",
    breaks: [ON_DISK],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "kafka/template",
        USER_DATA,
        "advertised.listeners=CLIENTS://kafka.rhythmic-prod",
        "advertised.listeners=CLIENTS://kafka.rhythmic-dev",
      ),
  },
  {
    title: "a listener that speaks plain text",
    breaks: [ENCRYPTED],
    seed: (draft) =>
      draft.replace(TEMPLATE, "kafka/template", USER_DATA, "CLIENTS:SASL_SSL,", "CLIENTS:SASL_PLAINTEXT,"),
  },
  {
    title: "a plain listener beside the others",
    breaks: [ENCRYPTED],
    seed: (draft) =>
      draft.replace(TEMPLATE, "kafka/template", USER_DATA, "CONTROLLER:SSL\n", "CONTROLLER:SSL,OLD:PLAINTEXT\n"),
  },
  {
    title: "an administration that asks for no certificate",
    breaks: [ENCRYPTED],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "kafka/template",
        USER_DATA,
        "listener.name.admin.ssl.client.auth=required",
        "listener.name.admin.ssl.client.auth=none",
      ),
  },
  {
    title: "an administration that the network reaches",
    breaks: [ENCRYPTED],
    seed: (draft) =>
      draft.replace(TEMPLATE, "kafka/template", USER_DATA, ",ADMIN://127.0.0.1:9094,", ",ADMIN://0.0.0.0:9094,"),
  },
  {
    title: "topics that are open to whom no permission names",
    breaks: [ENCRYPTED],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "kafka/template",
        USER_DATA,
        "allow.everyone.if.no.acl.found=false",
        "allow.everyone.if.no.acl.found=true",
      ),
  },
  {
    title: "a program that answers probes at every address",
    breaks: [STATUS],
    seed: (draft) =>
      draft.replace(TEMPLATE, "processor/template", USER_DATA, "STATUS_ADDRESS=%s", "STATUS_ADDRESS=0.0.0.0"),
  },
  {
    title: "a program whose settings say an address, which every machine would take",
    breaks: ["Every program gets exactly the values that the environment's record says, in the program's own units"],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "processor/template",
        "metadata.rhythmic-environment",
        "STATUS_PORT=8080\n",
        "STATUS_PORT=8080\nSTATUS_ADDRESS=0.0.0.0\n",
      ),
  },
  {
    title: "a machine whose port for probes stays closed",
    breaks: [STATUS],
    seed: (draft) => draft.replace(TEMPLATE, "loader/template", USER_DATA, "open-port.sh 8080", "open-port.sh 22"),
  },
  {
    title: "a program that takes a minute to stop, on a machine that has half of one",
    breaks: [STOPS],
    seed: (draft) => draft.replace(TEMPLATE, "processor/template", USER_DATA, "stop --time=25", "stop --time=60"),
  },
  {
    title: "a unit that waits for longer than its machine lives",
    breaks: [STOPS],
    seed: (draft) => draft.replace(TEMPLATE, "loader/template", USER_DATA, "TimeoutStopSec=30", "TimeoutStopSec=90"),
  },
  {
    title: "a roll that asks nobody whether the new code works",
    breaks: [GATED],
    seed: (draft) => draft.set(GROUP, "processor/group", "auto_healing_policies", undefined),
  },
  {
    title: "a processor that is judged by the loader's probe",
    breaks: [GATED],
    seed: (draft) => {
      const other = draft.one(GROUP, "loader/group").auto_healing_policies;
      draft.set(GROUP, "processor/group", "auto_healing_policies", other);
    },
  },
  {
    title: "a machine that is made anew before it could be ready",
    breaks: [GATED],
    seed: (draft) => draft.set(GROUP, "loader/group", "auto_healing_policies.initial_delay_sec", 30),
  },
  {
    title: "a deploy that waits for hours for a program that is never ready",
    breaks: [GATED],
    seed: (draft) => draft.set(GROUP, "processor/group", "timeouts.update", "240m"),
  },
  {
    title: "a probe that asks whether a program does its work, so that a lost Kafka replaces every machine",
    breaks: [PATIENT],
    seed: (draft) => draft.set(CHECK, "processor/health", "http_health_check.request_path", "/readyz"),
  },
  {
    title: "a probe at a port that nobody answers",
    breaks: [PATIENT],
    seed: (draft) => draft.set(CHECK, "generator/health", "http_health_check.port", 80),
  },
  {
    title: "a probe that gives up after a few seconds",
    breaks: [PATIENT],
    seed: (draft) => draft.set(CHECK, "loader/health", "unhealthy_threshold", 2),
  },
  {
    title: "a probe that makes Kafka's machine anew",
    breaks: ["No group repairs Kafka's machine because of a probe"],
    seed: (draft) => {
      const policy = draft.one(GROUP, "loader/group").auto_healing_policies;
      draft.set(GROUP, "kafka/group", "auto_healing_policies", policy);
    },
  },
  {
    title: "a generator that is begun again when it has ended",
    breaks: [ENDED],
    seed: (draft) => draft.set(GROUP, "generator/group", "instance_lifecycle_policy", undefined),
  },
  {
    title: "processors that nobody repairs",
    breaks: [ENDED],
    seed: (draft) =>
      draft.set(GROUP, "processor/group", "instance_lifecycle_policy", { default_action_on_failure: "DO_NOTHING" }),
  },
  {
    title: "a generator that doesn't wait for Kafka's machine",
    breaks: ["The generator's machines come after Kafka's"],
    seed: (draft) => draft.set(GROUP, "generator/group", "depends_on", []),
  },
];
