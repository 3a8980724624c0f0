import type { EventSink } from "../../kafka/event-sink";
import { Counter } from "./counter";

/** Counts and forgets: for measuring the generator alone. */
export function createNullSink(): EventSink {
  const counts = new Counter();
  return {
    counts,
    write(topic, _key, value, start = 0, end = value.length) {
      counts.took(topic, end - start);
      counts.acknowledged++;
      return undefined;
    },
    flush: async () => undefined,
    close: async () => undefined,
  };
}
