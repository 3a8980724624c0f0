import type { PartitionOffsets } from "../kafka/event-source";

/** Where a partition stands that the group has given to this processor. */
export interface PartitionStanding {
  readonly partition: number;
  /**
   * - `held`: it is read;
   * - `starting`: its place in the lake is still to be found (P0), or Kafka did not answer when it was looked for;
   * - `halted`: it does not go on before somebody has mended what the log says.
   */
  readonly state: "held" | "starting" | "halted";
  /** The first offset that is not in the lake; `undefined` where the lake knows none. */
  readonly committed: number | undefined;
  /** The first offset that is neither in the lake nor in memory; only of one that is held. */
  readonly next: number | undefined;
}

/** Records that Kafka holds of these partitions and the lake does not. */
export function waitingIn(
  standings: readonly PartitionStanding[],
  offsets: ReadonlyMap<number, PartitionOffsets>,
): number {
  let records = 0;
  for (const { partition, committed } of standings) {
    const { earliest = 0, end = 0 } = offsets.get(partition) ?? {};
    records += Math.max(0, end - Math.max(committed ?? earliest, earliest));
  }
  return records;
}
