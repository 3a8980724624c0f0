import type { PartitionOffsets } from "../kafka/event-source";
import type { LastRecord } from "../lake/delta/actions";
import { GONE, otherTopicMessage } from "./topic-identity";

/** Where a partition goes on, or why it does not. */
export type ResumePoint =
  | {
      /** The next offset: E of the protocol. */
      readonly start: number;
      /** The record before it, which must be seen first; none where the lake knows none, or Kafka holds nothing. */
      readonly expected: LastRecord | undefined;
      readonly problem?: undefined;
    }
  | { readonly problem: string };

export interface ResumeFacts {
  readonly lake: string;
  readonly topic: string;
  readonly partition: number;
  /** Version of the partition's `txn`. */
  readonly committed: number | undefined;
  /** Does the log hold a `txn` of the topic, of whichever partition? */
  readonly isTopicKnown: boolean;
  readonly last: LastRecord | undefined;
  /** `undefined`: Kafka has no such partition. */
  readonly kafka: PartitionOffsets | undefined;
}

/** P0: the lake's log says where to go on, and Kafka must hold that place. */
export function resumePointOf(facts: ResumeFacts): ResumePoint {
  const { lake, topic, partition, kafka, last } = facts;
  if (kafka === undefined) return { problem: `Kafka has no partition ${partition} of ${topic}.` };
  // A partition without a txn in a topic with one was always there: from 0, or its first events would be skipped.
  const start = facts.committed ?? (facts.isTopicKnown ? 0 : kafka.earliest);
  if (start < kafka.earliest || start > kafka.end) {
    return {
      problem: `The lake's next offset of ${topic}/${partition} is ${start}, but Kafka holds ${kafka.earliest} to ${kafka.end}: the topic was made anew, or its retention passed the processor. Put the topic back, or start with a new lake.`,
    };
  }
  const gone = last !== undefined && start - 1 < kafka.earliest;
  if (gone && kafka.end > start) return { problem: otherTopicMessage(lake, topic, partition, start - 1, GONE) };
  return { start, expected: gone ? undefined : last };
}
