import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { syntheticCatalog } from "../../../runtime/generator/catalog/synthetic";
import { parseBuiltIn } from "../../../runtime/generator/config/configuration";
import builtIn from "../../../runtime/generator/config/music-service.json";
import { generate } from "../../../runtime/generator/generate";
import { createFileSink } from "../../../runtime/generator/sinks/line-sinks";
import { createNullSink } from "../../../runtime/generator/sinks/null-sink";
import type { EventSink } from "../../../runtime/kafka/event-sink";
import { createKafkaSink } from "../../../runtime/kafka/kafkajs-sink";
import { EVENTS } from "../../../runtime/schema/events";
import { SILENT } from "../../../runtime/support/logging";
import type { Case, Figures } from "./cases";
import { batchesOf, sendAlone } from "./producer-alone";

/**
 * The measuring process: measures the case of its one argument, prints the figures as a line of JSON, and ends. It runs
 * from a bundle, so that the figures are those of the code that is deployed.
 */

const START_S = Date.UTC(2025, 0, 1) / 1000;
const TOPICS = EVENTS.map((event) => event.topic);

/** Simulates into a sink, as the program does. */
async function run({ users, lines }: Pick<Case, "users" | "lines">, sink: EventSink): Promise<void> {
  const configuration = parseBuiltIn(builtIn);
  await generate({
    plan: { seed: configuration.seed, users, startS: START_S, endS: Number.POSITIVE_INFINITY, events: lines },
    configuration,
    catalog: syntheticCatalog(configuration.seed),
    sink,
    eventsimCompat: false,
    stop: new AbortController().signal,
    progress: { update: () => undefined },
  });
}

/** Rates of some work that handles all lines. @param work gives the bytes of what it has handled */
async function timed({ to, users, lines }: Case, work: () => Promise<number>): Promise<Figures> {
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const bytes = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(startedCpu);
  return {
    to,
    users,
    lines,
    linesPerSecond: Math.round(lines / seconds),
    linesPerCpuSecond: Math.round(lines / ((user + system) / 1e6)),
    megabytesPerSecond: Math.round(bytes / 1e6 / seconds),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** The run into a sink with everything that belongs to it: the users' beginning, and the last flush. */
function measureInto(one: Case, open: () => Promise<EventSink> | EventSink): Promise<Figures> {
  return timed(one, async () => {
    const sink = await open();
    await run(one, sink);
    await sink.close();
    if (sink.counts.acknowledged !== one.lines) throw new Error(`${sink.counts.acknowledged} of ${one.lines} lines`);
    return sink.counts.bytes;
  });
}

async function measure(one: Case): Promise<Figures> {
  const brokers = one.brokers ?? "";
  switch (one.to) {
    case "nowhere":
      return measureInto(one, createNullSink);
    case "files": {
      const folder = mkdtempSync(join(tmpdir(), "rhythmic-bench-"));
      try {
        return await measureInto(one, () => createFileSink(folder, TOPICS));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    case "Kafka":
      return measureInto(one, () => createKafkaSink({ brokers: [brokers], clientId: "bench", log: SILENT }));
    case "Kafka, producer alone": {
      const batches = await batchesOf((sink) => run(one, sink));
      return timed(one, () => sendAlone(brokers, batches));
    }
  }
}

void measure(JSON.parse(process.argv[2] ?? "") as Case).then(
  (figures) => process.stdout.write(`${JSON.stringify(figures)}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  },
);
