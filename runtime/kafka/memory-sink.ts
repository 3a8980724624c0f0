import { SCHEMA_VERSION } from "../schema/events";
import type { EventSink, SinkCounts } from "./event-sink";
import type { MemoryKafka } from "./memory-kafka";
import { partitionOf } from "./partitioner";
import { CONTENT_TYPE_JSON, HEADER_CONTENT_TYPE, HEADER_SCHEMA_VERSION } from "./topics";

/** A sink into Kafka in memory: what is written is there, and acknowledged, at once. */
export class MemorySink implements EventSink {
  readonly counts: SinkCounts & { generated: number; acknowledged: number; bytes: number };
  private readonly byTopic: Record<string, number> = {};

  constructor(private readonly kafka: MemoryKafka) {
    this.counts = { generated: 0, acknowledged: 0, bytes: 0, byTopic: this.byTopic };
  }

  write(
    topic: string,
    key: string,
    value: string | Uint8Array,
    start?: number,
    end?: number,
  ): Promise<void> | undefined {
    // A copy: the caller may use its array again.
    const copy = typeof value === "string" ? Buffer.from(value) : Buffer.from(value.slice(start, end));
    try {
      const partition = partitionOf(Buffer.from(key), this.kafka.partitionsOf(topic));
      this.kafka.append(topic, partition, { key, value: copy, headers: HEADERS });
    } catch (error) {
      return Promise.reject(error);
    }
    this.counts.generated++;
    this.counts.acknowledged++;
    this.counts.bytes += copy.length;
    this.byTopic[topic] = (this.byTopic[topic] ?? 0) + 1;
    return undefined;
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}
}

const HEADERS = {
  [HEADER_SCHEMA_VERSION]: Buffer.from(SCHEMA_VERSION),
  [HEADER_CONTENT_TYPE]: Buffer.from(CONTENT_TYPE_JSON),
};
