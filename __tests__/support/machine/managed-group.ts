import { setTimeout as sleep } from "node:timers/promises";
import type { Attributes } from "../../../stacks/synthesis/synthesized";
import type { Cloud } from "./cloud";
import type { Machine } from "./machine";
import type { MachineTemplate } from "./template";

/** Every time of the declared check and of the roll's limit passes so much faster. */
const TIME_SCALE = 1 / 25;

interface HealthCheck {
  readonly port: number;
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

interface Member {
  readonly machine: Machine;
  readonly template: MachineTemplate;
  readonly bornMs: number;
  /** Answers of its probe in a row that are the same. */
  good: number;
  bad: number;
  isHealthy: boolean;
}

/**
 * A managed group of machines, as a synth declares it (cloud.google.com/compute/docs/instance-groups/
 * updating-managed-instance-groups): proactive, by replacing, one machine more at a time and none less. Its one check
 * decides when a new machine counts, and which machine is made anew.
 */
export class ManagedGroup {
  /** Machines that the group has made anew because their check was red. */
  repairs = 0;
  private members: Member[] = [];
  private readonly check: HealthCheck;
  private readonly initialDelayMs: number;
  private readonly limitMs: number;
  private readonly size: number;
  private watching: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly cloud: Cloud,
    private readonly what: string,
  ) {
    const group = named(cloud, "google_compute_instance_group_manager", what);
    const policy = group.update_policy as Attributes;
    for (const [name, value] of Object.entries({ max_surge_fixed: 1, max_unavailable_fixed: 0, type: "PROACTIVE" })) {
      if (policy[name] !== value) throw new Error(`the group of the tests knows ${name}=${value} alone`);
    }
    this.size = Number(group.target_size);
    this.limitMs = minutesOf((group.timeouts as Attributes).update) * 60_000 * TIME_SCALE;
    const healing = group.auto_healing_policies as Attributes;
    this.initialDelayMs = Number(healing.initial_delay_sec) * 1_000 * TIME_SCALE;
    this.check = checkOf(named(cloud, "google_compute_health_check", what));
  }

  /** The machines that are there, oldest first. */
  get machines(): readonly Machine[] {
    return this.members.map(({ machine }) => machine);
  }

  /** Brings all machines to a template, one after the other. @throws Error where it takes longer than it may */
  async roll(template: MachineTemplate): Promise<void> {
    this.watching ??= this.watch();
    const deadlineMs = Date.now() + this.limitMs;
    // Machines of an earlier roll that never became healthy stand for nothing.
    await this.drop(this.members.filter((member) => !member.isHealthy && member.template !== template));
    while (this.current(template).length < this.size) {
      const member = await this.add(template);
      while (!member.isHealthy) {
        if (Date.now() > deadlineMs) {
          throw new Error(`the roll of ${this.what} took longer than it may: ${member.machine.address} is not healthy`);
        }
        await sleep(this.check.intervalMs / 4);
      }
      await this.drop(this.members.filter((old) => old.template !== template).slice(0, 1));
    }
    await this.drop(this.members.filter((old) => old.template !== template));
  }

  /** No probes and no repairs from now on; the machines stay. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.watching;
  }

  private current(template: MachineTemplate): readonly Member[] {
    return this.members.filter((member) => member.template === template && member.isHealthy);
  }

  private async add(template: MachineTemplate): Promise<Member> {
    const machine = await this.cloud.machine(template);
    const member = { machine, template, bornMs: Date.now(), good: 0, bad: 0, isHealthy: false };
    this.members.push(member);
    machine.boot();
    return member;
  }

  /** As the group deletes machines: they are shut down, so that their units stop as declared. */
  private async drop(members: readonly Member[]): Promise<void> {
    this.members = this.members.filter((member) => !members.includes(member));
    for (const { machine } of members) await machine.shutDown();
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      for (const member of [...this.members]) await this.probe(member);
      await sleep(this.check.intervalMs);
    }
  }

  private async probe(member: Member): Promise<void> {
    const { port, path, healthyThreshold, unhealthyThreshold, timeoutMs } = this.check;
    const isGood = (await member.machine.probe(path, port, timeoutMs)) === 200;
    member.good = isGood ? member.good + 1 : 0;
    member.bad = isGood ? 0 : member.bad + 1;
    if (member.good >= healthyThreshold) member.isHealthy = true;
    if (member.bad >= unhealthyThreshold) member.isHealthy = false;
    const isOld = Date.now() - member.bornMs > this.initialDelayMs;
    if (isOld && member.bad >= unhealthyThreshold && this.members.includes(member)) {
      this.repairs += 1;
      await this.drop([member]);
      await this.add(member.template);
    }
  }
}

function named(cloud: Cloud, type: string, what: string): Attributes {
  const found = cloud.platform.ofType(type).find(({ attributes }) => attributes.name === `rhythmic-dev-${what}`);
  if (found === undefined) throw new Error(`the synth has no ${type} of ${what}`);
  return found.attributes;
}

function checkOf(attributes: Attributes): HealthCheck {
  const http = attributes.http_health_check as Attributes;
  return {
    port: Number(http.port),
    path: String(http.request_path),
    intervalMs: Number(attributes.check_interval_sec) * 1_000 * TIME_SCALE,
    // An answer takes as long as it takes here too.
    timeoutMs: Number(attributes.timeout_sec) * 1_000,
    healthyThreshold: Number(attributes.healthy_threshold),
    unhealthyThreshold: Number(attributes.unhealthy_threshold),
  };
}

function minutesOf(duration: unknown): number {
  const [, minutes] = /^(\d+)m$/.exec(String(duration)) ?? [];
  if (minutes === undefined) throw new Error(`no number of minutes: ${duration}`);
  return Number(minutes);
}
