import type { EachBatchPayload } from "kafkajs";
import { messageOf } from "../support/errors";
import type { Logger } from "../support/logging";
import { lookGroupOf } from "./access";
import type { Assignment, EventSource, PartitionOffsets, SourceHandler, SourceRecord } from "./event-source";
import { createInspector, type Inspector } from "./kafkajs-inspector";
import { createLooker, type Looker } from "./kafkajs-looker";
import { GroupMember } from "./kafkajs-member";
import { toRecord } from "./kafkajs-record";
import type { KafkaSecurity } from "./security";

export interface KafkaSourceOptions {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly clientId: string;
  readonly log: Logger;
  /** How Kafka knows this program, and this program Kafka. @default neither TLS nor a user */
  readonly security?: KafkaSecurity | undefined;
  /** Most bytes that one fetch from one broker brings, over all partitions. @default 4 MiB */
  readonly fetchBytesMax?: number;
  /**
   * How long a member may be silent before the group hands its partitions to others: what a killed program keeps
   * the others waiting. Brokers refuse less than six seconds unless told otherwise. @default ten seconds
   */
  readonly sessionTimeoutMs?: number;
}

const FETCH_BYTES_MAX = 4 * 1024 * 1024;
const FETCH_BYTES_PARTITION_MAX = 1024 * 1024;
const SESSION_TIMEOUT_MS = 10_000;
/** How long the others wait at most for a member that works on a batch when somebody comes or goes. */
const REBALANCE_TIMEOUT_MS = 60_000;
const HEARTBEAT_INTERVAL_MS = 500;
/** Also how long joining and leaving take, since kafkajs finishes its fetch first: its default of 5 s is too long. */
const MAX_WAIT_MS = 200;

/**
 * A source from Kafka over kafkajs. Where Kafka holds the offset of a `seek` no longer (or not yet), kafkajs goes to
 * the earliest one by itself: what is delivered then begins elsewhere, `epoch` has moved, and the handler must see
 * it by the offset. A topic that is deleted and made anew within one long delivery can pass unseen by `epoch`.
 * @throws RhythmicError broker_unreachable, broker_untrusted, broker_out_of_date
 */
export async function createKafkaSource(options: KafkaSourceOptions): Promise<EventSource> {
  const source = new KafkaSource(options);
  try {
    await source.clusterId();
  } catch (error) {
    await source.stop();
    throw error;
  }
  return source;
}

class KafkaSource implements EventSource {
  readonly failed: Promise<Error>;
  private readonly inspector: Inspector;
  private readonly looker: Looker;
  private readonly member: GroupMember;
  private fail: (error: Error) => void = () => undefined;
  private handler: SourceHandler | undefined;
  private topics: readonly string[] = [];
  private assignment: Assignment = new Map();
  /** Partitions between their `seek` and the next `pause` or assignment, by `keyOf`. */
  private readonly flowing = new Set<string>();
  private epochs = 0;

  constructor(private readonly options: KafkaSourceOptions) {
    this.inspector = createInspector(options);
    this.looker = createLooker(
      { ...options, groupId: lookGroupOf(options.groupId), topics: () => this.topics },
      this.inspector,
    );
    const count = () => {
      this.epochs++;
    };
    this.member = new GroupMember({
      ...options,
      onConnection: count,
      onTrouble: count,
      consumer: {
        sessionTimeout: options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
        rebalanceTimeout: REBALANCE_TIMEOUT_MS,
        heartbeatInterval: HEARTBEAT_INTERVAL_MS,
        maxWaitTimeInMs: MAX_WAIT_MS,
        maxBytes: options.fetchBytesMax ?? FETCH_BYTES_MAX,
        maxBytesPerPartition: Math.min(FETCH_BYTES_PARTITION_MAX, options.fetchBytesMax ?? FETCH_BYTES_MAX),
      },
      assigned: (assignment) => this.assigned(assignment),
      batch: (payload) => this.batch(payload),
    });
    const handlerFailed = new Promise<Error>((resolve) => {
      this.fail = resolve;
    });
    this.failed = Promise.race([this.member.failed, handlerFailed]);
  }

  clusterId(): Promise<string> {
    return this.inspector.clusterId();
  }

  offsets(topic: string): Promise<ReadonlyMap<number, PartitionOffsets>> {
    return this.inspector.offsets(topic);
  }

  async start(topics: readonly string[], handler: SourceHandler): Promise<void> {
    this.handler = handler;
    this.topics = topics;
    await this.member.start(topics);
  }

  isMember(): boolean {
    return this.member.isMember;
  }

  seek(topic: string, partition: number, offset: number): void {
    // A late seek, for a partition that has gone to another member meanwhile.
    if (!this.assignment.get(topic)?.includes(partition)) return;
    this.flowing.add(keyOf(topic, partition));
    this.member.seek(topic, partition, offset);
  }

  pause(topic: string, partition: number): void {
    this.flowing.delete(keyOf(topic, partition));
    this.member.pause(topic, partition);
  }

  recordAt(topic: string, partition: number, offset: number): Promise<SourceRecord | undefined> {
    return this.looker.look(topic, partition, offset);
  }

  epoch(): number {
    return this.epochs;
  }

  commitOffsets(offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<void> {
    return this.member.commit(
      [...offsets].flatMap(([topic, partitions]) =>
        [...partitions].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
      ),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([this.member.stop(), this.looker.close()]);
    await this.inspector.close();
  }

  private assigned(assignment: Assignment): void {
    this.epochs++;
    this.flowing.clear();
    this.assignment = assignment;
    this.handler?.assigned(assignment);
  }

  private async batch({ batch, isStale, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch;
    // Fetched before a pause or another seek: what is not resolved here is not counted as read.
    if (!this.flowing.has(keyOf(topic, partition)) || isStale()) return;
    const alive = async () => {
      // Where the group is changing, kafkajs hears of it again after this delivery, and joins anew.
      await heartbeat().catch((error: unknown) => this.options.log.debug({ error: messageOf(error) }, "no heartbeat"));
    };
    try {
      await this.handler?.records(topic, partition, batch.messages.map(toRecord), alive);
      resolveOffset(batch.lastOffset());
    } catch (error) {
      // kafkajs would deliver the same again, for ever. A handler that throws has given up.
      this.flowing.clear();
      this.fail(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
