import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Message, Producer } from "kafkajs";
import { SCHEMA_VERSION } from "../schema/events";
import { isRetryable, messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { EventSink, SinkCounts } from "./event-sink";
import { withAdmin } from "./kafkajs-admin";
import { createClient, kafkaError, protocolErrorOf, unknownTopic } from "./kafkajs-client";
import { type DeliveryLimits, deliver } from "./kafkajs-delivery";
import { refusalIn } from "./kafkajs-trust";
import { partitionOf } from "./partitioner";
import type { KafkaSecurity } from "./security";
import { CONTENT_TYPE_JSON, HEADER_CONTENT_TYPE, HEADER_SCHEMA_VERSION } from "./topics";

export interface KafkaSinkOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Logger;
  /** How Kafka knows this program, and this program Kafka. @default neither TLS nor a user */
  readonly security?: KafkaSecurity | undefined;
  /**
   * Bytes of keys and values that a batch to one partition may reach. Must leave room for the records' own framing
   * below Kafka's limit of a batch, 1 MiB (`message.max.bytes`), which refuses a larger one and does not split it.
   * @default 128 KiB: kafkajs groups a batch in quadratic time
   */
  readonly batchBytesMax?: number;
  /** Aborted where the program is to stop: what Kafka does not take within seconds counts as lost then. */
  readonly stop?: AbortSignal;
  /** How long a batch is tried before it counts as lost. @default two minutes, as Kafka's Java client */
  readonly deliveryTimeoutMs?: number;
}

const BATCH_BYTES_MAX = 128 * 1024;
const DELIVERY_TIMEOUT_MS = 120_000;
const STOP_WITHIN_MS = 5_000;
/** How soon an unknown topic is asked for again where Kafka is away. */
const OPEN_WAIT_MS = 1_000;
/** Batches, over all partitions, that may wait or be on their way before `write` asks its caller to wait. */
const BATCHES_BUFFERED_MAX = 48;
/** How long a batch that is not full waits for more. */
const LINGER_MS = 20;
/**
 * An idempotent producer of kafkajs has one request a broker on its way; a second producer encodes meanwhile. A
 * partition always belongs to the same one, so its order stays.
 */
const PRODUCERS = 2;
/** Framing of a record beside its key and value: lengths, timestamp and offset deltas, and our two headers. */
const RECORD_OVERHEAD_BYTES = 80;

const HEADERS = {
  [HEADER_SCHEMA_VERSION]: SCHEMA_VERSION,
  [HEADER_CONTENT_TYPE]: CONTENT_TYPE_JSON,
};

interface OpenBatch {
  messages: Message[];
  bytes: number;
}

/** The records of one partition that are not yet acknowledged. */
interface PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly producer: Producer;
  /** Full batches, oldest first. */
  readonly full: OpenBatch[];
  /** The batch that takes the next record. */
  open: OpenBatch;
  /** Is a batch on its way? One at a time keeps the order. */
  sending: boolean;
}

/**
 * A sink to Kafka: idempotent, acknowledged by all in-sync replicas, the records of a key in order, memory bounded.
 * A topic's partitions are counted at its first event. After a delivery has failed, everything else is refused too:
 * what comes after a gap must not be taken for the whole.
 * @throws RhythmicError broker_unreachable, broker_untrusted, broker_out_of_date
 */
export async function createKafkaSink(options: KafkaSinkOptions): Promise<EventSink> {
  const client = createClient(options);
  const producers = Array.from({ length: PRODUCERS }, () =>
    client.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    }),
  );
  try {
    await Promise.all(producers.map((producer) => producer.connect()));
  } catch (error) {
    await disconnect(producers);
    throw kafkaError(error, options, "the producer could not connect");
  }
  return new KafkaSink(options, producers);
}

async function disconnect(producers: readonly Producer[]): Promise<void> {
  // A broker that is gone can't be told goodbye, and nothing depends on it.
  await Promise.allSettled(producers.map((producer) => producer.disconnect()));
}

