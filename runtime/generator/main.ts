import { readFileSync } from "node:fs";
import type { EventSink } from "../kafka/event-sink";
import { topicNames, topicPrefixOf } from "../kafka/settings";
import { prefixedSink } from "../kafka/topic-prefix";
import { EVENTS } from "../schema/events";
import { openSecret } from "../secrets/open-secret";
import { messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import { type ProgramContext, runProgram } from "../support/program";
import { createProgress } from "../support/progress";
import { openCatalog } from "./catalog/open-catalog";
import { syntheticCatalog } from "./catalog/synthetic";
import { type Configuration, parseBuiltIn, parseConfiguration } from "./config/configuration";
import builtIn from "./config/music-service.json";
import { DeliveryHealth } from "./delivery-health";
import { reportDeliveries } from "./delivery-reports";
import { EVENTSIM_INSTEAD } from "./eventsim-flags";
import { checkEnding, type Generated, generate } from "./generate";
import { type GeneratorReports, generatorReports } from "./metrics";
import { type Destination, destinationOf, planOf } from "./options";
import { generatorSettings } from "./settings";
import { createFileSink, createStreamSink } from "./sinks/line-sinks";
import { figuresOf, type Summary, summaryOf, writeSummary } from "./summary";

const NAME = "generator";

function readConfiguration(file: string | undefined): Configuration {
  if (file === undefined) return parseBuiltIn(builtIn);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new RhythmicError(
      "bad_configuration",
      `The configuration ${file} can't be read (${messageOf(error)}); give the path of a JSON file in eventsim's format, or leave it out for the built-in one.`,
      {
        cause: error,
      },
    );
  }
  return parseConfiguration(file, text);
}

type SinkContext = Pick<ProgramContext<typeof generatorSettings>, "settings" | "log" | "stop" | "status">;

/** @returns `undefined` where it was stopped while it waited for Kafka */
async function openSink(
  destination: Destination,
  topic: string | undefined,
  context: SinkContext,
): Promise<EventSink | undefined> {
  switch (destination.kind) {
    case "files":
      return createFileSink(destination.folder, topic === undefined ? EVENTS.map((event) => event.topic) : [topic]);
    case "stdout":
      return createStreamSink(process.stdout, topic);
    case "kafka":
      return openKafkaSink(destination.brokers, topic, context);
  }
}

async function openKafkaSink(
  brokers: readonly string[],
  topic: string | undefined,
  { settings, log, stop, status }: SinkContext,
): Promise<EventSink | undefined> {
  // The driver is loaded only where it is asked for.
  const [{ openKafka }, { createKafkaSink }] = await Promise.all([
    import("../kafka/open-kafka"),
    import("../kafka/kafkajs-sink"),
  ]);
  const topics = topicNames(settings.KAFKA_TOPIC_PREFIX, topic === undefined ? undefined : [topic]);
  const connection = await openKafka({
    settings,
    brokers,
    clientId: `rhythmic-${NAME}`,
    topics,
    openSecret,
    log,
    stop,
    status,
  });
  if (connection === undefined) return undefined;
  const deliveryTimeoutMs = settings.GENERATOR_DELIVERY_TIMEOUT_MS;
  const sink = await createKafkaSink({ ...connection, stop, deliveryTimeoutMs });
  return prefixedSink(sink, topicPrefixOf(settings.KAFKA_TOPIC_PREFIX));
}

/** Writes the summary where one is wanted; never hides why the run itself has failed. */
function summarize(path: string | undefined, summary: Summary, succeeded: boolean, log: Logger): void {
  if (path === undefined) return;
  try {
    writeSummary(path, summary);
  } catch (error) {
    if (succeeded) throw error;
    log.warn({ path }, messageOf(error));
  }
}

async function run(context: ProgramContext<typeof generatorSettings, GeneratorReports>): Promise<void> {
  const { settings, log, stop, status, report } = context;
  const destination = destinationOf(settings);
  const configuration = readConfiguration(settings.GENERATOR_CONFIG);
  const plan = planOf(settings, configuration, destination.kind, Math.floor(Date.now() / 1000));
  const catalog =
    settings.GENERATOR_CATALOG === undefined
      ? syntheticCatalog(plan.seed)
      : await openCatalog(settings.GENERATOR_CATALOG, log);
  const progress = createProgress(process.stderr, (message) =>
    JSON.stringify({ severity: "INFO", program: NAME, time: new Date().toISOString(), message }),
  );
  const topic = settings.GENERATOR_TOPIC;
  const sink = await openSink(destination, topic, context);
  // Stopped while it waited: nothing is in hand.
  if (sink === undefined) return;
  const health = new DeliveryHealth({ counts: () => sink.counts, status });
  if (destination.kind === "kafka") health.start();
  // Files are written in large pieces: that nothing has been written for a while says nothing.
  else status.ready();
  // On a terminal the progress line says it better.
  const reports = destination.kind === "kafka" && !process.stderr.isTTY ? reportDeliveries(sink, report) : undefined;
  const startedMs = performance.now();
  let generated: Generated | undefined;
  try {
    generated = await generate({
      plan,
      configuration,
      catalog,
      sink,
      eventsimCompat: settings.GENERATOR_EVENTSIM_COMPAT,
      topic,
      eventsPerSecondMax: settings.GENERATOR_EVENTS_PER_SECOND_MAX,
      stop,
      progress,
    });
    await sink.flush();
  } finally {
    await sink.close().catch((error: unknown) => log.debug({ error: messageOf(error) }, "closing the sink failed"));
    health.stop();
    reports?.();
    const seconds = (performance.now() - startedMs) / 1000;
    const summary = summaryOf({
      plan,
      configuration,
      catalogueHash: catalog.hash,
      figures: figuresOf(sink.counts, undefined, seconds),
      walked: generated === undefined ? undefined : { ...generated, nowS: generated.reachedS },
      ending: generated?.ending ?? "failed",
    });
    progress.done(
      `${summary.generated} events generated, ${summary.acknowledged} acknowledged, ${seconds.toFixed(1)} s`,
    );
    summarize(settings.GENERATOR_SUMMARY, summary, generated !== undefined, log);
  }
  const endGiven = settings.GENERATOR_END !== undefined || configuration.endS !== undefined;
  checkEnding(generated, sink.counts.generated, plan, { endGiven, toKafka: destination.kind === "kafka" }, log);
}

void runProgram({
  name: NAME,
  description: "simulates the listeners of a music service and writes their events.",
  settings: generatorSettings,
  instead: EVENTSIM_INSTEAD,
  reports: generatorReports,
  run,
});
