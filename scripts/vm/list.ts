import { METADATA } from "../../stacks/constructs/machine-metadata";
import { listGroups, listMachines, listMembers, listTemplates } from "./commands";
import type { Group, MachineName } from "./machines";
import { baseName, type ManagedInstance, parseList } from "./members";
import type { Tools } from "./tools";

/** Parts of the API's answers that are read (cloud.google.com/compute/docs/reference/rest/v1). */
interface Metadata {
  readonly items?: readonly { readonly key: string; readonly value?: string }[];
}
interface Template {
  readonly name: string;
  readonly properties?: { readonly metadata?: Metadata };
}
interface Instance {
  readonly name: string;
  readonly metadata?: Metadata;
  readonly networkInterfaces?: readonly { readonly networkIP?: string }[];
}
interface Manager {
  readonly name: string;
  readonly targetSize?: number;
  readonly targetStoppedSize?: number;
  readonly status?: { readonly isStable?: boolean };
  readonly versions?: readonly { readonly instanceTemplate?: string }[];
}

/** A machine as it is. */
export interface ListedMachine {
  readonly machine: string;
  readonly status: string;
  /** HEALTHY, UNHEALTHY, ...; `undefined` where no probe asks. */
  readonly health: string | undefined;
  /** What its group does with it now; `undefined` where that is nothing. */
  readonly action: string | undefined;
  /** sha256 of the bundle that it was told to run; `undefined` where it was told of none. */
  readonly bundle: string | undefined;
  /** Was it made from the template that is deployed now? */
  readonly isCurrent: boolean;
  readonly address: string | undefined;
}

/** A group as it is. */
export interface ListedGroup {
  readonly name: MachineName;
  readonly group: string;
  readonly isDeployed: boolean;
  /** What the environment declares. */
  readonly declared: number;
  /** What the group has been asked for; 0 after a stop. */
  readonly wanted: number;
  /** Does nothing of it change any more? */
  readonly isStable: boolean;
  /** sha256 of the bundle that is deployed. */
  readonly bundle: string | undefined;
  readonly machines: readonly ListedMachine[];
}

/** Asks gcloud what is there; nothing is changed. @throws VmError */
export async function listed({ environment, gcloud, dryRun }: Tools, groups: readonly Group[]): Promise<ListedGroup[]> {
  const [managers, templates, instances] = await Promise.all([
    gcloud.read(listGroups(environment)).then(parseList<Manager>),
    gcloud.read(listTemplates(environment)).then(parseList<Template>),
    gcloud.read(listMachines(environment)).then(parseList<Instance>),
  ]);
  return Promise.all(
    groups.map(async (group) => {
      const manager = managers.find(({ name }) => name === group.group);
      const template = baseName(manager?.versions?.[0]?.instanceTemplate);
      const isAsked = manager !== undefined || dryRun;
      const members = isAsked ? parseList<ManagedInstance>(await gcloud.read(listMembers(group))) : [];
      return {
        name: group.name,
        group: group.group,
        isDeployed: manager !== undefined,
        declared: group.count,
        wanted: manager?.targetSize ?? 0,
        isStable: manager?.status?.isStable ?? false,
        bundle: bundleOf(templates.find(({ name }) => name === template)?.properties?.metadata),
        machines: members.map((member) => machineOf(member, template, instances)),
      };
    }),
  );
}

function machineOf(member: ManagedInstance, template: string, instances: readonly Instance[]): ListedMachine {
  const machine = baseName(member.instance);
  const instance = instances.find(({ name }) => name === machine);
  const action = member.currentAction;
  return {
    machine,
    status: member.instanceStatus ?? "NOT YET",
    health: member.instanceHealth?.[0]?.detailedHealthState,
    action: action === undefined || action === "NONE" ? undefined : action,
    bundle: bundleOf(instance?.metadata),
    isCurrent: baseName(member.version?.instanceTemplate) === template,
    address: instance?.networkInterfaces?.[0]?.networkIP,
  };
}

function bundleOf(metadata: Metadata | undefined): string | undefined {
  return metadata?.items?.find(({ key }) => key === METADATA.bundleSha256)?.value;
}

/** So much of a sha256 tells bundles apart; `npm run synth` prints as much. */
const SHA256_SHOWN = 12;

/** A table, a line a machine, and a sentence for whatever is not as it should be. */
export function tableOf(groups: readonly ListedGroup[]): string {
  const head = ["name", "machine", "status", "health", "bundle", "address", "now"];
  const rows = groups.flatMap((group) =>
    group.machines.length === 0
      ? [[group.name, group.isDeployed ? "none" : "not deployed", "", "", shown(group.bundle), "", ""]]
      : group.machines.map((machine) => [
          group.name,
          machine.machine,
          machine.status,
          machine.health ?? "-",
          `${shown(machine.bundle)}${machine.isCurrent ? "" : " (old)"}`,
          machine.address ?? "-",
          machine.action ?? "",
        ]),
  );
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const remarks = groups.flatMap(remarksOn);
  return [...lines, ...(remarks.length === 0 ? [] : ["", ...remarks])].join("\n");
}

function shown(bundle: string | undefined): string {
  return bundle?.slice(0, SHA256_SHOWN) ?? "-";
}

function remarksOn({ name, isDeployed, declared, wanted, isStable, machines }: ListedGroup): string[] {
  if (!isDeployed) return [`${name}: there is no such group; deploy its stack (docs/deploy.md).`];
  const old = machines.filter(({ isCurrent }) => !isCurrent).length;
  return [
    ...(wanted === declared ? [] : [`${name}: ${wanted} of ${declared} machines wanted; npm run vm -- start ${name}`]),
    ...(old === 0
      ? []
      : [`${name}: ${old} of ${machines.length} machines from an older template; a roll is under way.`]),
    ...(isStable ? [] : [`${name}: not stable; see npm run vm -- logs ${name}, and docs/runbooks/machine-missing.md.`]),
  ];
}
