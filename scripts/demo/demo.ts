import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { audit } from "../../runtime/audit/audit";
import { type Books, booksTable } from "../../runtime/audit/books";
import { generatorSettings } from "../../runtime/generator/settings";
import { AUDIT_GROUP, PROCESSOR_GROUP } from "../../runtime/kafka/access";
import { createKafkaSource } from "../../runtime/kafka/kafkajs-source";
import { prefixedSource } from "../../runtime/kafka/topic-prefix";
import { createFolderStore } from "../../runtime/lake/folder-store";
import { loaderSettings } from "../../runtime/loader/settings";
import { processorSettings } from "../../runtime/processor/settings";
import { RhythmicError } from "../../runtime/support/errors";
import { SILENT } from "../../runtime/support/logging";
import { environmentOf } from "../../runtime/support/settings";
import { openDuckDbWarehouse } from "../../runtime/warehouse/duckdb-warehouse";
import { bundlesOfSynth } from "../../stacks/synthesis/synthesized";
import { ensureKafka } from "../kafka/broker";
import type { DemoArguments } from "./arguments";
import type { DemoFolder, DemoRun } from "./demo-folder";
import { type DemoKafka, startDemoKafka } from "./demo-kafka";
import { type ProgramProcess, startProgram, stopProgram, untilDone } from "./program-process";
import { martsReport, summaryLine } from "./report";
import { Steps } from "./steps";
import { PipelineWatch } from "./watch";

const ROOT = join(__dirname, "..", "..");
const STEPS = 7;
const LOOK_INTERVAL_MS = 200;
const CUT_INTERVAL_MS = 2_000;
const SEED_DEFAULT = 1;
const GENERATOR_SUMMARY = "generator-summary.json";

type Bundles = ReturnType<typeof bundlesOfSynth>;

class Interrupted extends Error {}

/** The steps of a demo, one after the other. */
export class Demo {
  readonly #steps = new Steps(STEPS);
  readonly #processes = new Set<ProgramProcess>();
  #runs: readonly DemoRun[];

  constructor(
    private readonly args: DemoArguments,
    private readonly folder: DemoFolder,
    private readonly stop: AbortSignal,
  ) {
    this.#runs = folder.runs;
  }

