import { RhythmicError } from "../support/errors";
import type { EventSink } from "./event-sink";
import type { EventSource, PartitionOffsets, SourceRecord } from "./event-source";
import type { EventTail } from "./event-tail";
import { MemorySink } from "./memory-sink";
import { MemorySource } from "./memory-source";
import { MemoryTail } from "./memory-tail";

/** What a record needs; its offset comes from where it is put. */
export interface MemoryRecord {
  readonly key?: string | Uint8Array | null;
  /** `null`: a tombstone. */
  readonly value: string | Uint8Array | null;
  readonly headers?: SourceRecord["headers"];
  /** @default the clock's time */
  readonly timestampMs?: number;
}

interface MemoryPartition {
  /** Offset of the first record that is kept. */
  earliest: number;
  readonly records: SourceRecord[];
}

/**
 * Kafka as far as the ports need it, in memory: for tests of what stands on the ports. Its clock stands still, its
 * groups hand out partitions at once, and what goes wrong goes wrong when it is told to.
 */
export class MemoryKafka {
  clusterId = "memory-cluster";
  /** Thrown by every offset commit while it is set. */
  commitError: Error | undefined;
  private readonly topics = new Map<string, MemoryPartition[]>();
  /** Members in the order in which they joined. */
  private readonly groups = new Map<string, MemorySource[]>();
  private readonly committedByGroup = new Map<string, Map<string, number>>();

  /** Makes a topic, or makes it anew: empty, from offset 0. */
  makeTopic(name: string, partitions: number): void {
    this.topics.set(
      name,
      Array.from({ length: partitions }, () => ({ earliest: 0, records: [] })),
    );
    this.disturb();
  }

  /** @returns the offset of the record */
  append(topic: string, partition: number, record: MemoryRecord): number {
    const { earliest, records } = this.partition(topic, partition);
    const offset = earliest + records.length;
    records.push({
      offset,
      timestampMs: record.timestampMs ?? Date.now(),
      key: bytes(record.key ?? null),
      value: bytes(record.value),
      headers: record.headers ?? {},
    });
    for (const members of this.groups.values()) for (const member of members) member.wake();
    return offset;
  }

  /** Retention: drops the records before an offset. */
  trim(topic: string, partition: number, before: number): void {
    const kept = this.partition(topic, partition);
    const count = Math.min(Math.max(0, before - kept.earliest), kept.records.length);
    kept.records.splice(0, count);
    kept.earliest += count;
  }

  /** The sink's driver over this Kafka. */
  sink(): EventSink {
    return new MemorySink(this);
  }

  /** A member-to-be of a group. */
  source(groupId: string): EventSource {
    return new MemorySource(this, groupId);
  }

  /** Reads the ends of the topics. */
  tail(): EventTail {
    return new MemoryTail(this);
  }

  /** Every source takes notice that a topic may have been made anew. */
  disturb(): void {
    for (const members of this.groups.values()) for (const member of members) member.disturb();
  }

  /** What a group has committed, by `topic/partition`. */
  committed(groupId: string): ReadonlyMap<string, number> {
    return this.committedByGroup.get(groupId) ?? new Map();
  }

  commit(groupId: string, offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): void {
    if (this.commitError !== undefined) throw this.commitError;
    const committed = this.committedByGroup.get(groupId) ?? new Map<string, number>();
    this.committedByGroup.set(groupId, committed);
    for (const [topic, partitions] of offsets) {
      for (const [partition, offset] of partitions) committed.set(`${topic}/${partition}`, offset);
    }
  }

  partitionsOf(topic: string): number {
    return this.topic(topic).length;
  }

  offsets(topic: string): ReadonlyMap<number, PartitionOffsets> {
    return new Map(
      this.topic(topic).map(({ earliest, records }, partition) => [
        partition,
        { earliest, end: earliest + records.length },
      ]),
    );
  }

  recordAt(topic: string, partition: number, offset: number): SourceRecord | undefined {
    const { earliest, records } = this.partition(topic, partition);
    return records[offset - earliest];
  }

  /** Records from an offset on; where it is not held, from the earliest one that is, as kafkajs does. */
  read(topic: string, partition: number, offset: number, count: number): readonly SourceRecord[] {
    const { earliest, records } = this.partition(topic, partition);
    const isHeld = offset >= earliest && offset <= earliest + records.length;
    const from = isHeld ? offset - earliest : 0;
    return records.slice(from, from + count);
  }

  join(groupId: string, source: MemorySource): void {
    this.groups.set(groupId, [...(this.groups.get(groupId) ?? []), source]);
    this.rebalance(groupId);
  }

  leave(groupId: string, source: MemorySource): void {
    const members = this.groups.get(groupId) ?? [];
    if (!members.includes(source)) return;
    this.groups.set(
      groupId,
      members.filter((member) => member !== source),
    );
    this.rebalance(groupId);
  }

  /** Hands the partitions of a group out anew, in turn, to whoever subscribes to their topic. */
  rebalance(groupId: string): void {
    const members = this.groups.get(groupId) ?? [];
    const assignments = new Map(members.map((member) => [member, new Map<string, number[]>()]));
    const topics = new Set(members.flatMap((member) => [...member.topics]));
    let turn = 0;
    for (const topic of topics) {
      const subscribed = members.filter((member) => member.topics.includes(topic));
      for (let partition = 0; partition < this.partitionsOf(topic); partition++) {
        const member = subscribed[turn++ % subscribed.length];
        const assignment = member === undefined ? undefined : assignments.get(member);
        assignment?.set(topic, [...(assignment.get(topic) ?? []), partition]);
      }
    }
    for (const [member, assignment] of assignments) member.assign(assignment);
  }

  private topic(name: string): MemoryPartition[] {
    const partitions = this.topics.get(name);
    if (partitions === undefined) throw new RhythmicError("broker_refused", `The topic ${name} does not exist.`);
    return partitions;
  }

  private partition(topic: string, partition: number): MemoryPartition {
    const found = this.topic(topic)[partition];
    if (found === undefined) throw new RhythmicError("broker_refused", `${topic} has no partition ${partition}.`);
    return found;
  }
}

export function createMemoryKafka(): MemoryKafka {
  return new MemoryKafka();
}

function bytes(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === "string" ? Buffer.from(value) : value;
}
