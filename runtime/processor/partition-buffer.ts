import type { SourceRecord } from "../kafka/event-source";
import type { LastRecord } from "../lake/delta/actions";
import { HOUR_MS, hourOf } from "../lake/lake-layout";
import type { EventDefinition } from "../schema/field";
import type { Problem } from "../schema/validator";
import { HourBuffer } from "./hour-buffer";
import type { Verdict } from "./judge";
import { fingerprintOf } from "./topic-identity";

/** A record that is no event, with everything that is wrong with it. */
export interface DeadLetter {
  readonly record: SourceRecord;
  readonly problems: readonly Problem[];
  readonly ingestedAtMs: number;
}

/** Roughly what a record takes beside its value and key; a flood of empty ones must not look like nothing. */
const RECORD_BYTES = 100;
const PROBLEM_BYTES = 300;

/** What is in memory of one partition: the offsets from `start` to before `next`, not yet in the lake. */
export class PartitionBuffer {
  readonly hours = new Map<number, HourBuffer>();
  readonly deadLetters: DeadLetter[] = [];
  #lastRecord: SourceRecord | undefined;
  #lastHour: HourBuffer | undefined;
  #next: number;
  rows = 0;
  /** What the records take: values, keys, and what even an empty one costs. */
  bytes = 0;
  /** When the oldest record here was read; `undefined` while empty. */
  oldestMs: number | undefined;

  constructor(
    private readonly event: EventDefinition,
    readonly partition: number,
    /** The next offset by the lake's log: E of the protocol. */
    readonly start: number,
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
      this.#hourAt(verdict.event.ts as number).add(verdict.event, record.offset, nowMs);
      this.rows++;
    }
    this.bytes += (record.value?.length ?? 0) + (record.key?.length ?? 0) + RECORD_BYTES;
    if (verdict.event === undefined) this.bytes += verdict.problems.length * PROBLEM_BYTES;
    this.oldestMs ??= nowMs;
    this.#lastRecord = record;
    this.#next = record.offset + 1;
  }

  #hourAt(eventMs: number): HourBuffer {
    // Most events fall into the hour of the one before.
    const last = this.#lastHour;
    if (last !== undefined && eventMs >= last.eventHourMs && eventMs < last.eventHourMs + HOUR_MS) return last;
    const eventHourMs = hourOf(eventMs);
    const hour = this.hours.get(eventHourMs) ?? new HourBuffer(this.event, this.partition, eventHourMs);
    this.hours.set(eventHourMs, hour);
    this.#lastHour = hour;
    return hour;
  }

  /** The fingerprint of the record before `next`. */
  get last(): LastRecord | undefined {
    return this.#lastRecord === undefined ? undefined : fingerprintOf(this.#lastRecord);
  }
}
