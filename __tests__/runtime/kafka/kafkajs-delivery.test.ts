import { KafkaJSConnectionError, KafkaJSProtocolError, type RecordMetadata } from "kafkajs";
import { deliver } from "../../../runtime/kafka/kafkajs-delivery";
import { SILENT } from "../../../runtime/support/logging";

const BATCH = { topic: "topic", partition: 2, messages: [{ value: "a", partition: 2 }] };
const ACKNOWLEDGED: RecordMetadata = { topicName: "topic", partition: 2, errorCode: 0 };
const TOO_LARGE = Object.assign(new KafkaJSProtocolError(new Error("too large")), { type: "MESSAGE_TOO_LARGE" });

/** A producer whose sends end as told, one after the other; the last one again and again. */
function producer(...ends: (RecordMetadata[] | Error)[]) {
  let sends = 0;
  return {
    get sends() {
      return sends;
    },
    async send(): Promise<RecordMetadata[]> {
      const end = ends[Math.min(sends++, ends.length - 1)] ?? [];
      if (end instanceof Error) throw end;
      return end;
    },
  };
}

function limits(deliveryTimeoutMs = 10_000, abandoned = new AbortController().signal) {
  return { deliveryTimeoutMs, abandoned, log: SILENT };
}

test("sends again where the partition is missing from the answer: kafkajs resolves without having sent it", async () => {
  // What lost 1,336 of 866,500 acknowledged records: a leader moved during a send, and kafkajs left the partition out.
  const other: RecordMetadata = { topicName: "topic", partition: 1, errorCode: 0 };
  const sender = producer([], [other], [ACKNOWLEDGED]);
  await deliver(sender, BATCH, limits());
  expect(sender.sends).toBe(3);
});

test("sends again where the connection was lost", async () => {
  const sender = producer(new KafkaJSConnectionError("lost"), [ACKNOWLEDGED]);
  await deliver(sender, BATCH, limits());
  expect(sender.sends).toBe(2);
});

test("does not send again what Kafka will never take", async () => {
  const sender = producer(TOO_LARGE);
  await expect(deliver(sender, BATCH, limits())).rejects.toBe(TOO_LARGE);
  expect(sender.sends).toBe(1);
});

test("gives up when its time is over", async () => {
  const sender = producer([]);
  await expect(deliver(sender, BATCH, limits(250))).rejects.toThrow("does not name partition 2 of topic");
  expect(sender.sends).toBe(2);
});

test("gives up when nobody wants the delivery any more", async () => {
  const abandon = new AbortController();
  const delivery = deliver(producer([]), BATCH, limits(60_000, abandon.signal));
  abandon.abort();
  await expect(delivery).rejects.toThrow();
});
