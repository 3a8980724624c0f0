import { METADATA } from "../../stacks/constructs/machine-metadata";
import type { Attributes, SynthesizedPlatform, SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { BYTES_PER_GB, MACHINES_RUN } from "./assumptions";
import { blocksOf, placeOf, referredBy } from "./attributes";
import { lineOf } from "./lines";
import { checkRegion, diskPriceOf, machinePriceOf, type PriceList, priceOf } from "./prices";
import type { CostContext, CostLine, MachineCosts } from "./report";

/** A managed group's machines, as many as it keeps, each as its template says. */
export interface Machines {
  readonly group: SynthesizedResource;
  readonly template: SynthesizedResource;
  readonly type: string;
  readonly count: number;
}

/** The zone's types and the region's. */
const GROUPS = ["google_compute_instance_group_manager", "google_compute_region_instance_group_manager"];

export function isGroup({ type }: SynthesizedResource): boolean {
  return GROUPS.includes(type);
}

/** @returns `undefined` for a group without a template */
export function machinesOf(platform: SynthesizedPlatform, group: SynthesizedResource): Machines | undefined {
  const [version] = blocksOf(group.attributes, "version");
  const template = referredBy(platform, group, version?.instance_template);
  if (template === undefined) return undefined;
  return { group, template, type: String(template.attributes.machine_type), count: countOf(platform, group) };
}

/** A stateful group has no target size: its machines are those that have a configuration of their own. */
function countOf(platform: SynthesizedPlatform, group: SynthesizedResource): number {
  const { target_size: targetSize } = group.attributes;
  if (typeof targetSize === "number") return targetSize;
  return platform
    .ofType("google_compute_per_instance_config")
    .filter((machine) => referredBy(platform, machine, machine.attributes.instance_group_manager) === group).length;
}

/** The machines that run a program. */
export function machinesRunning(platform: SynthesizedPlatform, program: string): number {
  const groups = platform.resources.filter(isGroup).map((group) => machinesOf(platform, group));
  const running = groups.filter((machines) => {
    const metadata = (machines?.template.attributes.metadata ?? {}) as Attributes;
    return metadata[METADATA.program] === program;
  });
  return running.reduce((sum, machines) => sum + (machines?.count ?? 0), 0);
}

/** The machines of a group, their boot disks, and addresses that the internet can reach. */
export function groupLines(group: SynthesizedResource, { platform, prices }: CostContext): CostLine[] {
  const machines = machinesOf(platform, group);
  if (machines === undefined) return [];
  const { template, type, count } = machines;
  const where = placeOf(template);
  checkRegion(prices, String(group.attributes.zone ?? group.attributes.region), placeOf(group));
  const disks = blocksOf(template.attributes, "disk").map((disk) =>
    lineOf(template, {
      what: `boot disk ${disk.disk_type}`,
      quantity: count * Number(disk.disk_size_gb),
      unit: "GB",
      unitPriceUsd: diskPriceOf(prices, String(disk.disk_type), where),
    }),
  );
  const addresses = blocksOf(template.attributes, "network_interface").flatMap((network) =>
    blocksOf(network, "access_config").map(() =>
      lineOf(template, {
        what: "external address",
        quantity: count,
        unit: "address",
        unitPriceUsd: priceOf(prices, "compute/network/ip/vm"),
      }),
    ),
  );
  return [
    lineOf(group, {
      what: `machine ${type}`,
      quantity: count,
      unit: count === 1 ? "machine" : "machines",
      unitPriceUsd: Number(machinePriceOf(prices, type, where).month),
      assumption: MACHINES_RUN,
    }),
    ...disks,
    ...addresses,
  ];
}

/** What all machines cost by ways to pay for them. A type without a commitment costs what it costs on demand. */
export function machineCosts(platform: SynthesizedPlatform, prices: PriceList): MachineCosts {
  const costs = { onDemandUsd: 0, oneYearUsd: 0, threeYearsUsd: 0, spotUsd: 0 };
  for (const group of platform.resources.filter(isGroup)) {
    const machines = machinesOf(platform, group);
    if (machines === undefined) continue;
    const price = machinePriceOf(prices, machines.type, placeOf(machines.template));
    costs.onDemandUsd += machines.count * Number(price.month);
    costs.oneYearUsd += machines.count * Number(price.month_1y ?? price.month);
    costs.threeYearsUsd += machines.count * Number(price.month_3y ?? price.month);
    costs.spotUsd += machines.count * Number(price.month_spot ?? price.month);
  }
  return costs;
}

export function diskLines(disk: SynthesizedResource, { prices }: CostContext): CostLine[] {
  const { type, size, zone } = disk.attributes;
  checkRegion(prices, String(zone), placeOf(disk));
  return [
    lineOf(disk, {
      what: `disk ${type}`,
      quantity: Number(size),
      unit: "GB",
      unitPriceUsd: diskPriceOf(prices, String(type), placeOf(disk)),
    }),
  ];
}

/** Snapshots hold what changed since the one before; Kafka only appends, so that each adds a day's records. */
export function snapshotLines(attachment: SynthesizedResource, context: CostContext): CostLine[] {
  const { platform, prices, volumes } = context;
  const disk = referredBy(platform, attachment, attachment.attributes.disk);
  const policy = referredBy(platform, attachment, attachment.attributes.name);
  const [schedule] = policy === undefined ? [] : blocksOf(policy.attributes, "snapshot_schedule_policy");
  const [retention] = schedule === undefined ? [] : blocksOf(schedule, "retention_policy");
  if (disk === undefined || retention === undefined) return [];
  const days = Number(retention.max_retention_days);
  const { kafkaGbPerDay, kafkaDays } = volumes;
  const first = Math.min(Number(disk.attributes.size), kafkaDays * kafkaGbPerDay);
  return [
    lineOf(attachment, {
      what: `snapshots, ${days} days`,
      quantity: first + days * kafkaGbPerDay,
      unit: "GB",
      unitPriceUsd: priceOf(prices, "compute/storage/snapshot"),
      assumption: `the ${kafkaDays} days that Kafka keeps, and a day's records for each day, ${Math.round(
        kafkaGbPerDay * BYTES_PER_GB,
      ).toLocaleString("en")} bytes`,
    }),
  ];
}

/** Internal addresses cost nothing; an external one that is in use costs what a machine's costs. */
export function addressLines(address: SynthesizedResource, { prices }: CostContext): CostLine[] {
  // Compute Engine's default is EXTERNAL.
  if (address.attributes.address_type === "INTERNAL") return [];
  const unitPriceUsd = priceOf(prices, "compute/network/ip/vm");
  return [lineOf(address, { what: "external address", quantity: 1, unit: "address", unitPriceUsd })];
}

export function natLines(nat: SynthesizedResource, { prices }: CostContext): CostLine[] {
  return [
    lineOf(nat, {
      what: "Cloud NAT gateway",
      quantity: 1,
      unit: "gateway",
      unitPriceUsd: priceOf(prices, "compute/network/nat/gateway"),
      assumption: "Google's most for a gateway; it bills by machine up to 32 of them",
    }),
    lineOf(nat, {
      what: "Cloud NAT data",
      quantity: undefined,
      unit: "GB",
      unitPriceUsd: priceOf(prices, "compute/network/nat/data"),
    }),
  ];
}
