import type { IHeaders, KafkaMessage } from "kafkajs";
import { toRecord } from "../../../runtime/kafka/kafkajs-record";

function message(headers?: IHeaders): KafkaMessage {
  const rest = { key: null, value: null, timestamp: "1700000000000", attributes: 0 };
  return { ...rest, offset: "9007199254740991", headers: headers ?? {} };
}

test("a record's offset and time are numbers, a tombstone's value is null", () => {
  expect(toRecord(message())).toEqual({
    offset: Number.MAX_SAFE_INTEGER,
    timestampMs: 1_700_000_000_000,
    key: null,
    value: null,
    headers: {},
  });
});

test("of a header that stands several times the last one counts", () => {
  const [first, last, other] = [Buffer.from("1"), Buffer.from("2"), Buffer.from("3")];
  expect(toRecord(message({ "schema-version": [first, last], other })).headers).toEqual({
    "schema-version": last,
    other,
  });
});
