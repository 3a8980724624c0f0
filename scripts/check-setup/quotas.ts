import { valueAt } from "../attributes";
import { blocksOf } from "../cost/attributes";
import { isGroup, machinesOf } from "../cost/machines";
import type { Finding } from "./finding";
import { type CloudContext, failed } from "./project";

/** Parts of Compute Engine's answers (cloud.google.com/compute/docs/reference/rest/v1). */
interface Quota {
  readonly metric?: string;
  readonly limit?: number;
  readonly usage?: number;
}
interface Named {
  readonly items?: readonly { readonly name?: string }[];
}

/** A group's machines as they count against quotas, while it rolls. */
interface Demand {
  readonly group: string;
  readonly type: string;
  readonly zone: string;
  readonly count: number;
  /** How many more there are while the group rolls. */
  readonly surge: number;
  readonly diskGb: number;
}

/** What a metric counts, in words, and its unit. */
const METRICS = {
  CPUS: "vCPUs of E2 machines in the region",
  INSTANCES: "machines in the region",
  SSD_TOTAL_GB: "GB of balanced disks in the region",
  INTERNAL_ADDRESSES: "internal addresses in the region",
  CPUS_ALL_REGIONS: "vCPUs of the project",
} as const;
type Metric = keyof typeof METRICS;

/** The machines that a synth declares. */
export function demandsOf({ platform }: Pick<CloudContext, "platform">): readonly Demand[] {
  return platform.resources.filter(isGroup).flatMap((group) => {
    const machines = machinesOf(platform, group);
    if (machines === undefined) return [];
    const disks = blocksOf(machines.template.attributes, "disk");
    return {
      group: String(group.attributes.name),
      type: machines.type,
      zone: String(group.attributes.zone),
      count: machines.count,
      surge: Number(valueAt(group.attributes, "update_policy.max_surge_fixed") ?? 0),
      diskGb: disks.reduce((sum, disk) => sum + Number(disk.disk_size_gb), 0),
    };
  });
}

/**
 * Do the quotas suffice for what is declared, and for one more machine a group while all of them roll? What is deployed
 * already is in use, and needs no more than that surge.
 */
export async function checkQuotas(context: CloudContext): Promise<Finding[]> {
  const { google, environment } = context;
  const { project, region, zone } = environment;
  const check = { name: "quotas", neededFor: "the machines and disks" };
  try {
    const demands = demandsOf(context);
    const path = `compute/v1/projects/${project}`;
    const [regional, whole, groups, disks, addresses] = await Promise.all([
      google.get<{ quotas?: readonly Quota[] }>("compute", `${path}/regions/${region}`),
      google.get<{ quotas?: readonly Quota[] }>("compute", path),
      google.get<Named>("compute", `${path}/zones/${zone}/instanceGroupManagers`),
      google.get<Named>("compute", `${path}/zones/${zone}/disks`),
      google.get<Named>("compute", `${path}/regions/${region}/addresses`),
    ]);
    const cpus = await vcpusOf(context, demands);
    const has = (list: Named, name: string) => (list.items ?? []).some((item) => item.name === name);
    const machines = demands.map((demand) => {
      const more = (has(groups, demand.group) ? 0 : demand.count) + demand.surge;
      return { more, cpus: more * (cpus.get(demand.type) ?? 0), diskGb: more * demand.diskGb };
    });
    const sum = (of: (one: (typeof machines)[number]) => number) => machines.reduce((total, one) => total + of(one), 0);
    const dataGb = context.platform
      .ofType("google_compute_disk")
      .filter(({ attributes }) => !has(disks, String(attributes.name)))
      .reduce((total, { attributes }) => total + Number(attributes.size), 0);
    const newAddresses = context.platform
      .ofType("google_compute_address")
      .filter(({ attributes }) => !has(addresses, String(attributes.name)));
    const needed: Readonly<Record<Metric, number>> = {
      CPUS: sum((one) => one.cpus),
      INSTANCES: sum(({ more }) => more),
      SSD_TOTAL_GB: sum(({ diskGb }) => diskGb) + dataGb,
      INTERNAL_ADDRESSES: newAddresses.length,
      CPUS_ALL_REGIONS: sum((one) => one.cpus),
    };
    const quotas = [...(regional.quotas ?? []), ...(whole.quotas ?? [])];
    return (Object.keys(METRICS) as Metric[]).flatMap((metric) => {
      const quota = quotas.find((one) => one.metric === metric);
      return quota === undefined ? [] : [findingOf(metric, needed[metric], quota, context)];
    });
  } catch (error) {
    return [failed(check, error, context)];
  }
}

function findingOf(
  metric: Metric,
  needed: number,
  { limit = 0, usage = 0 }: Quota,
  { environment }: CloudContext,
): Finding {
  const check = { name: `quota ${metric}`, neededFor: METRICS[metric] };
  const found = `${needed} more needed, ${limit - usage} of ${limit} free`;
  if (needed <= limit - usage) return { ...check, state: "ok", found };
  const remedy =
    `ask for ${usage + needed} at console.cloud.google.com/iam-admin/quotas?project=${environment.project}, ` +
    "or take smaller machines in stacks/environments.ts";
  return { ...check, state: "missing", found, remedy };
}

/** How many vCPUs each machine type has, by Compute Engine's own word. */
async function vcpusOf(
  { google, environment }: CloudContext,
  demands: readonly Demand[],
): Promise<Map<string, number>> {
  const zoneOf = new Map(demands.map(({ type, zone }) => [type, zone]));
  const entries = [...zoneOf].map(async ([type, zone]) => {
    const path = `compute/v1/projects/${environment.project}/zones/${zone}/machineTypes/${type}`;
    const { guestCpus } = await google.get<{ guestCpus?: number }>("compute", path);
    return [type, guestCpus ?? 0] as const;
  });
  return new Map(await Promise.all(entries));
}
