import { setImmediate as turn } from "node:timers/promises";
import type { Assignment, EventSource, PartitionOffsets, SourceHandler, SourceRecord } from "./event-source";
import type { MemoryKafka } from "./memory-kafka";

/** Records of one delivery, few enough that tests see several. */
const DELIVERY_RECORDS_MAX = 500;

interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
}

/**
 * A source from Kafka in memory. Unlike Kafka it does not wait for a delivery in hand before it hands partitions to
 * others: every rebalance is as hard as one after a session that has timed out.
 */
export class MemorySource implements EventSource {
  topics: readonly string[] = [];
  readonly failed: Promise<Error>;
  /** Makes `failed` resolve, as a lost broker that stays lost would. */
  fail: (error: Error) => void = () => undefined;
  private handler: SourceHandler | undefined;
  private assignment: Assignment = new Map();
  private readonly positions = new Map<string, Position>();
  private epochs = 0;
  private stopped = false;
  private waking: (() => void) | undefined;
  private deliveries: Promise<void> = Promise.resolve();

  constructor(
    private readonly kafka: MemoryKafka,
    private readonly groupId: string,
  ) {
    this.failed = new Promise((resolve) => {
      this.fail = resolve;
    });
  }

  async clusterId(): Promise<string> {
    return this.kafka.clusterId;
  }

  async offsets(topic: string): Promise<ReadonlyMap<number, PartitionOffsets>> {
    return this.kafka.offsets(topic);
  }

  async start(topics: readonly string[], handler: SourceHandler): Promise<void> {
    for (const topic of topics) this.kafka.partitionsOf(topic);
    this.topics = topics;
    this.handler = handler;
    this.kafka.join(this.groupId, this);
    this.deliveries = this.deliver();
  }

  isMember(): boolean {
    return this.handler !== undefined && !this.stopped;
  }

  seek(topic: string, partition: number, offset: number): void {
    if (!this.assignment.get(topic)?.includes(partition)) return;
    this.positions.set(keyOf(topic, partition), { topic, partition, offset });
    this.wake();
  }

  pause(topic: string, partition: number): void {
    this.positions.delete(keyOf(topic, partition));
  }

  async recordAt(topic: string, partition: number, offset: number): Promise<SourceRecord | undefined> {
    return this.kafka.recordAt(topic, partition, offset);
  }

  epoch(): number {
    return this.epochs;
  }

  async commitOffsets(offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void> {
    this.kafka.commit(this.groupId, offsets);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.deliveries;
    this.kafka.leave(this.groupId, this);
  }

  /** Told by Kafka that there is more, or other, to do. */
  wake(): void {
    this.waking?.();
    this.waking = undefined;
  }

  /** Told by Kafka that a topic may have been made anew. */
  disturb(): void {
    this.epochs++;
  }

  /** Told by Kafka which partitions it holds from now on. */
  assign(assignment: Assignment): void {
    this.epochs++;
    this.assignment = assignment;
    this.positions.clear();
    this.handler?.assigned(assignment);
  }

  private async deliver(): Promise<void> {
    while (!this.stopped) {
      const delivered = await this.deliverRound();
      if (delivered || this.stopped) await turn();
      else await new Promise<void>((resolve) => (this.waking = resolve));
    }
  }

  /** One delivery for every partition that has something. @returns was there any? */
  private async deliverRound(): Promise<boolean> {
    let delivered = false;
    for (const position of [...this.positions.values()]) {
      const { topic, partition } = position;
      const records = this.kafka.read(topic, partition, position.offset, DELIVERY_RECORDS_MAX);
      const last = records.at(-1);
      // Paused, sought or taken away by an earlier delivery of this round.
      if (last === undefined || this.stopped || this.positions.get(keyOf(topic, partition)) !== position) continue;
      delivered = true;
      if (records[0]?.offset !== position.offset) this.epochs++;
      try {
        await this.handler?.records(topic, partition, records, async () => undefined);
      } catch (error) {
        this.positions.clear();
        this.fail(error instanceof Error ? error : new Error(String(error)));
        return false;
      }
      // A seek meanwhile has put another position in its place.
      position.offset = last.offset + 1;
    }
    return delivered;
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