class KafkaSink implements EventSink {
  readonly counts: SinkCounts & { generated: number; acknowledged: number; bytes: number };
  private readonly byTopic: Record<string, number> = {};
  private readonly topics = new Map<string, PartitionQueue[]>();
  private readonly limits: DeliveryLimits;
  /** Aborted where a delivery has failed: the others need not be tried any longer. */
  private readonly abandon = new AbortController();
  private readonly batchBytesMax: number;
  private readonly bufferBytesMax: number;
  private bufferedBytes = 0;
  /** Told whenever a send has ended. */
  private waiting: (() => void)[] = [];
  private linger: NodeJS.Timeout | undefined;
  private failure: RhythmicError | undefined;

  constructor(
    private readonly options: KafkaSinkOptions,
    private readonly producers: readonly Producer[],
  ) {
    this.batchBytesMax = options.batchBytesMax ?? BATCH_BYTES_MAX;
    this.bufferBytesMax = BATCHES_BUFFERED_MAX * this.batchBytesMax;
    this.limits = {
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS,
      log: options.log,
      abandoned: this.abandon.signal,
    };
    this.counts = { generated: 0, acknowledged: 0, bytes: 0, byTopic: this.byTopic };
    // Every partition may wait on it at once; Node.js would warn of more than ten.
    setMaxListeners(0, this.abandon.signal);
    const onStop = () => setTimeout(() => this.abandon.abort(), STOP_WITHIN_MS).unref();
    options.stop?.addEventListener("abort", onStop, { once: true });
  }

  write(
    topic: string,
    key: string,
    value: string | Uint8Array,
    start?: number,
    end?: number,
  ): Promise<void> | undefined {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    // The caller may use its array again at once, so its bytes are copied.
    const copy = typeof value === "string" ? value : Buffer.from(value.subarray(start, end));
    const valueBytes = typeof copy === "string" ? Buffer.byteLength(copy) : copy.length;
    // Before its topic is known: an event that waits for Kafka is on its way, for whoever watches the counts.
    this.counts.generated++;
    this.counts.bytes += valueBytes;
    this.byTopic[topic] = (this.byTopic[topic] ?? 0) + 1;
    const queues = this.topics.get(topic);
    if (queues !== undefined) return this.enqueue(topic, queues, key, copy, valueBytes);
    return this.open(topic).then((opened) => this.enqueue(topic, opened, key, copy, valueBytes));
  }

  private enqueue(
    topic: string,
    queues: readonly PartitionQueue[],
    key: string,
    value: string | Buffer,
    valueBytes: number,
  ): Promise<void> | undefined {
    const keyBytes = Buffer.from(key);
    const partition = partitionOf(keyBytes, queues.length);
    const queue = queues[partition];
    if (queue === undefined) throw new RhythmicError("internal", `${topic} has no partition ${partition}`);
    const message = { key: keyBytes, value, partition, headers: HEADERS };
    this.append(queue, message, valueBytes + keyBytes.length + RECORD_OVERHEAD_BYTES);
    return this.bufferedBytes < this.bufferBytesMax ? undefined : this.room();
  }

  private append(queue: PartitionQueue, message: Message, bytes: number): void {
    if (queue.open.messages.length > 0 && queue.open.bytes + bytes > this.batchBytesMax) {
      queue.full.push(queue.open);
      queue.open = { messages: [], bytes: 0 };
      this.pump(queue);
    }
    queue.open.messages.push(message);
    queue.open.bytes += bytes;
    this.bufferedBytes += bytes;
    this.linger ??= setTimeout(() => this.pumpAll(), LINGER_MS);
  }

