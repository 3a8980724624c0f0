import type { EventSink } from "./event-sink";
import type { Assignment, EventSource } from "./event-source";
import type { EventTail } from "./event-tail";

/**
 * The ports with a prefix in front of the topics' names in Kafka. Everybody on this side sees the names without it.
 */

export function prefixedSink(sink: EventSink, prefix: string): EventSink {
  if (prefix === "") return sink;
  return {
    write: (topic, key, value, start, end) => sink.write(prefix + topic, key, value, start, end),
    flush: () => sink.flush(),
    close: () => sink.close(),
    get counts() {
      const byTopic = Object.entries(sink.counts.byTopic).map(([topic, count]) => [topic.slice(prefix.length), count]);
      return { ...sink.counts, byTopic: Object.fromEntries(byTopic) };
    },
  };
}

export function prefixedSource(source: EventSource, prefix: string): EventSource {
  if (prefix === "") return source;
  const withoutPrefix = (assignment: Assignment): Assignment =>
    new Map([...assignment].map(([topic, partitions]) => [topic.slice(prefix.length), partitions]));
  return {
    clusterId: () => source.clusterId(),
    offsets: (topic) => source.offsets(prefix + topic),
    start: (topics, handler) =>
      source.start(
        topics.map((topic) => prefix + topic),
        {
          assigned: (assignment) => handler.assigned(withoutPrefix(assignment)),
          records: (topic, partition, records, heartbeat) =>
            handler.records(topic.slice(prefix.length), partition, records, heartbeat),
        },
      ),
    isMember: () => source.isMember(),
    seek: (topic, partition, offset) => source.seek(prefix + topic, partition, offset),
    pause: (topic, partition) => source.pause(prefix + topic, partition),
    recordAt: (topic, partition, offset) => source.recordAt(prefix + topic, partition, offset),
    epoch: () => source.epoch(),
    commitOffsets: (offsets) =>
      source.commitOffsets(new Map([...offsets].map(([topic, byPartition]) => [prefix + topic, byPartition]))),
    failed: source.failed,
    stop: () => source.stop(),
  };
}

export function prefixedTail(tail: EventTail, prefix: string): EventTail {
  if (prefix === "") return tail;
  return {
    clusterId: () => tail.clusterId(),
    offsets: (topic) => tail.offsets(prefix + topic),
    read: (ranges, each) =>
      tail.read(
        ranges.map((range) => ({ ...range, topic: prefix + range.topic })),
        (range, record) => each({ ...range, topic: range.topic.slice(prefix.length) }, record),
      ),
    close: () => tail.close(),
  };
}
