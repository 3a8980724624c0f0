import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { syntheticCatalog } from "../../runtime/generator/catalog/synthetic";
import { parseBuiltIn } from "../../runtime/generator/config/configuration";
import builtIn from "../../runtime/generator/config/music-service.json";
import { generate } from "../../runtime/generator/generate";
import { createFileSink } from "../../runtime/generator/sinks/line-sinks";
import { createNullSink } from "../../runtime/generator/sinks/null-sink";
import { EVENTS } from "../../runtime/schema/events";

/** One measurement, in a process of its own so that its memory is its own. */
interface Figures {
  readonly to: "nowhere" | "file";
  readonly users: number;
  readonly lines: number;
  readonly linesPerSecond: number;
  /** The same by the processor time of the whole process: what neighbours on the machine do not slow down. */
  readonly linesPerCpuSecond: number;
  readonly megabytesPerSecond: number;
  /** Highest resident memory of the process, megabytes. */
  readonly peakRssMb: number;
}

interface Case {
  readonly to: Figures["to"];
  readonly users: number;
  readonly lines: number;
}

const CASES: readonly Case[] = [
  { to: "nowhere", users: 30_000, lines: 3_000_000 },
  { to: "nowhere", users: 30_000, lines: 6_000_000 },
  { to: "nowhere", users: 300_000, lines: 3_000_000 },
  { to: "file", users: 30_000, lines: 2_000_000 },
];
const START_S = Date.UTC(2025, 0, 1) / 1000;

async function measure({ to, users, lines }: Case): Promise<Figures> {
  const configuration = parseBuiltIn(builtIn);
  const catalog = syntheticCatalog(configuration.seed);
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-bench-"));
  try {
    const topics = EVENTS.map((event) => event.topic);
    const sink = to === "file" ? await createFileSink(folder, topics) : createNullSink();
    const startedMs = performance.now();
    const startedCpu = process.cpuUsage();
    await generate({
      plan: { seed: configuration.seed, users, startS: START_S, endS: Number.POSITIVE_INFINITY, events: lines },
      configuration,
      catalog,
      sink,
      eventsimCompat: false,
      stop: new AbortController().signal,
      progress: { update: () => undefined },
    });
    await sink.close();
    const seconds = (performance.now() - startedMs) / 1000;
    const cpu = process.cpuUsage(startedCpu);
    return {
      to,
      users,
      lines: sink.counts.acknowledged,
      linesPerSecond: Math.round(lines / seconds),
      linesPerCpuSecond: Math.round(lines / ((cpu.user + cpu.system) / 1e6)),
      megabytesPerSecond: Math.round(sink.counts.bytes / 1e6 / seconds),
      peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measureApart(one: Case): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = fork(__filename, [], { execArgv: ["--import", pathToFileURL(require.resolve("tsx")).href] });
    let figures: Figures | undefined;
    child.once("error", reject);
    child.on("message", (message) => {
      figures = message as Figures;
    });
    child.once("exit", (code) => {
      if (figures !== undefined) resolve(figures);
      else reject(new Error(`the measuring process ended with ${code}`));
    });
    child.send(one);
  });
}

/**
 * Measures the generator alone: lines a second to nowhere and to files, and the memory that it takes.
 * @param options json: one line of JSON instead of the table
 */
export async function run(options: { json: boolean }): Promise<void> {
  const figures: Figures[] = [];
  for (const one of CASES) figures.push(await measureApart(one));
  if (options.json) process.stdout.write(`${JSON.stringify({ benchmark: "generator", figures })}\n`);
  else console.table(figures);
}

/** In a measuring process: measures what the parent asks for, and ends. */
function serve(): void {
  process.once("message", (one) => {
    void measure(one as Case).then((figures) => process.send?.(figures, () => process.disconnect()));
  });
}

if (process.send !== undefined && require.main === module) serve();
