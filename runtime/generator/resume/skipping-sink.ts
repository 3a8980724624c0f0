import type { EventSink, SinkCounts } from "../../kafka/event-sink";
import type { PendingRecords } from "./pending-records";

/** A sink that does not write again what its destination has already taken; its counts tell it as delivered. */
export class SkippingSink implements EventSink {
  private readonly skipped = { records: 0, bytes: 0, byTopic: {} as Record<string, number> };

  constructor(
    private readonly sink: EventSink,
    private readonly pending: PendingRecords,
  ) {}

  get counts(): SinkCounts {
    const { skipped } = this;
    const { generated, acknowledged, bytes, byTopic } = this.sink.counts;
    const sum: Record<string, number> = { ...byTopic };
    for (const [topic, records] of Object.entries(skipped.byTopic)) sum[topic] = (sum[topic] ?? 0) + records;
    return {
      generated: generated + skipped.records,
      acknowledged: acknowledged + skipped.records,
      bytes: bytes + skipped.bytes,
      byTopic: sum,
    };
  }

  write(
    topic: string,
    key: string,
    value: string | Uint8Array,
    start?: number,
    end?: number,
  ): Promise<void> | undefined {
    if (this.pending.isEmpty) return this.sink.write(topic, key, value, start, end);
    const bytes = typeof value === "string" ? Buffer.from(value) : value.subarray(start, end);
    if (!this.pending.take(topic, key, bytes)) return this.sink.write(topic, key, bytes);
    const { skipped } = this;
    skipped.records++;
    skipped.bytes += bytes.length;
    skipped.byTopic[topic] = (skipped.byTopic[topic] ?? 0) + 1;
    return undefined;
  }

  flush(): Promise<void> {
    return this.sink.flush();
  }

  close(): Promise<void> {
    return this.sink.close();
  }
}
