import { GENERATOR_GROUP } from "../kafka/access";
import { topicNames, topicPrefixOf } from "../kafka/settings";
import { prefixedSink, prefixedTail } from "../kafka/topic-prefix";
import { EVENTS } from "../schema/events";
import { openSecret } from "../secrets/open-secret";
import { messageOf, RhythmicError } from "../support/errors";
import { type ProgramContext, runProgram } from "../support/program";
import { createProgress } from "../support/progress";
import { DeliveryHealth } from "./delivery-health";
import { reportDeliveries } from "./delivery-reports";
import { EVENTSIM_INSTEAD } from "./eventsim-flags";
import { explainRun } from "./explain/explain-run";
import { checkEnding } from "./generate";
import { type Inputs, readInputs } from "./inputs";
import { type GeneratorReports, generatorReports } from "./metrics";
import { isEndGiven } from "./options";
import { type Outlet, openFiles, openStdout, openTopics } from "./outlet";
import { checkPlaces } from "./places";
import { RunProgress } from "./progress";
import { lockState } from "./resume/state-lock";
import { generatorSettings } from "./settings";
import { Start, sayEnded } from "./start";

const NAME = "generator";

type Context = ProgramContext<typeof generatorSettings, GeneratorReports>;

/** @returns `undefined` where it was stopped while it waited for Kafka */
async function openOutlet({ destination, saved }: Inputs, context: Context): Promise<Outlet | undefined> {
  const topic = context.settings.GENERATOR_TOPIC;
  const topics = topic === undefined ? EVENTS.map((event) => event.topic) : [topic];
  switch (destination.kind) {
    case "files":
      return openFiles(destination.folder, topics, saved?.mark);
    case "stdout":
      return openStdout(topic);
    case "kafka":
      return openKafkaOutlet(destination.brokers, topics, saved?.mark, context);
  }
}

async function openKafkaOutlet(
  brokers: readonly string[],
  topics: readonly string[],
  from: Parameters<typeof openFiles>[2],
  { settings, log, stop, status }: Context,
): Promise<Outlet | undefined> {
  // The drivers are loaded only where they are asked for.
  const [{ openKafka }, { createKafkaSink }, { createKafkaTail }] = await Promise.all([
    import("../kafka/open-kafka"),
    import("../kafka/kafkajs-sink"),
    import("../kafka/kafkajs-tail"),
  ]);
  const names = topicNames(settings.KAFKA_TOPIC_PREFIX, topics);
  const clientId = `rhythmic-${NAME}`;
  const connection = await openKafka({ settings, brokers, clientId, topics: names, openSecret, log, stop, status });
  if (connection === undefined) return undefined;
  const deliveryTimeoutMs = settings.GENERATOR_DELIVERY_TIMEOUT_MS;
  const prefix = topicPrefixOf(settings.KAFKA_TOPIC_PREFIX);
  const sink = prefixedSink(await createKafkaSink({ ...connection, stop, deliveryTimeoutMs }), prefix);
  const hasState = settings.GENERATOR_STATE !== undefined;
  const tail = hasState
    ? prefixedTail(createKafkaTail({ ...connection, groupId: GENERATOR_GROUP, topics: names, stop }), prefix)
    : undefined;
  try {
    return await openTopics({ sink, tail, topics, from, deliveryTimeoutMs, stop, log });
  } catch (error) {
    await Promise.allSettled([tail?.close(), sink.close()]);
    throw error;
  }
}

async function run(context: Context): Promise<void> {
  const { settings, log, stop, status, report } = context;
  checkPlaces(settings);
  // Until this process ends.
  if (settings.GENERATOR_STATE !== undefined && !settings.GENERATOR_DRY_RUN) await lockState(settings.GENERATOR_STATE);
  const inputs = await readInputs(settings, Math.floor(Date.now() / 1000), log, stop).catch((error: unknown) => {
    if (stop.aborted && error instanceof RhythmicError && error.code === "interrupted") return undefined;
    throw error;
  });
  // Stopped while it read: nothing has begun.
  if (inputs === undefined) return;
  if (settings.GENERATOR_DRY_RUN) {
    const text = explainRun(settings, inputs);
    // Where it can't be written, whoever hears of that ends the program.
    await new Promise((written) => process.stdout.write(text, written));
    return;
  }
  const { destination, plan, configuration, saved } = inputs;
  if (saved?.ended !== undefined) return sayEnded(settings, inputs, saved.ended, log);
  const progress = createProgress(
    process.stderr,
    (message, fields) =>
      JSON.stringify({ severity: "INFO", program: NAME, time: new Date().toISOString(), message, ...fields }),
    // A run for days says so less and less often.
    { linesIntervalMaxMs: plan.realTime === undefined ? undefined : 60_000 },
  );
  const start = new Start(settings, inputs, { stop, log, progress: new RunProgress({ progress, ...plan }) });
  const toKafka = destination.kind === "kafka";
  try {
    // Opening empties files: not where it was stopped before.
    const outlet = stop.aborted ? undefined : await openOutlet(inputs, context);
    if (outlet === undefined || stop.aborted) {
      await outlet?.close();
      return start.stoppedBefore();
    }
    const { sink } = outlet;
    const health = new DeliveryHealth({ counts: () => sink.counts, status, mayIdle: plan.realTime !== undefined });
    if (toKafka) health.start();
    // Files are written in large pieces: that nothing has been written for a while says nothing.
    else status.ready();
    // On a terminal the progress line says it better.
    const reports = toKafka && !process.stderr.isTTY ? reportDeliveries(sink, report) : undefined;
    try {
      await start.go(outlet);
    } finally {
      await outlet.close().catch((error: unknown) => log.debug({ error: messageOf(error) }, "closing has failed"));
      health.stop();
      reports?.();
    }
  } catch (error) {
    start.failed(error);
    throw error;
  }
  const generated = start.conclude();
  const endGiven = isEndGiven(settings, configuration);
  checkEnding(generated, start.events, plan, { endGiven, toKafka }, log);
}

void runProgram({
  name: NAME,
  description: "simulates the listeners of a music service and writes their events.",
  settings: generatorSettings,
  instead: EVENTSIM_INSTEAD,
  reports: generatorReports,
  run,
});
