import { audit } from "../../runtime/audit/audit";
import type { Books } from "../../runtime/audit/books";
import type { EventSource } from "../../runtime/kafka/event-source";
import { createMemoryKafka, type MemoryKafka } from "../../runtime/kafka/memory-kafka";
import type { ObjectStore } from "../../runtime/lake/object-store";
import type { HealthTimings } from "../../runtime/processor/health";
import { processorReports } from "../../runtime/processor/metrics";
import { runProcessor } from "../../runtime/processor/processor";
import { type ProcessorSettings, processorSettings } from "../../runtime/processor/settings";
import { EVENTS, type Topic } from "../../runtime/schema/events";
import { type Logger, SILENT } from "../../runtime/support/logging";
import { createReporter } from "../../runtime/support/reporting";
import { environmentOf, parseSettings } from "../../runtime/support/settings";
import { type Status, UNWATCHED } from "../../runtime/support/status/status";

/** What tests of the processor share: events, settings, a run on Kafka in memory. */

export const HOUR_MS = 3_600_000;
export const START_MS = Date.UTC(2026, 0, 1, 7, 30);

const place = {
  city: "Springfield",
  zip: "01101",
  state: "MA",
  userAgent: "Mozilla/5.0",
  lon: -72.5,
  lat: 42.1,
};

/** A good event of a topic as JSON. */
export function eventJson(topic: Topic, index: number, changes: Readonly<Record<string, unknown>> = {}): string {
  const common = { ts: START_MS + index * 1_000, sessionId: index % 7, level: "free", itemInSession: index, ...place };
  const own: Record<Topic, object> = {
    listen_events: { artist: `Artist ${index}`, song: `Song ${index}`, duration: 180.5, auth: "Logged In" },
    page_view_events: { page: "Home", auth: "Logged In", method: "GET", status: 200 },
    auth_events: { success: true },
    status_change_events: { auth: "Logged In" },
  };
  return JSON.stringify({ ...common, ...own[topic], eventId: `${topic}-${index}`, ...changes });
}

export function testSettings(changes: Partial<ProcessorSettings> = {}): ProcessorSettings {
  const environment = environmentOf(processorSettings, {
    KAFKA_BROKERS: ["memory:1"],
    LAKE_URL: "memory",
    PROCESSOR_CUT_INTERVAL_MS: 100,
  });
  return { ...parseSettings(processorSettings, environment).settings, ...changes };
}

/** Kafka in memory with our topics. */
export function kafkaWithTopics(partitions = 2): MemoryKafka {
  const kafka = createMemoryKafka();
  for (const { topic } of EVENTS) kafka.makeTopic(topic, partitions);
  return kafka;
}

/** Appends good events to a topic, over its partitions in turn. */
export function appendEvents(kafka: MemoryKafka, topic: Topic, count: number, from = 0): void {
  const partitions = kafka.partitionsOf(topic);
  for (let index = from; index < from + count; index++) {
    kafka.append(topic, index % partitions, { key: String(index % 7), value: eventJson(topic, index) });
  }
}

export interface Running {
  /** Resolves or rejects as the program would end. */
  readonly ended: Promise<void>;
  readonly source: EventSource;
  /** As SIGTERM does. */
  stop(): Promise<void>;
}

export function startProcessor(
  kafka: MemoryKafka,
  store: ObjectStore,
  options: {
    readonly settings?: Partial<ProcessorSettings>;
    readonly group?: string;
    readonly log?: Logger;
    readonly reportIntervalMs?: number;
    readonly status?: Status;
    readonly healthTimings?: Partial<HealthTimings>;
    readonly stopWithinMs?: number;
  } = {},
): Running {
  const source = kafka.source(options.group ?? "processor");
  const abort = new AbortController();
  const settings = testSettings(options.settings);
  const { log = SILENT, reportIntervalMs, status = UNWATCHED } = options;
  const timings = {
    ...(reportIntervalMs !== undefined && { reportIntervalMs }),
    ...(options.healthTimings && { healthTimings: options.healthTimings }),
    ...(options.stopWithinMs !== undefined && { stopWithinMs: options.stopWithinMs }),
  };
  const report = createReporter(log, processorReports);
  const ended = runProcessor({ settings, store, source, log, report, status, stop: abort.signal, ...timings });
  // A test that never looks at the end must not be ended by it.
  ended.catch(() => undefined);
  return {
    ended,
    source,
    stop: () => {
      abort.abort();
      return ended;
    },
  };
}

/** Runs a processor until everything that Kafka holds is in the lake. */
export function processAll(
  kafka: MemoryKafka,
  store: ObjectStore,
  settings: Partial<ProcessorSettings> = {},
): Promise<void> {
  return startProcessor(kafka, store, { settings: { ...settings, PROCESSOR_UNTIL_CAUGHT_UP: true } }).ended;
}

export function booksOf(kafka: MemoryKafka, store: ObjectStore): Promise<Books> {
  return audit({ store, source: kafka.source("audit") });
}
