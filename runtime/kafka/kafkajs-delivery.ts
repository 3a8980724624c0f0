import { setTimeout as sleep } from "node:timers/promises";
import type { Message, Producer, RecordMetadata } from "kafkajs";
import type { Logger } from "../support/logging";
import { protocolErrorOf } from "./kafkajs-client";
import { isRefusedForGood } from "./kafkajs-trust";

/** What a delivery needs of a producer, so that tests can put a false one in its place. */
export type PartitionSender = Pick<Producer, "send">;

export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: Message[];
}

export interface DeliveryLimits {
  /** How long a batch is tried before it counts as lost. */
  readonly deliveryTimeoutMs: number;
  /** Aborted where nobody wants the delivery any more. */
  readonly abandoned: AbortSignal;
  readonly log: Logger;
}

const ALL_IN_SYNC_REPLICAS = -1;
const REQUEST_TIMEOUT_MS = 30_000;
const WAIT_FIRST_MS = 100;
const WAIT_MAX_MS = 5_000;

/** Answers of Kafka that the same batch will get again however often it is sent (kafka.apache.org/protocol). */
const FINAL_ANSWERS: readonly string[] = [
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "CORRUPT_MESSAGE",
  "INVALID_PRODUCER_EPOCH",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "POLICY_VIOLATION",
];

/**
 * Sends records of one partition and comes back when all in-sync replicas have them.
 *
 * One partition a call, because kafkajs 2.2.4 loses acknowledged records otherwise: when a leader moves during a send
 * over several partitions, its retry leaves out every broker that has answered already, and resolves all the same
 * (tulios/kafkajs #1303, #1798). For the same reason a partition that is missing from the answer counts as not sent.
 * Sending the same batch again is safe: the idempotent producer gives it the same sequence numbers, and Kafka keeps
 * one copy.
 *
 * @throws the last error, when the time is over or trying again is no use
 */
export async function deliver(producer: PartitionSender, batch: Batch, limits: DeliveryLimits): Promise<void> {
  const { topic, partition, messages } = batch;
  const deadlineMs = Date.now() + limits.deliveryTimeoutMs;
  for (let waitMs = WAIT_FIRST_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MAX_MS)) {
    try {
      const answer = await producer.send({ topic, messages, acks: ALL_IN_SYNC_REPLICAS, timeout: REQUEST_TIMEOUT_MS });
      if (isAcknowledged(answer, topic, partition)) return;
      throw new Error(`Kafka's answer does not name partition ${partition} of ${topic}`);
    } catch (error) {
      const protocolError = protocolErrorOf(error);
      if (protocolError !== undefined && FINAL_ANSWERS.includes(protocolError)) throw error;
      if (isRefusedForGood(error)) throw error;
      if (limits.abandoned.aborted || Date.now() + waitMs >= deadlineMs) throw error;
      const context = { topic, partition, records: messages.length, error: String(error) };
      limits.log.warn(context, `a batch was not acknowledged; sending it again in ${waitMs / 1000} s`);
      await sleep(waitMs, undefined, { signal: limits.abandoned });
    }
  }
}

function isAcknowledged(answer: readonly RecordMetadata[], topic: string, partition: number): boolean {
  return answer.some((one) => one.topicName === topic && one.partition === partition && one.errorCode === 0);
}
