/** A record as it stands in Kafka. */
export interface SourceRecord {
  readonly offset: number;
  /** The record's Kafka timestamp: the time of its production. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  /** `null`: a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array | string | undefined>>;
}

/** What Kafka holds of a partition: offsets from `earliest` to before `end`. */
export interface PartitionOffsets {
  readonly earliest: number;
  /** The offset that the next record will have. */
  readonly end: number;
}

/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

export interface SourceHandler {
  /**
   * The group has handed out its partitions anew: these are held from now on, all others are not any more. Until
   * `seek` is called for a partition nothing of it is delivered. Must not block: start the work and return.
   */
  assigned(assignment: Assignment): void;
  /**
   * Records of one partition, in order, beginning where `seek` said or where the last delivery ended. The next
   * delivery (of any partition) waits for the promise: this is the backpressure. `heartbeat` is to be called
   * between the steps of work that takes seconds.
   */
  records(
    topic: string,
    partition: number,
    records: readonly SourceRecord[],
    heartbeat: () => Promise<void>,
  ): Promise<void>;
}

/**
 * Events from Kafka, as a member of a consumer group that only shares out partitions: positions come from the lake's
 * tables, never from the group's offsets.
 */
export interface EventSource {
  /** Id of the Kafka cluster. @throws RhythmicError broker_unreachable */
  clusterId(): Promise<string>;
  /** What Kafka holds, by partition. @throws RhythmicError broker_unreachable, broker_refused (no such topic) */
  offsets(topic: string): Promise<ReadonlyMap<number, PartitionOffsets>>;
  /** Joins the group and delivers until `stop`. Resolves when joined. @throws RhythmicError broker_unreachable */
  start(topics: readonly string[], handler: SourceHandler): Promise<void>;
  /**
   * Is it in the group at this moment? Not before it has joined, and not from when it has lost Kafka until it has
   * joined again.
   */
  isMember(): boolean;
  /**
   * From where the partition is delivered: the next delivery begins at exactly this offset, or (where Kafka no
   * longer holds it) elsewhere, which the handler must check.
   */
  seek(topic: string, partition: number, offset: number): void;
  /** Stops the delivery of a partition until the next `seek`. */
  pause(topic: string, partition: number): void;
  /**
   * One record, read apart from the deliveries (a consumer of its own, in the group `<group>-look`).
   * @returns `undefined` where Kafka holds no record at this offset
   */
  recordAt(topic: string, partition: number, offset: number): Promise<SourceRecord | undefined>;
  /**
   * Counts up whenever a topic may have been made anew unseen: on a rebalance, a reconnect, a metadata error.
   */
  epoch(): number;
  /** Commits offsets to the group, as a gauge of lag only. @throws where Kafka refuses; nothing depends on it */
  commitOffsets(offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void>;
  /** Resolves when the source has failed for good, with why; never where it is stopped. */
  readonly failed: Promise<Error>;
  /** Leaves the group and closes the connections. */
  stop(): Promise<void>;
}
