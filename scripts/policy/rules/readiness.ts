import { STATUS_PORT } from "../../../stacks/names";
import {
  DEPLOYED_PROGRAMS,
  type SynthesizedPlatform,
  type SynthesizedResource,
} from "../../../stacks/synthesis/synthesized";
import { type Finding, findingAt, forEach, missing, mustBe, mustHold, type Rule, texts, valueAt } from "../rule";

/** What gates rolls and repairs: one probe a program, and none for Kafka. */

const GROUP = "google_compute_instance_group_manager";
const CHECK = "google_compute_health_check";
/** A machine boots and pulls its image; the provider's own limit is the upper one. */
const INITIAL_DELAY_SECONDS_MIN = 300;
/** A program that systemd starts once again has joined its group by then. */
const RED_SECONDS_MIN = 120;
const DEPLOY_MINUTES_MAX = 45;

function groupsOfPrograms(
  platform: SynthesizedPlatform,
  check: (group: SynthesizedResource, program: string) => readonly (Finding | undefined)[],
): Finding[] {
  return DEPLOYED_PROGRAMS.flatMap((program) => {
    const group = platform.ofType(GROUP).find(({ path }) => path === `${program}/group`);
    if (group === undefined) return [missing("the platform", `a group of ${program}`, "one")];
    return check(group, program).filter((finding) => finding !== undefined);
  });
}

export const READINESS: readonly Rule[] = [
  {
    name: "A new machine of a program counts once /healthz has answered, and one that never does fails the deploy",
    why: "Otherwise a program that can't work replaces the one that does.",
    source: "https://docs.cloud.google.com/compute/docs/instance-groups/autohealing-instances-in-migs",
    check: (platform) =>
      groupsOfPrograms(platform, (group, program) => {
        const named = String(valueAt(group.attributes, "auto_healing_policies.health_check"));
        const own = platform.ofType(CHECK).find(({ path }) => path === `${program}/health`);
        const delay = Number(valueAt(group.attributes, "auto_healing_policies.initial_delay_sec"));
        return [
          own !== undefined && named.includes(`.${own.id}.`)
            ? undefined
            : findingAt(group, named, `the health check ${program}/health`),
          mustHold(
            group,
            "auto_healing_policies.initial_delay_sec",
            (seconds) => Number(seconds) >= INITIAL_DELAY_SECONDS_MIN,
            `at least ${INITIAL_DELAY_SECONDS_MIN}`,
          ),
          ...["create", "update"].map((action) =>
            mustHold(
              group,
              `timeouts.${action}`,
              (limit) => {
                const minutes = Number(/^(\d+)m$/.exec(String(limit))?.[1]);
                return minutes * 60 > delay && minutes <= DEPLOY_MINUTES_MAX;
              },
              `minutes, beyond the initial delay of ${delay} s, at most ${DEPLOY_MINUTES_MAX}`,
            ),
          ),
        ];
      }),
  },
  {
    name: "Probes ask /healthz at the programs' own port, and are patient with a program that starts again",
    why: "A group that asks too soon, or for the wrong thing, makes good machines anew for ever.",
    check: (platform) =>
      forEach(platform, CHECK, (check) => {
        const { check_interval_sec: every, unhealthy_threshold: missed } = check.attributes;
        return [
          mustBe(check, "http_health_check.port", STATUS_PORT),
          mustBe(check, "http_health_check.request_path", "/healthz"),
          mustBe(check, "log_config.enable", true),
          Number(every) * Number(missed) >= RED_SECONDS_MIN
            ? undefined
            : findingAt(check, `${every} s, ${missed} times`, `at least ${RED_SECONDS_MIN} s in all`),
        ];
      }),
  },
  {
    name: "No group repairs Kafka's machine because of a probe",
    why: "Kafka's machine made anew is Kafka lost for minutes; a person looks first.",
    check: (platform) =>
      platform
        .ofType(GROUP)
        .filter(({ path }) => path === "kafka/group")
        .map((group) => mustBe(group, "auto_healing_policies", undefined))
        .filter((finding) => finding !== undefined),
  },
  {
    name: "A generator that has ended is begun again by a deploy alone; every other program is repaired",
    why: "Another machine of it would write the same events once more.",
    source: "https://docs.cloud.google.com/compute/docs/instance-groups/turn-off-vm-repairs-in-mig",
    check: (platform) =>
      groupsOfPrograms(platform, (group, program) => [
        mustBe(
          group,
          "instance_lifecycle_policy.default_action_on_failure",
          program === "generator" ? "DO_NOTHING" : undefined,
        ),
      ]),
  },
  {
    name: "The generator's machines come after Kafka's",
    why: "A first deploy would wait for a generator that waits for a Kafka that nobody has made.",
    check: (platform) => {
      const kafka = platform.ofType("google_compute_per_instance_config").map(({ type, id }) => `${type}.${id}`);
      return groupsOfPrograms(platform, (group, program) => [
        program !== "generator" || kafka.every((machine) => texts(group.attributes.depends_on).includes(machine))
          ? undefined
          : findingAt(group, group.attributes.depends_on, kafka.join()),
      ]);
    },
  },
];
