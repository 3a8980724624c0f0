import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readInputs } from "../../../../runtime/generator/inputs";
import { type Outlet, openFiles, openTopics } from "../../../../runtime/generator/outlet";
import { generatorSettings } from "../../../../runtime/generator/settings";
import { Start } from "../../../../runtime/generator/start";
import type { Summary } from "../../../../runtime/generator/summary";
import type { EventSink } from "../../../../runtime/kafka/event-sink";
import type { MemoryKafka } from "../../../../runtime/kafka/memory-kafka";
import { EVENTS } from "../../../../runtime/schema/events";
import { SILENT } from "../../../../runtime/support/logging";
import { parseSettings } from "../../../../runtime/support/settings";
import { FakeClock } from "../fake-clock";

/** Starts of the program within this process, which can be killed. */

// The same catalogue at every start: making it is most of a start.
jest.mock("../../../../runtime/generator/catalog/synthetic", () => {
  const { syntheticCatalog } = jest.requireActual("../../../../runtime/generator/catalog/synthetic");
  let made: unknown;
  return {
    syntheticCatalog: (seed: number) => {
      made ??= syntheticCatalog(seed);
      return made;
    },
  };
});

export const TOPIC_NAMES = EVENTS.map(({ topic }) => topic as string);
export const NOW_S = Date.UTC(2026, 0, 14, 12) / 1000;

/** A day of many users, disturbed: everything that a state must hold is in use. */
export const BUSY = {
  GENERATOR_USERS: "250",
  GENERATOR_SEED: "11",
  GENERATOR_START: "2026-01-10",
  GENERATOR_END: "2026-01-11",
  GENERATOR_GROWTH_RATE: "20",
  GENERATOR_ATTRITION_RATE: "10",
  GENERATOR_LATE_RATE: "0.1",
  GENERATOR_DUPLICATE_RATE: "0.05",
  GENERATOR_MALFORMED_RATE: "0.05",
  GENERATOR_STATE_INTERVAL_MS: "100",
};

/** What a killed program does: nothing more. */
export class Killed extends Error {
  override readonly message = "killed";
}

/** A clock by which every look at it is a turn, and after every turn it is time to save. */
class BusyClock extends FakeClock {
  override steadyMs(): number {
    this.pass(21);
    return super.steadyMs();
  }

  override async turn(): Promise<void> {
    this.pass(10_000);
  }
}

export interface StartOptions {
  readonly settings: Readonly<Record<string, string>>;
  /** Where to, where it is not to files. */
  readonly kafka?: MemoryKafka;
  /** The present, seconds since 1970. @default noon of 2026-01-14 */
  readonly nowS?: number;
  /** Killed where so many records have been written. */
  readonly killAfter?: number;
  /** Stopped, as by SIGTERM, where so many records have been written. */
  readonly stopAfter?: number;
}

/** One start. @returns its summary, or `undefined` where it had ended before. @throws Killed */
export async function startOnce(options: StartOptions): Promise<Summary | undefined> {
  const { settings, kafka, nowS = NOW_S, killAfter, stopAfter } = options;
  const parsed = parseSettings(generatorSettings, settings);
  if (parsed.problems.length > 0) throw new Error(parsed.problems.join());
  const inputs = await readInputs(parsed.settings, nowS, SILENT);
  if (inputs.saved?.ended !== undefined) return undefined;
  const stop = new AbortController();
  const from = inputs.saved?.mark;
  const outlet = await openOutlet();
  let summary: Summary | undefined;
  const start = new Start(parsed.settings, inputs, {
    stop: stop.signal,
    log: SILENT,
    clock: new BusyClock(nowS * 1000),
    progress: {
      update: () => undefined,
      done: (done) => {
        summary = done;
      },
    },
  });
  try {
    await start.go({ ...outlet, sink: dying(outlet.sink) });
    start.conclude();
  } finally {
    // Also where it was killed: what was on its way may still arrive.
    await outlet.close();
  }
  return summary;

  async function openOutlet(): Promise<Outlet> {
    if (kafka === undefined) return openFiles(settings.GENERATOR_OUT as string, TOPIC_NAMES, from);
    return openTopics({
      sink: kafka.sink(),
      tail: kafka.tail(),
      topics: TOPIC_NAMES,
      from,
      deliveryTimeoutMs: 1_000,
      stop: stop.signal,
      log: SILENT,
      settleMs: 1,
    });
  }

  function dying(sink: EventSink): EventSink {
    let records = 0;
    return {
      write(...event) {
        if (records === killAfter) throw new Killed();
        if (records === stopAfter) stop.abort();
        records++;
        return sink.write(...event);
      },
      flush: () => (records === killAfter ? Promise.reject(new Killed()) : sink.flush()),
      close: () => sink.close(),
      get counts() {
        return sink.counts;
      },
    };
  }
}

/** A folder that is gone after the test. */
export function useFolder(): (name: string) => string {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rhythmic-resume-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** What the files of a folder hold. */
export function contentOf(folder: string): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("latin1")]),
  );
}

/** The records of all topics, each partition's in order. */
export function recordsOf(kafka: MemoryKafka): Record<string, readonly string[]> {
  const partitions = TOPIC_NAMES.flatMap((topic) =>
    [...kafka.offsets(topic).keys()].map((partition) => ({ topic, partition })),
  );
  return Object.fromEntries(
    partitions.map(({ topic, partition }) => [
      `${topic}/${partition}`,
      kafka
        .read(topic, partition, 0, Number.MAX_SAFE_INTEGER)
        .map(({ key, value }) => `${Buffer.from(key ?? [])}: ${Buffer.from(value ?? []).toString("latin1")}`),
    ]),
  );
}
