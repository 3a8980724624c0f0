import type { EventSink } from "../../../runtime/kafka/event-sink";
import type { Assignment, EventSource, SourceHandler, SourceRecord } from "../../../runtime/kafka/event-source";
import type { EventTail, TailRange } from "../../../runtime/kafka/event-tail";
import { partitionOf } from "../../../runtime/kafka/partitioner";
import { eventually } from "../../support/eventually";

/** A Kafka to run the contract against. */
export interface KafkaUnderTest {
  makeTopic(name: string, partitions: number): Promise<void>;
  deleteTopic(name: string): Promise<void>;
  /** Drops the records before an offset, as retention does. */
  trim(topic: string, partition: number, before: number): Promise<void>;
  committed(groupId: string, topic: string, partition: number): Promise<number | undefined>;
  sink(): Promise<EventSink>;
  source(groupId: string): Promise<EventSource>;
  /** @param topics all that may be read */
  tail(topics: readonly string[]): Promise<EventTail>;
}

const PARTITIONS = 3;
let names = 0;

/** A name that no other test has used. */
function fresh(what: string): string {
  names++;
  return `${what}-${names}`;
}

/** Seeks every partition it is assigned to where `from` says, and keeps what comes. */
class Collector implements SourceHandler {
  readonly received: { readonly topic: string; readonly partition: number; readonly record: SourceRecord }[] = [];
  assignments: Assignment[] = [];
  source: EventSource | undefined;
  constructor(private readonly from: (topic: string, partition: number) => number | undefined = () => 0) {}

  get held(): number {
    return [...(this.assignments.at(-1)?.values() ?? [])].reduce((sum, partitions) => sum + partitions.length, 0);
  }

  offsets(partition: number): number[] {
    return this.received.filter((one) => one.partition === partition).map((one) => one.record.offset);
  }

  assigned(assignment: Assignment): void {
    this.assignments.push(assignment);
    for (const [topic, partitions] of assignment) {
      for (const partition of partitions) {
        const offset = this.from(topic, partition);
        if (offset !== undefined) this.source?.seek(topic, partition, offset);
      }
    }
  }

  async records(topic: string, partition: number, records: readonly SourceRecord[]): Promise<void> {
    for (const record of records) this.received.push({ topic, partition, record });
  }
}

