import { suggestion } from "../../runtime/support/nearest";
import type { Environment } from "../../stacks/environment-record";
import { nameOf } from "../../stacks/names";
import { SynthesisError } from "../../stacks/synthesis/synthesis-error";

/**
 * What runs on machines, in the order in which it is stopped: first who writes, then who reads, Kafka last. It is
 * started the other way round.
 */
export const MACHINES = ["generator", "processor", "loader", "kafka"] as const;
export type MachineName = (typeof MACHINES)[number];

/** All of them, where a command takes that. */
export const ALL = "all";

/** The managed group of a program, or of Kafka. */
export interface Group {
  readonly name: MachineName;
  readonly project: string;
  readonly zone: string;
  /** Compute Engine's name of the group. */
  readonly group: string;
  /** How many machines the environment declares. */
  readonly count: number;
  /**
   * The one machine of a group whose machine keeps its name, its address and its data disk; `undefined` where machines
   * come and go, and hold nothing.
   */
  readonly keeps: string | undefined;
  /** Does a new machine begin the work from its beginning, and write the same events once more? */
  readonly beginsAnew: boolean;
}

/** Why a generator is not started by the way (docs/machines.md). */
export const BEGINS_ANEW =
  "a generator that is started begins its simulated time anew, and writes the same events once more";

export function groupOf(environment: Environment, name: MachineName): Group {
  const { project, zone } = environment;
  const group = nameOf(environment, name);
  const count = name === "processor" ? environment.processor.count : 1;
  const keeps = name === "kafka" ? `${group}-0` : undefined;
  return { name, project, zone, group, count, keeps, beginsAnew: name === "generator" };
}

/**
 * The groups that a word names.
 * @param action for the message: `stop`
 * @param takesAll is `all` allowed?
 * @throws SynthesisError
 */
export function groupsNamed(
  environment: Environment,
  action: string,
  word: string | undefined,
  takesAll: boolean,
): readonly Group[] {
  const allowed = takesAll ? [...MACHINES, ALL] : MACHINES;
  if (takesAll && word === ALL) return MACHINES.map((name) => groupOf(environment, name));
  const name = MACHINES.find((machine) => machine === word);
  if (name !== undefined) return [groupOf(environment, name)];
  const list = allowed.join(", ");
  if (word === undefined) throw new SynthesisError(`${action} needs a name; allowed: ${list}.`);
  throw new SynthesisError(`There is no machine ${word}${suggestion(word, allowed)}; allowed: ${list}.`);
}
