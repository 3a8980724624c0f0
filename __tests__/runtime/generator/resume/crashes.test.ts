import fs from "node:fs";
import { createMemoryKafka } from "../../../../runtime/kafka/memory-kafka";
import { BUSY, contentOf, Killed, NOW_S, recordsOf, startOnce, TOPIC_NAMES, useFolder } from "./starts";

/**
 * Runs that are killed and started again, compared with one that was not: the same records, none twice and none left
 * out. The program itself, killed by the system, is in ../crashes-bundle.test.ts.
 */

const inFolder = useFolder();

/** Positions at which to kill: beginnings, saves, in between; the same ones on every run. */
const KILLS = [0, 57, 1_023, 1_025, 2_049, 7];

function newKafka() {
  const kafka = createMemoryKafka();
  for (const topic of TOPIC_NAMES) kafka.makeTopic(topic, 3);
  return kafka;
}

function filesTo(name: string, withState = true): Record<string, string> {
  const settings: Record<string, string> = { ...BUSY, GENERATOR_OUT: inFolder(name) };
  return withState ? { ...settings, GENERATOR_STATE: inFolder(`${name}.state`) } : settings;
}

function kafkaTo(name: string): Record<string, string> {
  return { ...BUSY, KAFKA_BROKERS: "kafka:9092", GENERATOR_STATE: inFolder(`${name}.state`) };
}

async function killed(options: Parameters<typeof startOnce>[0]): Promise<void> {
  await expect(startOnce(options)).rejects.toThrow(Killed);
}

test("to files: whatever is killed and whenever, the bytes are those of a run that was not", async () => {
  const whole = await startOnce({ settings: filesTo("whole", false) });
  for (const killAfter of KILLS) await killed({ settings: filesTo("killed"), killAfter });
  const last = await startOnce({ settings: filesTo("killed") });
  expect(contentOf(inFolder("killed"))).toEqual(contentOf(inFolder("whole")));
  expect(whole?.generated).toBeGreaterThan(4_000);
  // The books of all starts are those of the one.
  const { starts, seconds: _, ...total } = last?.total ?? { starts: 0, seconds: 0 };
  const { starts: __, seconds: ___, ...expected } = whole?.total ?? { starts: 0, seconds: 0 };
  expect(total).toEqual(expected);
  expect(starts).toBeGreaterThan(2);
  expect(await startOnce({ settings: filesTo("killed") })).toBeUndefined();
  expect(contentOf(inFolder("killed"))).toEqual(contentOf(inFolder("whole")));
});

test("to Kafka: each partition has the same records in the same order, with others writing beside", async () => {
  const whole = newKafka();
  await startOnce({ settings: kafkaTo("whole"), kafka: whole });
  const kafka = newKafka();
  // There were records before, and others come between.
  const foreign = (at: number) => {
    for (const topic of TOPIC_NAMES) kafka.append(topic, at % 3, { key: "other", value: `another's ${at}` });
  };
  foreign(0);
  for (const [index, killAfter] of KILLS.entries()) {
    await killed({ settings: kafkaTo("killed"), kafka, killAfter });
    foreign(index + 1);
  }
  const last = await startOnce({ settings: kafkaTo("killed"), kafka });
  const ours = Object.entries(recordsOf(kafka)).map(([place, records]) => [
    place,
    records.filter((record) => !record.startsWith("other: ")),
  ]);
  expect(Object.fromEntries(ours)).toEqual(recordsOf(whole));
  expect(last?.total.generated).toBe(Object.values(recordsOf(whole)).flat().length);
});

test("so many events of one topic are so many over all starts", async () => {
  const limits = { GENERATOR_EVENTS: "2000", GENERATOR_TOPIC: "listen_events", GENERATOR_LATE_RATE: "0.2" };
  await startOnce({ settings: { ...filesTo("whole", false), ...limits } });
  const settings = { ...filesTo("killed"), ...limits };
  for (const killAfter of [0, 1_200, 500]) await killed({ settings, killAfter });
  expect((await startOnce({ settings, stopAfter: 50 }))?.ending).toBe("stopped");
  expect((await startOnce({ settings }))?.total).toMatchObject({ events: 2_000, starts: expect.any(Number) });
  expect(contentOf(inFolder("killed"))["listen_events.ndjson"]).toEqual(
    contentOf(inFolder("whole"))["listen_events.ndjson"],
  );
});