  #saveRuns(runs: readonly DemoRun[]): void {
    this.#runs = runs;
    this.folder.save(runs);
  }

  /** @returns do the books balance? */
  async run(startedMs: number): Promise<boolean> {
    await this.#setUp();
    const bundles = await this.#synthesize();
    const kafka = await this.#startKafka();
    try {
      this.#checkStop();
      const books = await this.#pipeline(bundles, kafka);
      const generated = this.#generated(books);
      const balanced = books.balanced && books.acknowledged === generated;
      await this.#unlessStopped(this.#report(books));
      this.#saveRuns(this.#runs.map((run) => ({ ...run, finished: true })));
      process.stdout.write(`${summaryLine(generated, books, balanced, startedMs)}\n`);
      return balanced;
    } finally {
      for (const process of this.#processes) process.kill("SIGTERM");
      await Promise.all([...this.#processes].map((process) => process.ended));
      await kafka.stop();
    }
  }

  /** Records handed to Kafka by all runs; where one was interrupted, only Kafka knows. */
  #generated(books: Books): number {
    let generated = 0;
    for (const run of this.#runs) {
      if (run.generated === null) return books.acknowledged;
      generated += run.generated;
    }
    return generated;
  }

  #checkStop(): void {
    if (this.stop.aborted) throw new Interrupted();
  }

  /** Waits for work that a Ctrl-C need not wait for. */
  async #unlessStopped<T>(work: Promise<T>): Promise<T> {
    this.#checkStop();
    const stopped = new Promise<never>((_, reject) => {
      this.stop.addEventListener("abort", () => reject(new Interrupted()), { once: true });
    });
    return Promise.race([work, stopped]);
  }

  async #setUp(): Promise<void> {
    this.#steps.begin("set-up", "looking for Java and Kafka");
    if (this.folder.brokers !== null) {
      this.#steps.done(`Kafka at ${this.folder.brokers}, as KAFKA_BROKERS says`);
      return;
    }
    const { java } = await ensureKafka({ log: (line) => this.#steps.update(line) });
    this.#steps.done(`Java ${java.major}, Kafka's jars and class-data archive are there`);
    this.#checkStop();
  }

  async #synthesize(): Promise<Bundles> {
    this.#steps.begin("synth", "bundling the programs, declaring the stacks");
    const output = await runCommand("synth");
    this.#checkStop();
    const bundles = bundlesOfSynth(join(ROOT, "cdktf.out"));
    const stacks = output.split("\n").filter((line) => / resources/.test(line)).length;
    this.#steps.done(`${stacks} stacks in cdktf.out; the demo runs the bundles in it`);
    return bundles;
  }

  async #startKafka(): Promise<DemoKafka> {
    this.#steps.begin("kafka", "waiting until the broker answers");
    const kafka = await startDemoKafka(this.folder);
    this.#steps.done(kafka.description);
    return kafka;
  }

  async #pipeline(bundles: Bundles, kafka: DemoKafka): Promise<Books> {
    const store = await createFolderStore(this.folder.lake);
    const client = await createKafkaSource({
      brokers: kafka.brokers.split(","),
      groupId: AUDIT_GROUP,
      clientId: "rhythmic-demo-watch",
      log: SILENT,
      security: kafka.auditSecurity,
    });
    const source = prefixedSource(client, kafka.prefix);
    try {
      const watch = new PipelineWatch(source, store);
      await this.#stream(bundles, kafka, watch);
      await this.#load(bundles);
      this.#steps.begin("audit", "reading every offset in the lake and in the warehouse");
      const warehouse = await openDuckDbWarehouse(this.folder.warehouse, { readOnly: true });
      try {
        const books = await this.#unlessStopped(audit({ store, source, warehouse }));
        this.#steps.done(books.balanced ? "the books balance" : "THE BOOKS DO NOT BALANCE");
        return books;
      } finally {
        await warehouse.close();
      }
    } finally {
      await source.stop();
    }
  }

  /** Generator and processor at once; in the middle the processor is killed. */
  async #stream(bundles: Bundles, kafka: DemoKafka, watch: PipelineWatch): Promise<void> {
    this.#steps.begin("stream", "generator and processor are starting");
    let processor = this.#startProcessor(bundles, kafka);
    const run = await this.#nextRun(watch);
    const generator = run && this.#startGenerator(bundles, kafka, run);
    const target = (await watch.look()).inKafka + (run?.events ?? 0);
    let killed = this.args.calm;
    for (;;) {
      await sleep(LOOK_INTERVAL_MS);
      this.#checkStop();
      const { inKafka, inLake } = await watch.look();
      this.#steps.update(`${count(inKafka)} of ${count(target)} events in Kafka, ${count(inLake)} in the lake`);
      const generated = generator?.running !== true;
      if (generated && generator !== undefined) await untilDone("generator", generator, this.folder.logs);
      if (!killed && (generated || inKafka >= target / 2)) {
        killed = true;
        processor = await this.#killAndRestart(processor, bundles, kafka);
      }
      if (!processor.running) await untilDone("processor", processor, this.folder.logs);
      if (generated && inLake >= inKafka) break;
    }
    if (run !== undefined) this.#saveRuns([...this.#runs.slice(0, -1), { ...run, generated: this.#summary() }]);
    await stopProgram("processor", processor, this.folder.logs);
    const { inKafka, inLake } = await watch.look();
    this.#steps.done(`${count(inKafka)} events through Kafka, ${count(inLake)} in the lake`);
  }

  /** The run that is to be generated; nothing where the last one was interrupted behind its generator. */
  async #nextRun(watch: PipelineWatch): Promise<DemoRun | undefined> {
    const last = this.#runs.at(-1);
    if (last === undefined || last.finished) {
      const { events, users, catalog } = this.args;
      const run = {
        seed: this.#nextSeed(),
        users,
        events,
        catalog: absolute(catalog),
        generated: null,
        finished: false,
      };
      this.#saveRuns([...this.#runs, run]);
      return run;
    }
    if (last.generated !== null) {
      this.#steps.say("The last run here was interrupted when all its events were in Kafka; going on from there.");
      return undefined;
    }
    const { inKafka } = await watch.look();
    const wanted = this.#runs.reduce((sum, one) => sum + one.events, 0);
    const missing = wanted - inKafka;
    this.#steps.say(
      `The last run here was interrupted with ${count(inKafka)} of ${count(wanted)} events in Kafka; they count as generated and acknowledged.`,
    );
    if (missing <= 0) return undefined;
    this.#steps.say(`Generating the ${count(missing)} that are missing.`);
    const rest = { ...last, seed: this.#nextSeed(), events: missing };
    this.#saveRuns([...this.#runs.slice(0, -1), { ...last, events: last.events - missing, finished: true }, rest]);
    return rest;
  }

  /** A seed that no run here has had, or the same events would come again. */
  #nextSeed(): number {
    const used = this.#runs.map((run) => run.seed);
    const given = this.#runs.at(-1)?.finished === false ? undefined : this.args.seed;
    if (given === undefined) return used.length === 0 ? SEED_DEFAULT : Math.max(...used) + 1;
    if (!used.includes(given)) return given;
    throw new RhythmicError(
      "bad_usage",
      `--seed ${given} was used in ${this.folder.shownPath} before, and would send the same events again; give another seed, or none.`,
    );
  }

  /** The generator's own count. */
  #summary(): number {
    const { generated } = JSON.parse(readFileSync(join(this.folder.logs, GENERATOR_SUMMARY), "utf8")) as {
      generated: number;
    };
    return generated;
  }

  #startGenerator(bundles: Bundles, kafka: DemoKafka, run: DemoRun): ProgramProcess {
    const environment = environmentOf(generatorSettings, {
      KAFKA_BROKERS: kafka.brokers.split(","),
      KAFKA_TOPIC_PREFIX: kafka.prefix || "none",
      ...kafka.accessOf("generator"),
      GENERATOR_EVENTS: run.events,
      GENERATOR_USERS: run.users,
      GENERATOR_SEED: run.seed,
      GENERATOR_SUMMARY: join(this.folder.logs, GENERATOR_SUMMARY),
      ...(run.catalog === null ? {} : { GENERATOR_CATALOG: run.catalog }),
    });
    return this.#start("generator", bundles.generator.file, environment);
  }

  #startProcessor(bundles: Bundles, kafka: DemoKafka): ProgramProcess {
    const environment = environmentOf(processorSettings, {
      KAFKA_BROKERS: kafka.brokers.split(","),
      KAFKA_TOPIC_PREFIX: kafka.prefix || "none",
      ...kafka.accessOf("processor"),
      LAKE_URL: this.folder.lake,
      PROCESSOR_GROUP_ID: kafka.prefix + PROCESSOR_GROUP,
      PROCESSOR_SESSION_TIMEOUT_MS: kafka.sessionTimeoutMs,
      PROCESSOR_CUT_INTERVAL_MS: CUT_INTERVAL_MS,
    });
    return this.#start("processor", bundles.processor.file, environment);
  }

  #start(name: string, bundle: string, environment: Readonly<Record<string, string>>): ProgramProcess {
    const program = startProgram(name, bundle, environment, this.folder.logs);
    this.#processes.add(program);
    return program;
  }

  async #killAndRestart(processor: ProgramProcess, bundles: Bundles, kafka: DemoKafka): Promise<ProgramProcess> {
    processor.kill("SIGKILL");
    await processor.ended;
    this.#processes.delete(processor);
    const restarted = this.#startProcessor(bundles, kafka);
    this.#steps.say(`Killed the processor (process ${processor.pid}) with -9, in the middle of its work.`);
    this.#steps.say(
      `Started another (process ${restarted.pid}): in ${kafka.sessionTimeoutMs / 1000} s Kafka gives it the partitions, and the lake's log says where to go on.`,
    );
    return restarted;
  }

  async #load(bundles: Bundles): Promise<void> {
    this.#steps.begin("load", "loading the touched hours into DuckDB, rebuilding the marts");
    const environment = environmentOf(loaderSettings, {
      LAKE_URL: this.folder.lake,
      WAREHOUSE_URL: this.folder.warehouse,
      LOADER_ONCE: true,
    });
    const loader = this.#start("loader", bundles.loader.file, environment);
    await this.#unlessStopped(untilDone("loader", loader, this.folder.logs));
    this.#steps.done("staging and marts are in the warehouse");
  }

  async #report(books: Books): Promise<void> {
    this.#steps.begin("report", "asking the marts");
    const warehouse = await openDuckDbWarehouse(this.folder.warehouse, { readOnly: true });
    const marts = await martsReport(warehouse).finally(() => warehouse.close());
    this.#steps.done("what the marts say");
    const { shownPath } = this.folder;
    process.stderr.write(`\n${marts}\nThe books, from Kafka's offsets to the warehouse\n\n${booksTable(books)}
Everything lies in ${shownPath}: lake/ (Delta tables), warehouse.duckdb, kafka/, logs/.
Next:  npm run query -- "SELECT * FROM marts.top_artists LIMIT 10"
       npm run query -- --lake "SELECT date, hour, COUNT(*) AS n FROM listen_events GROUP BY ALL ORDER BY ALL LIMIT 10"
       npm run demo -- --dir ${shownPath} --keep      goes on in the same folder
`);
  }
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Runs `npm run <command>`. @returns its standard output @throws RhythmicError internal, with its words */
function runCommand(command: string): Promise<string> {
  const child = spawn(process.execPath, [join(ROOT, "scripts/run.mjs"), command], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new RhythmicError("internal", `npm run ${command} failed: ${errors.trim() || `exit code ${code}`}`));
    });
  });
}

function absolute(folder: string | undefined): string | null {
  return folder === undefined ? null : resolve(folder);
}
