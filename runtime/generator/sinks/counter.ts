import type { SinkCounts } from "../../kafka/event-sink";
import { EVENTS } from "../../schema/events";

/** The books of a sink. */
export class Counter implements SinkCounts {
  generated = 0;
  acknowledged = 0;
  bytes = 0;
  readonly byTopic: Record<string, number> = Object.fromEntries(EVENTS.map(({ topic }) => [topic, 0]));

  took(topic: string, bytes: number): void {
    this.generated++;
    this.bytes += bytes;
    this.byTopic[topic] = (this.byTopic[topic] ?? 0) + 1;
  }
}
