import { listMembers } from "./commands";
import type { Gcloud } from "./gcloud";
import type { Group } from "./machines";
import { VmError } from "./problems";

/** The parts that are read of a group's machine, as the API has it (compute/v1, instanceGroupManagers.listManagedInstances). */
export interface ManagedInstance {
  /** Address of the machine; its name comes last. */
  readonly instance?: string;
  /** RUNNING, STAGING, STOPPING, TERMINATED ...; nothing while it is made. */
  readonly instanceStatus?: string;
  /** What the group does with it now: NONE, CREATING, RECREATING, DELETING, VERIFYING ... */
  readonly currentAction?: string;
  readonly instanceHealth?: readonly { readonly detailedHealthState?: string }[];
  readonly version?: { readonly instanceTemplate?: string };
}

/**
 * What gcloud printed, as JSON. A dry run prints nothing, which is an empty list.
 * @throws VmError
 */
export function parseList<T>(printed: string): readonly T[] {
  if (printed.trim() === "") return [];
  try {
    return JSON.parse(printed) as T[];
  } catch (error) {
    throw new VmError("gcloud printed something else than JSON; try gcloud components update.", { cause: error });
  }
}

/** The last part of an address of the API. */
export function baseName(address: string | undefined): string {
  return address?.split("/").at(-1) ?? "";
}

/** @returns the machine's status; `undefined` where the group has no such machine, or nothing was asked */
export async function statusOf(gcloud: Gcloud, group: Group, machine: string): Promise<string | undefined> {
  const members = parseList<ManagedInstance>(await gcloud.read(listMembers(group)));
  return members.find(({ instance }) => baseName(instance) === machine)?.instanceStatus;
}
