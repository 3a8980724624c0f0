import { isUtf8 } from "node:buffer";
import type { SourceRecord } from "../kafka/event-source";
import { HEADER_SCHEMA_VERSION } from "../kafka/topics";
import { SCHEMA_VERSION } from "../schema/events";
import type { EventDefinition } from "../schema/field";
import { describeFound, type Problem, type ValidEvent, validatorOf } from "../schema/validator";

/** What a record is: an event, or a dead letter with everything that is wrong with it. */
export type Verdict =
  | { readonly event: ValidEvent; readonly problems?: undefined }
  | { readonly event?: undefined; readonly problems: readonly Problem[] };

export interface JudgeLimits {
  readonly eventBytesMax: number;
  /** How far an event may lie before its record's Kafka timestamp; no limit where absent. */
  readonly eventAgeMaxMs: number | undefined;
}

/** How far an event's time may lie after its record's Kafka timestamp: clocks that are wrong, not time travel. */
const EVENT_AHEAD_MAX_MS = 3_600_000;

/** Judges the records of one topic. Never throws: a bad event is data. */
export function createJudge(event: EventDefinition, limits: JudgeLimits): (record: SourceRecord) => Verdict {
  const validator = validatorOf(event);
  return (record) => {
    const { value } = record;
    if (value === null) {
      return { problems: [{ code: "tombstone", found: "no value", allowed: "a JSON object" }] };
    }
    const problems: Problem[] = [];
    const version = headerText(record, HEADER_SCHEMA_VERSION);
    if (version !== undefined && version !== SCHEMA_VERSION) {
      problems.push({
        code: "unknown_schema_version",
        found: describeFound(version),
        allowed: `${SCHEMA_VERSION} in the header ${HEADER_SCHEMA_VERSION}, or no such header`,
      });
    }
    if (value.length > limits.eventBytesMax) {
      const allowed = `at most ${limits.eventBytesMax} bytes`;
      problems.push({ code: "oversized", found: `${value.length} bytes`, allowed });
      return { problems };
    }
    const parsed = parseJson(value);
    if (parsed.problem !== undefined) return { problems: [...problems, parsed.problem] };
    problems.push(...validator.validate(parsed.value));
    if (problems.length > 0) return { problems };
    const valid = parsed.value as ValidEvent;
    const outOfTime = checkTime(valid.ts as number, record.timestampMs, limits.eventAgeMaxMs);
    return outOfTime === undefined ? { event: valid } : { problems: [outOfTime] };
  };
}

function headerText(record: SourceRecord, name: string): string | undefined {
  const header = record.headers[name];
  if (header === undefined || typeof header === "string") return header;
  return Buffer.from(header).toString("utf8");
}

function parseJson(bytes: Uint8Array): { value?: unknown; problem?: Problem } {
  // Decoding would put U+FFFD in place of what is broken, and the event would be changed in silence.
  if (!isUtf8(bytes)) {
    return { problem: { code: "not_json", found: "bytes that are not UTF-8", allowed: "a JSON object in UTF-8" } };
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: { code: "not_json", found: describeFound(text), allowed: "a JSON object in UTF-8" } };
  }
}

function checkTime(eventMs: number, recordMs: number, ageMaxMs: number | undefined): Problem | undefined {
  const tooOld = ageMaxMs !== undefined && eventMs < recordMs - ageMaxMs;
  if (!tooOld && eventMs <= recordMs + EVENT_AHEAD_MAX_MS) return undefined;
  const from = ageMaxMs === undefined ? "any time" : new Date(recordMs - ageMaxMs).toISOString();
  return {
    code: "event_time_out_of_range",
    field: "ts",
    found: new Date(eventMs).toISOString(),
    allowed: `from ${from} to ${new Date(recordMs + EVENT_AHEAD_MAX_MS).toISOString()}, by the record's Kafka timestamp`,
  };
}
