import { lineOf, nameRunning, ssh } from "./commands";
import type { Group } from "./machines";
import { VmError } from "./problems";
import type { Tools } from "./tools";

/**
 * A shell, or one command, on a machine of a group, through Identity-Aware Proxy: no machine has an outer address.
 * @param command its words, as a shell there reads them; an interactive shell where it is left out
 * @throws VmError
 */
export async function connect(tools: Tools, group: Group, command: readonly string[] | undefined): Promise<void> {
  const { gcloud, dryRun, print } = tools;
  const words = command?.join(" ");
  if (group.keeps !== undefined) return gcloud.run(ssh(group, group.keeps, words));
  if (dryRun) {
    // Which machine it is only gcloud can say; so the line asks it.
    const machine = `"$(${lineOf(nameRunning(group))})"`;
    const [before = "", after = ""] = lineOf(ssh(group, "MACHINE", words)).split("MACHINE", 2);
    print(`${before}${machine}${after}`);
    return;
  }
  const machine = (await gcloud.read(nameRunning(group))).trim();
  if (machine === "") {
    throw new VmError(`No machine of ${group.name} runs; npm run vm -- list says why, npm run vm -- start makes one.`);
  }
  await gcloud.run(ssh(group, machine, words));
}