/** The suite that every driver of EventSource and EventSink must pass. */
export function describeKafkaContract(driver: string, kafka: () => KafkaUnderTest): void {
  const opened: { stop?(): Promise<void>; close?(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const one of opened.splice(0)) await (one.stop ?? one.close)?.call(one).catch(() => undefined);
  });

  async function sink(): Promise<EventSink> {
    const made = await kafka().sink();
    opened.push(made);
    return made;
  }

  async function source(group = fresh("group")): Promise<EventSource> {
    const made = await kafka().source(group);
    opened.push(made);
    return made;
  }

  async function start(topics: readonly string[], collector: Collector, group?: string): Promise<EventSource> {
    const made = await source(group);
    collector.source = made;
    await made.start(topics, collector);
    return made;
  }

  /** Writes `count` events with the values 0, 1, 2... under ten keys. */
  async function fill(topic: string, count: number): Promise<void> {
    const to = await sink();
    for (let i = 0; i < count; i++) await to.write(topic, `user-${i % 10}`, JSON.stringify({ i }));
    await to.flush();
  }

  async function topicWith(count: number, partitions = PARTITIONS): Promise<string> {
    const topic = fresh("topic");
    await kafka().makeTopic(topic, partitions);
    await fill(topic, count);
    return topic;
  }

  describe(`${driver}: sink`, () => {
    test("counts what it was given and what Kafka acknowledged, which is what Kafka holds", async () => {
      const topic = fresh("topic");
      const other = fresh("topic");
      await kafka().makeTopic(topic, PARTITIONS);
      await kafka().makeTopic(other, 1);
      const to = await sink();
      for (let i = 0; i < 2_000; i++) await to.write(i % 4 === 0 ? other : topic, String(i), "12345");
      await to.flush();
      expect(to.counts).toEqual({
        generated: 2_000,
        acknowledged: 2_000,
        bytes: 10_000,
        byTopic: { [topic]: 1_500, [other]: 500 },
      });
      const reader = await source();
      const ends = [...(await reader.offsets(topic)).values()].map(({ end }) => end);
      expect(ends.reduce((sum, end) => sum + end, 0)).toBe(1_500);
      expect(await reader.offsets(other)).toEqual(new Map([[0, { earliest: 0, end: 500 }]]));
    });

    test("keeps the events of a key in order, on the partition that every Kafka client would choose", async () => {
      const topic = await topicWith(5_000);
      const collector = new Collector();
      await start([topic], collector);
      await eventually("all records are there", () => collector.received.length === 5_000);
      const lastByKey = new Map<string, number>();
      let astray = 0;
      let outOfOrder = 0;
      for (const { partition, record } of collector.received) {
        const key = Buffer.from(record.key ?? []).toString();
        const { i } = JSON.parse(Buffer.from(record.value ?? []).toString()) as { i: number };
        if (partition !== partitionOf(Buffer.from(key), PARTITIONS)) astray++;
        if (i <= (lastByKey.get(key) ?? -1)) outOfOrder++;
        lastByKey.set(key, i);
      }
      expect({ astray, outOfOrder }).toEqual({ astray: 0, outOfOrder: 0 });
      expect(lastByKey.size).toBe(10);
    });

    test("gives every record its headers and the time of its production", async () => {
      const before = Date.now();
      const topic = await topicWith(1, 1);
      const record = await (await source()).recordAt(topic, 0, 0);
      const headers = Object.entries(record?.headers ?? {}).map(([name, value]) => [
        name,
        Buffer.from(value ?? "").toString(),
      ]);
      expect(Object.fromEntries(headers)).toEqual({ "schema-version": "1", "content-type": "application/json" });
      expect(record?.timestampMs).toBeGreaterThanOrEqual(before);
      expect(record?.timestampMs).toBeLessThanOrEqual(Date.now());
    });

    test("lets the caller use its array again at once", async () => {
      const topic = fresh("topic");
      await kafka().makeTopic(topic, 1);
      const to = await sink();
      const value = Buffer.from("first");
      await to.write(topic, "key", value);
      value.write("other");
      await to.flush();
      expect(Buffer.from((await (await source()).recordAt(topic, 0, 0))?.value ?? []).toString()).toBe("first");
    });

    test("refuses a topic that does not exist, by name", async () => {
      const to = await sink();
      await expect((async () => to.write("no-such-topic", "key", "value"))()).rejects.toMatchObject({
        code: "broker_refused",
        message: expect.stringContaining("no-such-topic"),
      });
    });
  });

  describe(`${driver}: source`, () => {
    test("delivers nothing until it is told where to begin, then exactly from there, without holes", async () => {
      const topic = await topicWith(300, 1);
      const collector = new Collector(() => undefined);
      const reader = await start([topic], collector);
      expect(collector.assignments).toEqual([new Map([[topic, [0]]])]);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(collector.received).toEqual([]);
      reader.seek(topic, 0, 137);
      await eventually("all is delivered", () => collector.received.length >= 163);
      expect(collector.offsets(0)).toEqual(Array.from({ length: 163 }, (_, i) => 137 + i));
    });

    test("is a member of its group from when it has joined until it stops", async () => {
      const topic = await topicWith(1);
      const reader = await source();
      expect(reader.isMember()).toBe(false);
      await reader.start([topic], new Collector());
      expect(reader.isMember()).toBe(true);
      await reader.stop();
      expect(reader.isMember()).toBe(false);
    });

    test("goes back where a seek says, also in the middle", async () => {
      const topic = await topicWith(100, 1);
      const collector = new Collector();
      const reader = await start([topic], collector);
      await eventually("all is delivered", () => collector.received.length === 100);
      reader.seek(topic, 0, 90);
      await eventually("the end is delivered again", () => collector.received.length === 110);
      expect(collector.offsets(0).slice(100)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
    });

    test("delivers nothing of a paused partition until the next seek", async () => {
      const topic = await topicWith(10, 1);
      const collector = new Collector();
      const reader = await start([topic], collector);
      await eventually("all is delivered", () => collector.received.length === 10);
      reader.pause(topic, 0);
      await fill(topic, 5);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(collector.received.length).toBe(10);
      reader.seek(topic, 0, 10);
      await eventually("the rest is delivered", () => collector.received.length === 15);
    });

    test("waits for a delivery before it makes the next one", async () => {
      const topic = await topicWith(6_000);
      let inHand = 0;
      let most = 0;
      const collector = new Collector();
      const keep = collector.records.bind(collector);
      collector.records = async (...delivery) => {
        inHand++;
        most = Math.max(most, inHand);
        await new Promise((resolve) => setTimeout(resolve, 10));
        await keep(...delivery);
        inHand--;
      };
      await start([topic], collector);
      await eventually("all is delivered", () => collector.received.length === 6_000);
      expect(most).toBe(1);
    });

    test("shares the partitions with another member, and takes them back when it leaves", async () => {
      const topic = await topicWith(100);
      const group = fresh("group");
      const first = new Collector();
      const one = await start([topic], first, group);
      expect(first.held).toBe(PARTITIONS);
      const epoch = one.epoch();
      const second = new Collector();
      const other = await start([topic], second, group);
      await eventually("they share", () => first.held + second.held === PARTITIONS && second.held > 0);
      expect(one.epoch()).toBeGreaterThan(epoch);
      await fill(topic, 200);
      await eventually("both together have all", () => {
        const seen = new Set([...first.received, ...second.received].map((r) => `${r.partition}/${r.record.offset}`));
        return seen.size === 300;
      });
      await other.stop();
      await eventually("the first has all partitions again", () => first.held === PARTITIONS);
    });

    test("delivers from elsewhere where retention has passed the seek, and moves the epoch", async () => {
      const topic = await topicWith(100, 1);
      await kafka().trim(topic, 0, 60);
      const collector = new Collector(() => undefined);
      const reader = await start([topic], collector);
      expect(await reader.offsets(topic)).toEqual(new Map([[0, { earliest: 60, end: 100 }]]));
      const epoch = reader.epoch();
      reader.seek(topic, 0, 10);
      await eventually("something is delivered", () => collector.received.length === 40);
      expect(collector.offsets(0)[0]).toBe(60);
      expect(reader.epoch()).toBeGreaterThan(epoch);
    });

    test("moves the epoch where the topic is made anew, and delivers from its beginning", async () => {
      const topic = await topicWith(50, 1);
      const collector = new Collector((_, partition) => collector.offsets(partition).length);
      const reader = await start([topic], collector);
      await eventually("all is delivered", () => collector.received.length === 50);
      const epoch = reader.epoch();
      await kafka().deleteTopic(topic);
      await kafka().makeTopic(topic, 1);
      await fill(topic, 10);
      await eventually("the epoch moves", () => reader.epoch() > epoch);
      await eventually("the new topic is delivered", () => collector.offsets(0).length >= 60);
      expect(collector.offsets(0).slice(50, 60)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    test("reads one record apart from the deliveries, while another program looks too", async () => {
      const topic = await topicWith(200, 1);
      const group = fresh("group");
      const [one, other] = [await source(group), await source(group)];
      const looks = [0, 57, 199].flatMap((offset) => [
        one.recordAt(topic, 0, offset),
        other.recordAt(topic, 0, offset),
      ]);
      expect((await Promise.all(looks)).map((record) => record?.offset)).toEqual([0, 0, 57, 57, 199, 199]);
      expect(await one.recordAt(topic, 0, 200)).toBeUndefined();
      await kafka().trim(topic, 0, 100);
      expect(await other.recordAt(topic, 0, 99)).toBeUndefined();
      expect((await other.recordAt(topic, 0, 100))?.offset).toBe(100);
    });

    test("reads one record while it delivers, and of a second topic too", async () => {
      const [topic, second] = [await topicWith(3_000, 1), await topicWith(5, 1)];
      const collector = new Collector();
      const reader = await start([topic, second], collector);
      const record = await reader.recordAt(topic, 0, 1_500);
      expect(JSON.parse(Buffer.from(record?.value ?? []).toString())).toEqual({ i: 1_500 });
      expect((await reader.recordAt(second, 0, 4))?.offset).toBe(4);
      await eventually("all is delivered", () => collector.received.length === 3_005);
    });

    test("commits offsets for whoever watches the lag, and never by itself", async () => {
      const topic = await topicWith(20, 1);
      const group = fresh("group");
      const collector = new Collector();
      const reader = await start([topic], collector, group);
      await eventually("all is delivered", () => collector.received.length === 20);
      expect(await kafka().committed(group, topic, 0)).toBeUndefined();
      await reader.commitOffsets(new Map([[topic, new Map([[0, 12]])]]));
      expect(await kafka().committed(group, topic, 0)).toBe(12);
    });

    test("fails where its handler does, and delivers nothing more", async () => {
      const topic = await topicWith(2_000);
      const collector = new Collector();
      let deliveries = 0;
      collector.records = async () => {
        deliveries++;
        throw new Error("the lake is gone");
      };
      const reader = await start([topic], collector);
      expect((await reader.failed).message).toBe("the lake is gone");
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(deliveries).toBe(1);
    });

    test("refuses topics that do not exist, by name", async () => {
      const topic = await topicWith(1);
      const refused = { code: "broker_refused", message: expect.stringContaining("no-such-topic") };
      const reader = await source();
      await expect(reader.offsets("no-such-topic")).rejects.toMatchObject(refused);
      await expect(reader.start([topic, "no-such-topic"], new Collector())).rejects.toMatchObject(refused);
    });
  });

  describe(`${driver}: tail`, () => {
    async function tail(...topics: string[]): Promise<EventTail> {
      const made = await kafka().tail(topics);
      opened.push(made);
      return made;
    }

    /** Everything between two ends. */
    async function rangesOf(from: EventTail, topic: string): Promise<TailRange[]> {
      return [...(await from.offsets(topic))].map(([partition, { earliest, end }]) => ({
        topic,
        partition,
        from: earliest,
        until: end,
      }));
    }

    test("reads exactly the ranges that it is given, each in order, and what comes later not", async () => {
      const [topic, other] = [await topicWith(3_000), await topicWith(20, 1)];
      const reader = await tail(topic, other);
      const ranges = await rangesOf(reader, topic);
      await fill(topic, 50);
      const cut = ranges.map((range) => ({ ...range, from: range.from + 7 }));
      const read = new Map<string, number[]>();
      await reader.read([...cut, { topic: other, partition: 0, from: 3, until: 5 }], (range, { offset, value }) => {
        const place = `${range.topic}/${range.partition}`;
        read.set(place, [...(read.get(place) ?? []), offset]);
        expect(value).not.toBeNull();
      });
      expect(read.get(`${other}/0`)).toEqual([3, 4]);
      for (const { partition, from, until } of cut) {
        expect(read.get(`${topic}/${partition}`)).toEqual(Array.from({ length: until - from }, (_, i) => from + i));
      }
    });

    test("reads nothing where there is nothing, and again where it is asked again", async () => {
      const topic = await topicWith(5, 1);
      const reader = await tail(topic);
      const offsets: number[] = [];
      const each = (_: TailRange, { offset }: SourceRecord) => void offsets.push(offset);
      await reader.read([{ topic, partition: 0, from: 5, until: 5 }], each);
      expect(offsets).toEqual([]);
      for (let time = 0; time < 2; time++) await reader.read([{ topic, partition: 0, from: 4, until: 5 }], each);
      expect(offsets).toEqual([4, 4]);
    });

    test("two of a group read all, each for itself", async () => {
      const topic = await topicWith(300);
      const readers = [await tail(topic), await tail(topic)];
      const counts = readers.map(() => 0);
      await Promise.all(
        readers.map(async (reader, index) =>
          reader.read(await rangesOf(reader, topic), () => {
            counts[index] = (counts[index] ?? 0) + 1;
          }),
        ),
      );
      expect(counts).toEqual([300, 300]);
    });

    test("says so where retention has passed the beginning of a range", async () => {
      const topic = await topicWith(100, 1);
      await kafka().trim(topic, 0, 60);
      const reader = await tail(topic);
      await expect(reader.read([{ topic, partition: 0, from: 10, until: 100 }], () => undefined)).rejects.toMatchObject(
        {
          code: "broker_refused",
          message: `Of ${topic}, partition 0, the records from offset 10 on are wanted, but Kafka holds none before 60 any more.`,
        },
      );
    });

    test("knows the cluster that a source knows", async () => {
      expect(await (await tail()).clusterId()).toBe(await (await source()).clusterId());
    });
  });
}
