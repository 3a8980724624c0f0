import { resize, startMachine, stopMachine, waitUntil } from "./commands";
import type { Group } from "./machines";
import { statusOf } from "./members";
import type { Tools } from "./tools";

/**
 * Machines that hold nothing come and go by the size of their group: what stops is deleted, so that nothing of it is
 * paid for, and a deploy brings back what is declared, because Terraform has the size. (Machines that a group merely
 * stops would stay there beside the new ones that such a deploy makes.) Kafka's machine is stopped in its group
 * instead. It keeps its name, its disk and its address; its group, whose size Terraform does not have, counts it as
 * stopped and so does not repair it
 * (docs.cloud.google.com/compute/docs/instance-groups/suspended-and-stopped-vms-in-mig).
 */

/** How Compute Engine calls a machine that is stopped or about to be (cloud.google.com/compute/docs/instances/instance-lifecycle). */
const STOPPED = ["STOPPING", "STOPPED", "TERMINATED"];

/** Stops groups in the order given: each is gone before the next is asked. */
export async function stop({ gcloud, say }: Tools, groups: readonly Group[]): Promise<void> {
  for (const group of groups) {
    if (group.keeps === undefined) {
      await gcloud.run(resize(group, 0));
    } else {
      const status = await statusOf(gcloud, group, group.keeps);
      if (status !== undefined && STOPPED.includes(status)) say(`${group.keeps} is ${status} already.`);
      else await gcloud.run(stopMachine(group, group.keeps));
    }
    await gcloud.run(waitUntil(group, "stable"));
  }
  const disks = groups.some(({ keeps }) => keeps !== undefined) ? " Kafka's disks go on costing." : "";
  say(`Stopped: ${namesOf(groups)}.${disks} npm run vm -- start brings back what is declared, and a deploy may.`);
}

/**
 * Starts groups, the last of the order given first: Kafka before its programs.
 * @param groups without those that nobody wants to begin anew
 */
export async function start({ gcloud, say }: Tools, groups: readonly Group[]): Promise<void> {
  for (const group of [...groups].reverse()) {
    if (group.keeps === undefined) {
      await gcloud.run(resize(group, group.count));
    } else {
      const status = await statusOf(gcloud, group, group.keeps);
      if (status === "RUNNING") say(`${group.keeps} is RUNNING already.`);
      else await gcloud.run(startMachine(group, group.keeps));
    }
    await gcloud.run(waitUntil(group, "stable"));
  }
  say(`Started: ${namesOf([...groups].reverse())}.`);
}

function namesOf(groups: readonly Group[]): string {
  return groups.map(({ name }) => name).join(", ");
}