  async flush(): Promise<void> {
    await this.drainTo(0);
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      clearTimeout(this.linger);
      await disconnect(this.producers);
    }
  }

  /** Waits until half of the buffer is free, so that the caller's next writes come in a run again. */
  private room(): Promise<void> {
    return this.drainTo(this.bufferBytesMax / 2);
  }

  /** @throws RhythmicError delivery_failed */
  private async drainTo(bytes: number): Promise<void> {
    while (this.failure === undefined && this.bufferedBytes > bytes) {
      this.pumpAll();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /**
   * Counts a topic's partitions. A topic's first event may come while Kafka is away: it waits as long as a delivery.
   * @throws RhythmicError broker_refused (no such topic), broker_unreachable
   */
  private async open(topic: string): Promise<readonly PartitionQueue[]> {
    const { log, deliveryTimeoutMs } = this.limits;
    const deadlineMs = Date.now() + deliveryTimeoutMs;
    let partitions: number | undefined;
    while (partitions === undefined) {
      partitions = await countPartitions(this.options, topic).catch((error: unknown) => {
        if (!isRetryable(error) || this.isGivenUp || Date.now() + OPEN_WAIT_MS >= deadlineMs) throw error;
        log.warn({ topic }, `a topic's first event waits: ${messageOf(error)}`);
        return undefined;
      });
      if (partitions === undefined) await sleep(OPEN_WAIT_MS);
    }
    // Another write may have opened it meanwhile.
    const known = this.topics.get(topic);
    if (known !== undefined) return known;
    const queues = Array.from({ length: partitions }, (_, partition): PartitionQueue => {
      const producer = this.producers[partition % this.producers.length];
      if (producer === undefined) throw new RhythmicError("internal", "a sink has no producer");
      return { topic, partition, producer, full: [], open: { messages: [], bytes: 0 }, sending: false };
    });
    this.topics.set(topic, queues);
    return queues;
  }

  /** Will nothing be delivered any more, or was it asked to stop? */
  private get isGivenUp(): boolean {
    return this.abandon.signal.aborted || this.options.stop?.aborted === true;
  }

  private pumpAll(): void {
    clearTimeout(this.linger);
    this.linger = undefined;
    for (const queues of this.topics.values()) for (const queue of queues) this.pump(queue);
  }

  /** Sends the next batch of a partition, unless one of it is on its way. */
  private pump(queue: PartitionQueue): void {
    if (queue.sending || this.failure !== undefined) return;
    let batch = queue.full.shift();
    if (batch === undefined) {
      batch = queue.open;
      queue.open = { messages: [], bytes: 0 };
    }
    if (batch.messages.length === 0) return;
    queue.sending = true;
    void this.send(queue, batch);
  }

  private async send(queue: PartitionQueue, { messages, bytes }: OpenBatch): Promise<void> {
    const { topic, partition, producer } = queue;
    try {
      await deliver(producer, { topic, partition, messages }, this.limits);
      this.counts.acknowledged += messages.length;
      this.bufferedBytes -= bytes;
    } catch (error) {
      this.failure ??= this.deliveryFailed(topic, partition, error);
      this.abandon.abort();
    }
    queue.sending = false;
    // What is full goes at once; what is not waits for its linger time or a flush.
    if (queue.full.length > 0) this.pump(queue);
    for (const tell of this.waiting.splice(0)) tell();
  }

  private deliveryFailed(topic: string, partition: number, cause: unknown): RhythmicError {
    const { generated, acknowledged } = this.counts;
    const at = this.options.brokers.join(",");
    const refusal = refusalIn(cause, this.options, "the records could not be written")?.message;
    const reason = refusal ?? protocolErrorOf(cause) ?? messageOf(cause);
    return new RhythmicError(
      "delivery_failed",
      `Kafka at ${at} did not acknowledge records of ${topic}, partition ${partition} (${reason}): ${acknowledged} of ${generated} events were acknowledged, the other ${generated - acknowledged} may be there or not.`,
      { cause, context: { topic, partition, generated, acknowledged } },
    );
  }
}

/** @throws RhythmicError broker_refused (no such topic), broker_unreachable */
async function countPartitions(options: KafkaSinkOptions, topic: string): Promise<number> {
  return withAdmin(options, `the topic ${topic} could not be read`, async (admin) => {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length ?? 0;
    } catch (error) {
      throw protocolErrorOf(error) === "UNKNOWN_TOPIC_OR_PARTITION" ? unknownTopic(topic, options.brokers) : error;
    }
  });
}
