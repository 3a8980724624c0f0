import type { Message, Producer } from "kafkajs";
import { createNullSink } from "../../../runtime/generator/sinks/null-sink";
import type { EventSink } from "../../../runtime/kafka/event-sink";
import { createClient } from "../../../runtime/kafka/kafkajs-client";
import { partitionOf } from "../../../runtime/kafka/partitioner";
import {
  CONTENT_TYPE_JSON,
  HEADER_CONTENT_TYPE,
  HEADER_SCHEMA_VERSION,
  PARTITIONS_PER_TOPIC,
} from "../../../runtime/kafka/topics";
import { SCHEMA_VERSION } from "../../../runtime/schema/events";
import { SILENT } from "../../../runtime/support/logging";

/**
 * What kafkajs bears by itself: the generator's records, made and gathered into batches beforehand, with the settings
 * of runtime/kafka/kafkajs-sink.ts: two idempotent producers, acknowledged by all in-sync replicas, one batch of a
 * partition on its way, batches of 128 KiB.
 */
const BATCH_BYTES_MAX = 128 * 1024;
const RECORD_OVERHEAD_BYTES = 80;
const PRODUCERS = 2;
const ALL_IN_SYNC_REPLICAS = -1;

interface PartitionBatches {
  readonly topic: string;
  readonly partition: number;
  readonly batches: Message[][];
  /** Of the open batch. */
  bytes: number;
}

export interface Batches {
  readonly partitions: readonly PartitionBatches[];
  /** Of all values. */
  readonly bytes: number;
}

/** @param run writes the records into a sink */
export async function batchesOf(run: (sink: EventSink) => Promise<void>): Promise<Batches> {
  const partitions = new Map<string, PartitionBatches>();
  const headers = { [HEADER_SCHEMA_VERSION]: SCHEMA_VERSION, [HEADER_CONTENT_TYPE]: CONTENT_TYPE_JSON };
  const counting = createNullSink();
  await run({
    ...counting,
    write(topic, key, value, start, end) {
      const keyBytes = Buffer.from(key);
      const copy = typeof value === "string" ? Buffer.from(value) : Buffer.from(value.subarray(start, end));
      const partition = partitionOf(keyBytes, PARTITIONS_PER_TOPIC);
      const name = `${topic} ${partition}`;
      const queue = partitions.get(name) ?? { topic, partition, batches: [], bytes: BATCH_BYTES_MAX };
      partitions.set(name, queue);
      const bytes = copy.length + keyBytes.length + RECORD_OVERHEAD_BYTES;
      if (queue.bytes + bytes > BATCH_BYTES_MAX) {
        queue.batches.push([]);
        queue.bytes = 0;
      }
      queue.batches.at(-1)?.push({ key: keyBytes, value: copy, partition, headers });
      queue.bytes += bytes;
      return counting.write(topic, key, copy);
    },
  });
  return { partitions: [...partitions.values()], bytes: counting.counts.bytes };
}

/** Sends all batches. @returns the bytes of all values */
export async function sendAlone(brokers: string, { partitions, bytes }: Batches): Promise<number> {
  const client = createClient({ brokers: [brokers], clientId: "bench-producer", log: SILENT });
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
  await Promise.all(producers.map((producer) => producer.connect()));
  try {
    await Promise.all(
      partitions.map(async ({ topic, partition, batches }) => {
        const producer = producers[partition % PRODUCERS] as Producer;
        for (const messages of batches) await producer.send({ topic, messages, acks: ALL_IN_SYNC_REPLICAS });
      }),
    );
    return bytes;
  } finally {
    await Promise.all(producers.map((producer) => producer.disconnect()));
  }
}
