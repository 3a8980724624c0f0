import { createHash } from "node:crypto";
import type { EventSource, SourceRecord } from "../kafka/event-source";
import type { LastRecord } from "../lake/delta/actions";

/**
 * Is a topic still the one that the lake was filled from? It is recognised by the record before the lake's next offset:
 * after a topic was made anew, or an older copy put back, another one stands there, or none.
 */

/** What the lake keeps of the record before its next offset. */
export function fingerprintOf(record: SourceRecord): LastRecord {
  const hash = createHash("sha256");
  for (const part of [record.key, record.value]) {
    // A length before each part: key "ab" with value "c" is another record than "a" with "bc".
    hash.update(part === null ? "-" : `${part.length}:`);
    if (part !== null) hash.update(part);
  }
  return { offset: record.offset, timestamp: record.timestampMs, sha256: hash.digest("hex") };
}

/** Is this the record that the lake knows? */
export function isExpected(expected: LastRecord, record: SourceRecord): boolean {
  if (record.offset !== expected.offset) return false;
  const found = fingerprintOf(record);
  return found.sha256 === expected.sha256 && found.timestamp === expected.timestamp;
}

export const GONE = "Kafka no longer holds it though it holds newer ones";
export const ANOTHER = "another one stands there";

/**
 * Reads the record anew and compares it.
 * @param mayBeGone retention may take the record while we read on; that alone is no sign of another topic, unless
 *   something happened meanwhile that can hide one
 * @returns what is wrong, or nothing. @throws RhythmicError broker_unreachable
 */
export async function whatIsWrong(
  source: Pick<EventSource, "recordAt">,
  topic: string,
  partition: number,
  expected: LastRecord,
  mayBeGone: boolean,
): Promise<string | undefined> {
  const record = await source.recordAt(topic, partition, expected.offset);
  if (record === undefined) return mayBeGone ? undefined : GONE;
  return isExpected(expected, record) ? undefined : ANOTHER;
}

/** The sentence for it. @param lake the lake's place @param what GONE or ANOTHER */
export function otherTopicMessage(
  lake: string,
  topic: string,
  partition: number,
  offset: number,
  what: string,
): string {
  return `The record ${topic}/${partition}/${offset} is not the one that the lake ${lake} knows: ${what}; the topic was made anew, or an older copy put back. Put the topic back, or start with a new lake.`;
}