test("a continuous run that began now goes on from then, whenever it is started again", async () => {
  const { GENERATOR_START: _, ...lasting } = filesTo("stopped");
  const settings = { ...lasting, GENERATOR_CONTINUOUS: "true", GENERATOR_END: "2026-01-14T13:00:00Z" };
  expect((await startOnce({ settings, stopAfter: 20 }))?.ending).toBe("stopped");
  await killed({ settings, killAfter: 50, nowS: NOW_S + 1_000 });
  const last = await startOnce({ settings, nowS: NOW_S + 100_000 });
  expect(last).toMatchObject({ ending: "time", start: "2026-01-14T12:00:00Z" });
  const at = { GENERATOR_START: "2026-01-14T12:00:00Z", GENERATOR_END: settings.GENERATOR_END };
  await startOnce({ settings: { ...filesTo("whole", false), ...at } });
  expect(contentOf(inFolder("stopped"))).toEqual(contentOf(inFolder("whole")));
  expect(last?.total.generated).toBeGreaterThan(60);
});

test("stopped and started again it goes on, by the second; what is held back stays held", async () => {
  const whole = newKafka();
  await startOnce({ settings: kafkaTo("whole"), kafka: whole });
  const kafka = newKafka();
  for (const stopAfter of [0, 10, 1_200, 1_200]) {
    const summary = await startOnce({ settings: kafkaTo("stopped"), kafka, stopAfter });
    expect(summary?.ending).toBe("stopped");
  }
  // After a clean stop nothing needs to be read, and what others wrote meanwhile is not.
  for (const topic of TOPIC_NAMES) kafka.append(topic, 0, { key: "other", value: "another's" });
  const read = jest.spyOn(kafka, "read");
  const last = await startOnce({ settings: kafkaTo("stopped"), kafka });
  expect(read).not.toHaveBeenCalled();
  read.mockRestore();
  expect(last).toMatchObject({ ending: "time", resumedAt: expect.stringMatching(/^2026-01-1/) });
  const ours = Object.entries(recordsOf(kafka)).map(([place, records]) => [
    place,
    records.filter((record) => !record.startsWith("other: ")),
  ]);
  expect(Object.fromEntries(ours)).toEqual(recordsOf(whole));
});

describe("killed within a save", () => {
  const STEPS = ["writeFileSync", "renameSync", "openSync", "fsyncSync", "closeSync", "rmSync"] as const;
  const SMALL = { ...BUSY, GENERATOR_USERS: "60" };

  afterEach(() => jest.restoreAllMocks());

  /** Before this call the program is dead: nothing that it would still do happens, tidying up neither. */
  function dieBefore(call: number): { calls: number } {
    const counter = { calls: 0 };
    for (const step of STEPS) {
      const real = fs[step] as (...given: unknown[]) => unknown;
      jest.spyOn(fs, step).mockImplementation(((...given: unknown[]) => {
        counter.calls++;
        if (counter.calls > call) throw new Killed();
        return Reflect.apply(real, fs, given);
      }) as never);
    }
    return counter;
  }

  test("between any two of its steps: the next start goes on without a repetition or a gap", async () => {
    await startOnce({ settings: { ...SMALL, GENERATOR_OUT: inFolder("whole") } });
    const whole = contentOf(inFolder("whole"));
    let died = 0;
    // The first save, and one in between.
    for (let call = 0; call < 15; call++) {
      const settings = { ...SMALL, GENERATOR_OUT: inFolder(`${call}`), GENERATOR_STATE: inFolder(`${call}.state`) };
      const { calls } = await diesBefore(call, settings);
      if (calls > call) died++;
      await startOnce({ settings });
      expect(contentOf(inFolder(`${call}`))).toEqual(whole);
    }
    expect(died).toBe(15);
  });

  async function diesBefore(call: number, settings: Readonly<Record<string, string>>): Promise<{ calls: number }> {
    const counter = dieBefore(call);
    await startOnce({ settings }).catch((error: unknown) => expect(String(error)).toContain("killed"));
    jest.restoreAllMocks();
    return counter;
  }
});
