import type { IHeaders, KafkaMessage } from "kafkajs";
import type { SourceRecord } from "./event-source";

type Headers = SourceRecord["headers"];

const NO_HEADERS: Headers = {};

/** A record of kafkajs as one of ours. Called for every record there is, so it makes as little as it can. */
export function toRecord(message: KafkaMessage): SourceRecord {
  return {
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: message.headers === undefined ? NO_HEADERS : toHeaders(message.headers),
  };
}

/** Where a header stands several times, which kafkajs gives as an array, the last one counts. */
function toHeaders(headers: IHeaders): Headers {
  for (const name in headers) if (Array.isArray(headers[name])) return lastOfEach(headers);
  return headers as Headers;
}

function lastOfEach(headers: IHeaders): Headers {
  const last = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]);
  return Object.fromEntries(last) as Headers;
}
