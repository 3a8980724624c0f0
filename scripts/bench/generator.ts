import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { TOPICS } from "../../runtime/kafka/topics";
import { startBroker } from "../kafka/broker";
import { type Case, type Figures, kafkaCases, localCases } from "./generator/cases";

/**
 * The generator alone: lines a second to nowhere, to files and into a real Kafka (beside kafkajs's producer alone), and
 * the memory that it takes, up to a hundred million events. `--short` leaves those out.
 */
export const FLAGS = ["--short"];

const NOTE = "eventsim, for comparison: 92,000 to 155,000 lines a second on such a machine (two cores), to files.";

/** The measuring process as one file: what is measured is the code as it is deployed. */
async function bundle(folder: string): Promise<string> {
  const file = join(folder, "measure.cjs");
  await build({
    entryPoints: [join(__dirname, "generator/measure.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    charset: "utf8",
    tsconfigRaw: "{}",
    logLevel: "silent",
  });
  return file;
}

async function measureApart(file: string, one: Case): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(one)]);
  return JSON.parse(stdout) as Figures;
}

function table(figures: readonly Figures[]): string {
  const number = (value: number) => value.toLocaleString("en-US");
  const rows = figures.map((one) => [
    one.to,
    number(one.users),
    number(one.lines),
    number(one.linesPerSecond),
    number(one.linesPerCpuSecond),
    number(one.megabytesPerSecond),
    number(one.peakRssMb),
  ]);
  const all = [["to", "users", "lines", "lines/s", "lines/CPU s", "MB/s", "peak RSS MB"], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return all.map(line).join("\n");
}

/** @param options json: one line of JSON instead of the table; flags: see FLAGS */
export async function run({ json, flags }: { json: boolean; flags: readonly string[] }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmic-bench-"));
  try {
    const file = await bundle(folder);
    const figures: Figures[] = [];
    for (const one of localCases(!flags.includes("--short"))) figures.push(await measureApart(file, one));
    // Kafka is started when it is needed: the other cases have the machine for themselves.
    const kafka = join(folder, "kafka");
    mkdirSync(kafka);
    const broker = await startBroker({ dir: kafka, topics: TOPICS });
    try {
      for (const one of kafkaCases(broker.brokers)) figures.push(await measureApart(file, one));
    } finally {
      await broker.stop();
    }
    const text = json ? JSON.stringify({ benchmark: "generator", figures, note: NOTE }) : `${table(figures)}\n${NOTE}`;
    process.stdout.write(`${text}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
