import { setTimeout as sleep } from "node:timers/promises";
import type { PartitionOffsets } from "../../kafka/event-source";
import type { EventTail, TailRange } from "../../kafka/event-tail";
import { RhythmicError } from "../../support/errors";
import type { Logger } from "../../support/logging";
import { PendingRecords } from "./pending-records";
import type { KafkaMark } from "./saved-run";

/**
 * What a killed program had on its way reaches Kafka a moment after its end at the latest: its sockets are emptied by
 * the system, and Kafka takes requests in the order in which they came.
 */
const SETTLE_MS = 1_000;

type Offsets = KafkaMark["offsets"];

/** Where the topics stand; everything of ours must have been acknowledged. */
export async function offsetsOf(tail: EventTail, topics: readonly string[]): Promise<Offsets> {
  const found = await Promise.all(topics.map(async (topic) => [topic, endsOf(await tail.offsets(topic))] as const));
  return Object.fromEntries(found);
}

function endsOf(offsets: ReadonlyMap<number, PartitionOffsets>): number[] {
  return Array.from({ length: offsets.size }, (_, partition) => (offsets.get(partition) as PartitionOffsets).end);
}

export interface Recovery {
  /** How far the topics were read. */
  readonly offsets: Offsets;
  /** The records that Kafka has taken since the mark, ours among them. */
  readonly pending: PendingRecords;
}

/**
 * Reads what came after the mark.
 * @param stop where it is aborted, less may have been read: the caller must not go on
 * @throws RhythmicError bad_settings where Kafka is not as the mark says; broker_unreachable
 */
export async function recover(
  tail: EventTail,
  mark: KafkaMark,
  { stop, log, settleMs = SETTLE_MS }: { stop: AbortSignal; log: Logger; settleMs?: number },
): Promise<Recovery> {
  const topics = Object.keys(mark.offsets);
  await checkCluster(tail, mark);
  const partitions = new Map(topics.map((topic) => [topic, mark.offsets[topic]?.length ?? 0]));
  const pending = new PendingRecords(partitions, mark.pending);
  await checkHeld(tail, mark);
  // Nothing of ours came after a clean stop, however much of others did: nobody needs to look at that again.
  if (mark.isComplete) return { offsets: await offsetsOf(tail, topics), pending };
  let records = 0;
  let offsets = mark.offsets;
  for (let look = 0; look < 2 && !stop.aborted; look++) {
    if (look > 0) await sleep(settleMs, undefined, { signal: stop }).catch(() => undefined);
    const ends = await offsetsOf(tail, topics);
    await tail.read(rangesBetween(offsets, ends), (range, record) => {
      records++;
      pending.add(range.topic, range.partition, record);
    });
    offsets = ends;
  }
  if (!stop.aborted) log.info({ records }, "read what Kafka has taken since the state was written");
  return { offsets, pending };
}

function rangesBetween(from: Offsets, until: Offsets): TailRange[] {
  return Object.entries(from).flatMap(([topic, partitions]) =>
    partitions.map((offset, partition) => ({
      topic,
      partition,
      from: offset,
      until: until[topic]?.[partition] ?? offset,
    })),
  );
}

const ANEW = "remove the state to begin the run anew, which repeats in Kafka what it wrote there before";

async function checkCluster(tail: EventTail, mark: KafkaMark): Promise<void> {
  const clusterId = await tail.clusterId();
  if (clusterId === mark.clusterId) return;
  throw new RhythmicError(
    "bad_settings",
    `The state was written for the Kafka cluster ${mark.clusterId}, but this is ${clusterId}; give that one's --brokers, or ${ANEW}.`,
  );
}

/** Is everything still there that came after the mark? */
async function checkHeld(tail: EventTail, mark: KafkaMark): Promise<void> {
  for (const [topic, offsets] of Object.entries(mark.offsets)) {
    const held = await tail.offsets(topic);
    if (held.size !== offsets.length) {
      throw new RhythmicError(
        "bad_settings",
        `The topic ${topic} has ${held.size} partitions, but ${offsets.length} when the state was written; ${ANEW}.`,
      );
    }
    offsets.forEach((offset, partition) => {
      const { earliest, end } = held.get(partition) as PartitionOffsets;
      const where = `of ${topic}, partition ${partition}`;
      if (end < offset) {
        throw new RhythmicError(
          "bad_settings",
          `Kafka holds records up to offset ${end} ${where}, but did up to ${offset} when the state was written: the topic was made anew; ${ANEW}.`,
        );
      }
      if (earliest > offset && !mark.isComplete) {
        throw new RhythmicError(
          "bad_settings",
          `Kafka holds the records ${where} from offset ${earliest} on only, so which of those from ${offset} on were of this run can't be seen any more; ${ANEW}.`,
        );
      }
    });
  }
}
