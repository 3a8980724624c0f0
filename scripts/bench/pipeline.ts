import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatorSettings } from "../../runtime/generator/settings";
import { TOPICS } from "../../runtime/kafka/topics";
import { loaderSettings } from "../../runtime/loader/settings";
import { processorSettings } from "../../runtime/processor/settings";
import { environmentOf } from "../../runtime/support/settings";
import { buildBundle } from "../../stacks/constructs/bundle";
import { startProgram, untilDone } from "../demo/program-process";
import { startBroker } from "../kafka/broker";

/**
 * The programs one after the other on a real broker: how fast each is alone, and how much memory it takes.
 * `--events N` says how many events pass; default 1,000,000.
 */

interface Figures {
  readonly part: string;
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** Highest resident memory that was seen, megabytes. */
  readonly peakRssMb: number;
}

const EVENTS_DEFAULT = 1_000_000;
const USERS = 30_000;
const LOOK_INTERVAL_MS = 100;

function rssMb(pid: number): number {
  try {
    return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).trim()) / 1024;
  } catch {
    // It has just ended.
    return 0;
  }
}

class Memory {
  #peakMb = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#timer = setInterval(() => {
      this.#peakMb = Math.max(this.#peakMb, rssMb(pid));
    }, LOOK_INTERVAL_MS);
  }

  stop(): number {
    clearInterval(this.#timer);
    return Math.round(this.#peakMb);
  }
}

async function measure(
  part: "generator" | "processor" | "loader",
  events: number,
  environment: Readonly<Record<string, string>>,
  logs: string,
): Promise<Figures> {
  const { file } = buildBundle(part);
  const startedMs = performance.now();
  const program = startProgram(part, file, environment, logs);
  const memory = new Memory(program.pid);
  await untilDone(part, program, logs);
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    part,
    events,
    seconds: Math.round(seconds * 10) / 10,
    eventsPerSecond: Math.round(events / seconds),
    peakRssMb: memory.stop(),
  };
}

export const FLAGS = ["--events"];

function eventsOf(flags: readonly string[]): number {
  const given = flags[flags.indexOf("--events") + 1];
  const events = flags.includes("--events") ? Number(given) : EVENTS_DEFAULT;
  if (!Number.isSafeInteger(events) || events < 1) throw new Error(`--events is ${given}; allowed is a whole number.`);
  return events;
}

function table(figures: readonly Figures[]): string {
  const rows = figures.map((one) => [
    one.part,
    one.events.toLocaleString("en-US"),
    one.seconds.toFixed(1),
    one.eventsPerSecond.toLocaleString("en-US"),
    String(one.peakRssMb),
  ]);
  const all = [["part", "events", "seconds", "events/s", "peak RSS MB"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")).join("\n");
}

/** Seconds of a program include its start (about half a second) and, for the processor, joining the group. */
export async function run({
  json,
  flags,
}: {
  readonly json: boolean;
  readonly flags: readonly string[];
}): Promise<void> {
  const events = eventsOf(flags);
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-bench-"));
  const logs = join(folder, "logs");
  mkdirSync(logs);
  const broker = await startBroker({ dir: join(folder, "kafka"), topics: TOPICS });
  const brokerMemory = new Memory(broker.pid);
  try {
    const lake = join(folder, "lake");
    const kafka = { KAFKA_BROKERS: [broker.brokers] };
    const summary = join(logs, "summary.json");
    const figures = [
      await measure(
        "generator",
        events,
        environmentOf(generatorSettings, {
          ...kafka,
          GENERATOR_EVENTS: events,
          GENERATOR_USERS: USERS,
          GENERATOR_SUMMARY: summary,
        }),
        logs,
      ),
      await measure(
        "processor",
        events,
        environmentOf(processorSettings, { ...kafka, LAKE_URL: lake, PROCESSOR_UNTIL_CAUGHT_UP: true }),
        logs,
      ),
      await measure(
        "loader",
        events,
        environmentOf(loaderSettings, {
          LAKE_URL: lake,
          WAREHOUSE_URL: join(folder, "warehouse.duckdb"),
          LOADER_ONCE: true,
        }),
        logs,
      ),
    ];
    const { bytes } = JSON.parse(readFileSync(summary, "utf8")) as { bytes: number };
    const all = [
      ...figures,
      { part: "broker", events, seconds: 0, eventsPerSecond: 0, peakRssMb: brokerMemory.stop() },
    ];
    process.stdout.write(
      json
        ? `${JSON.stringify({ bytesPerEvent: Math.round(bytes / events), figures: all })}\n`
        : `${table(all)}\n${Math.round(bytes / events)} bytes an event\n`,
    );
  } finally {
    brokerMemory.stop();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
