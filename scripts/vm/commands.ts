import { LOG_FIELDS } from "../../runtime/support/metrics";
import type { Environment } from "../../stacks/environment-record";
import { nameOf } from "../../stacks/names";
import type { Group } from "./machines";

/**
 * Every command of gcloud that `npm run vm` runs, as its arguments. Pure, so that a test can hand each to the real
 * gcloud (__tests__/scripts/vm/gcloud.long.test.ts).
 */
export type Arguments = readonly string[];

/** A word as a shell takes it for what it is. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command as it can be copied into a shell: one line. */
export function lineOf(command: Arguments): string {
  return ["gcloud", ...command].map(quote).join(" ");
}

/** How long a group may take until nothing of it changes any more, seconds: an image is pulled, a program gets ready. */
export const STABLE_TIMEOUT_SECONDS = 900;

const GROUPS = ["compute", "instance-groups", "managed"];

function place({ zone, project }: Pick<Group, "zone" | "project">): string[] {
  return [`--zone=${zone}`, `--project=${project}`];
}

/** The names of everything that an environment has begin so. */
function ofEnvironment(environment: Environment): string {
  return `--filter=name~^${nameOf(environment, "")}`;
}

export function listGroups(environment: Environment): Arguments {
  const { zone, project } = environment;
  return [...GROUPS, "list", `--zones=${zone}`, `--project=${project}`, ofEnvironment(environment), "--format=json"];
}

export function listMachines(environment: Environment): Arguments {
  const { zone, project } = environment;
  const command = ["compute", "instances", "list", `--zones=${zone}`, `--project=${project}`];
  return [...command, ofEnvironment(environment), "--format=json"];
}

export function listTemplates(environment: Environment): Arguments {
  const command = ["compute", "instance-templates", "list", `--project=${environment.project}`];
  return [...command, ofEnvironment(environment), "--format=json"];
}

export function listMembers(group: Group): Arguments {
  return [...GROUPS, "list-instances", group.group, ...place(group), "--format=json"];
}

/** Prints the name of one machine of a group that runs; nothing where none does. */
export function nameRunning(group: Group): Arguments {
  const one = ["--filter=instanceStatus=RUNNING", "--limit=1", "--format=value(instance.basename())"];
  return [...GROUPS, "list-instances", group.group, ...place(group), ...one];
}

export function resize(group: Group, size: number): Arguments {
  return [...GROUPS, "resize", group.group, `--size=${size}`, ...place(group)];
}

export function stopMachine(group: Group, machine: string): Arguments {
  return [...GROUPS, "stop-instances", group.group, `--instances=${machine}`, ...place(group)];
}

export function startMachine(group: Group, machine: string): Arguments {
  return [...GROUPS, "start-instances", group.group, `--instances=${machine}`, ...place(group)];
}

/** Makes a machine anew under its name, from the group's template; a disk and an address that it keeps come back. */
export function recreateMachine(group: Group, machine: string): Arguments {
  return [...GROUPS, "recreate-instances", group.group, `--instances=${machine}`, ...place(group)];
}

/** One new machine first, then an old one goes: the group's own policy, which the command would otherwise overwrite. */
export function replaceAll(group: Group): Arguments {
  const policy = ["--max-surge=1", "--max-unavailable=0", "--replacement-method=substitute"];
  return [...GROUPS, "rolling-action", "replace", group.group, ...policy, ...place(group)];
}

/** @param until `stable`: nothing of the group changes; `version-target-reached`: all run what a roll brings */
export function waitUntil(group: Group, what: "stable" | "version-target-reached"): Arguments {
  const until = [`--${what}`, `--timeout=${STABLE_TIMEOUT_SECONDS}`];
  return [...GROUPS, "wait-until", group.group, ...until, ...place(group)];
}

/** @param command what to run there; a shell where it is left out */
export function ssh(group: Group, machine: string, command?: string): Arguments {
  const what = command === undefined ? [] : [`--command=${command}`];
  return ["compute", "ssh", machine, ...place(group), "--tunnel-through-iap", ...what];
}

const LINE = `--format=value(timestamp,severity,jsonPayload.${LOG_FIELDS.message})`;

/**
 * @param filter in Logging's query language
 * @param since as gcloud has durations (gcloud topic datetimes): 30m, 2h, 1d
 */
export function readLog(project: string, filter: string, lines: number, since: string): Arguments {
  return ["logging", "read", filter, `--project=${project}`, `--freshness=${since}`, `--limit=${lines}`, LINE];
}

export function followLog(project: string, filter: string): Arguments {
  return ["beta", "logging", "tail", filter, `--project=${project}`, LINE];
}
