import { createHash } from "node:crypto";
import type { SourceRecord } from "../../kafka/event-source";
import { partitionOf } from "../../kafka/partitioner";
import type { KafkaMark } from "./saved-run";

/**
 * 48 bits: a record is taken for another one only where a partition's replay ends, once a partition, so among a million
 * records with a probability of one in 10^8.
 */
const HASH_BYTES = 6;

const NO_BYTES = new Uint8Array(0);

/**
 * Records that Kafka has taken, and that the run is about to make again; a multiset of hashes by partition, beside
 * whatever other producers have written. Of each partition the run's records reach Kafka in order, so the first one
 * that is not there ends the partition's replay, and what is left of it is forgotten: it is other producers'.
 */
export class PendingRecords {
  private readonly counts = new Map<string, Map<number, number>>();

  /**
   * @param partitions how many each topic has
   * @param saved hashes that another one has saved
   */
  constructor(
    private readonly partitions: ReadonlyMap<string, number>,
    saved: KafkaMark["pending"] = {},
  ) {
    for (const [place, hashes] of Object.entries(saved)) for (const hash of hashes) this.put(place, hash);
  }

  /** Is there nothing (any more) that must not be written? */
  get isEmpty(): boolean {
    return this.counts.size === 0;
  }

  add(topic: string, partition: number, { key, value }: Pick<SourceRecord, "key" | "value">): void {
    this.put(placeOf(topic, partition), hashOf(key ?? NO_BYTES, value ?? NO_BYTES));
  }

  /** Takes a record of the run out. @returns was it there, so that it must not be written? */
  take(topic: string, key: string, value: Uint8Array): boolean {
    const keyBytes = Buffer.from(key);
    const place = placeOf(topic, partitionOf(keyBytes, this.partitions.get(topic) ?? 1));
    const counts = this.counts.get(place);
    if (counts === undefined) return false;
    const hash = hashOf(keyBytes, value);
    const count = counts.get(hash);
    if (count === undefined) {
      this.counts.delete(place);
      return false;
    }
    if (count > 1) counts.set(hash, count - 1);
    else counts.delete(hash);
    if (counts.size === 0) this.counts.delete(place);
    return true;
  }

  /** What is left, for another one. */
  save(): KafkaMark["pending"] {
    const hashes = ([hash, count]: [number, number]) => Array.from({ length: count }, () => hash);
    return Object.fromEntries([...this.counts].map(([place, counts]) => [place, [...counts].flatMap(hashes)]));
  }

  private put(place: string, hash: number): void {
    const counts = this.counts.get(place) ?? new Map<number, number>();
    this.counts.set(place, counts);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
}

function placeOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function hashOf(key: Uint8Array, value: Uint8Array): number {
  return createHash("sha256").update(key).update(":").update(value).digest().readUIntBE(0, HASH_BYTES);
}
