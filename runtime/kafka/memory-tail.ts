import type { SourceRecord } from "./event-source";
import { type EventTail, goneBy, type TailRange } from "./event-tail";
import type { MemoryKafka } from "./memory-kafka";

/** Reads the ends of topics in memory. */
export class MemoryTail implements EventTail {
  constructor(private readonly kafka: MemoryKafka) {}

  async clusterId(): Promise<string> {
    return this.kafka.clusterId;
  }

  async offsets(topic: string) {
    return this.kafka.offsets(topic);
  }

  async read(ranges: readonly TailRange[], each: (range: TailRange, record: SourceRecord) => void): Promise<void> {
    for (const range of ranges) {
      for (const record of this.recordsOf(range)) each(range, record);
    }
  }

  async close(): Promise<void> {}

  private recordsOf(range: TailRange): readonly SourceRecord[] {
    const { topic, partition, from, until } = range;
    const records = from < until ? this.kafka.read(topic, partition, from, until - from) : [];
    const [first] = records;
    if (first !== undefined && first.offset !== from) throw goneBy(range, from, first.offset);
    return records;
  }
}
