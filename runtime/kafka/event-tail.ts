import { RhythmicError } from "../support/errors";
import type { PartitionOffsets, SourceRecord } from "./event-source";

/** A stretch of one partition: the records from the offset `from` to before `until`. */
export interface TailRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly until: number;
}

/**
 * Reads what was written lately, once, from known offsets to a known end: how a program that was killed sees what
 * Kafka has taken of it. Commits nothing.
 */
export interface EventTail {
  /** Id of the Kafka cluster. @throws RhythmicError broker_unreachable */
  clusterId(): Promise<string>;
  /** What Kafka holds, by partition. @throws RhythmicError broker_unreachable, broker_refused (no such topic) */
  offsets(topic: string): Promise<ReadonlyMap<number, PartitionOffsets>>;
  /**
   * Reads the ranges, each in order, several partitions in turn. Ends early where it is stopped.
   * @throws RhythmicError broker_unreachable where nothing comes for a minute; broker_refused where Kafka holds the
   *   beginning of a range no longer
   */
  read(ranges: readonly TailRange[], each: (range: TailRange, record: SourceRecord) => void): Promise<void>;
  close(): Promise<void>;
}

/** Offsets have no holes (runtime/kafka/topics.ts): what is passed over is gone. */
export function goneBy({ topic, partition }: TailRange, from: number, earliest: number): RhythmicError {
  return new RhythmicError(
    "broker_refused",
    `Of ${topic}, partition ${partition}, the records from offset ${from} on are wanted, but Kafka holds none before ${earliest} any more.`,
    { context: { topic, partition, from, earliest } },
  );
}
