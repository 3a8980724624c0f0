import { createHash } from "node:crypto";
import type { SourceRecord } from "../kafka/event-source";
import type { LastRecord } from "../lake/delta/actions";
import { hourOf } from "../lake/lake-layout";
import type { EventDefinition } from "../schema/field";
import type { Problem } from "../schema/validator";
import { HourBuffer, type TextPool } from "./hour-buffer";
import type { Verdict } from "./judge";

/** A record that is no event, with everything that is wrong with it. */
export interface DeadLetter {
  readonly record: SourceRecord;
  readonly problems: readonly Problem[];
  readonly ingestedAtMs: number;
}

/** How a topic is recognised: by the record before the next offset. */
export function fingerprintOf(record: SourceRecord): LastRecord {
  const hash = createHash("sha256");
  for (const part of [record.key, record.value]) {
    // A length before each part: key "ab" with value "c" is another record than "a" with "bc".
    hash.update(part === null ? "-" : `${part.length}:`);
    if (part !== null) hash.update(part);
  }
  return { offset: record.offset, timestamp: record.timestampMs, sha256: hash.digest("hex") };
}

/** What is in memory of one partition: the offsets from `start` to before `next`, not yet in the lake. */
export class PartitionBuffer {
  readonly hours = new Map<number, HourBuffer>();
  readonly deadLetters: DeadLetter[] = [];
  #lastRecord: SourceRecord | undefined;
  #next: number;
  rows = 0;
  /** Of the records' values and keys. */
  bytes = 0;
  /** When the oldest record here was read; `undefined` while empty. */
  oldestMs: number | undefined;

  constructor(
    private readonly event: EventDefinition,
    readonly partition: number,
    /** The next offset by the lake's log: E of the protocol. */
    readonly start: number,
    private readonly texts: TextPool,
  ) {
    this.#next = start;
  }

  get next(): number {
    return this.#next;
  }

  get isEmpty(): boolean {
    return this.#next === this.start;
  }

  /** Takes the record at `next`. */
  add(record: SourceRecord, verdict: Verdict, nowMs: number): void {
    if (verdict.event === undefined) {
      this.deadLetters.push({ record, problems: verdict.problems, ingestedAtMs: nowMs });
    } else {
      const eventHourMs = hourOf(verdict.event.ts as number);
      let hour = this.hours.get(eventHourMs);
      if (hour === undefined) {
        hour = new HourBuffer(this.event, this.texts);
        this.hours.set(eventHourMs, hour);
      }
      const place = { topic: this.event.topic, partition: this.partition, offset: record.offset };
      hour.add(verdict.event, { ...place, eventHourMs, ingestedAtMs: nowMs });
      this.rows++;
    }
    this.bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0);
    this.oldestMs ??= nowMs;
    this.#lastRecord = record;
    this.#next = record.offset + 1;
  }

  /** The fingerprint of the record before `next`. */
  get last(): LastRecord | undefined {
    return this.#lastRecord === undefined ? undefined : fingerprintOf(this.#lastRecord);
  }
}
