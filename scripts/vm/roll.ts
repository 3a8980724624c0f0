import { recreateMachine, replaceAll, waitUntil } from "./commands";
import type { Group } from "./machines";
import type { Tools } from "./tools";

/**
 * Makes the machines of a group anew from the template that is deployed, and waits until the group is stable. A
 * program's group makes one new machine first, and removes an old one when the new one is healthy. Kafka's one machine
 * is made anew in place: its disk and its address come back.
 *
 * Not `rolling-action` for Kafka: that marks the group's version with a name of its own, which the next deploy would
 * take off again, and so restart Kafka a second time. Programs' groups ignore that name (lifecycle in
 * stacks/constructs/program-machine.ts).
 */
export async function roll({ gcloud, say }: Tools, group: Group): Promise<void> {
  if (group.keeps === undefined) {
    await gcloud.run(replaceAll(group));
    // A moment after it was asked, the group may still say of itself that it is stable.
    await gcloud.run(waitUntil(group, "version-target-reached"));
  } else {
    await gcloud.run(recreateMachine(group, group.keeps));
  }
  await gcloud.run(waitUntil(group, "stable"));
  say(`${group.name}: made anew, and stable.`);
}
