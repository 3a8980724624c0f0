import type { SinkCounts } from "../kafka/event-sink";
import { messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import { type Clock, MACHINE_CLOCK } from "./clock";
import { ratesOf } from "./disturbances/disturber";
import { type Ending, type Generated, Run } from "./generate";
import type { Inputs } from "./inputs";
import type { Outlet } from "./outlet";
import type { RunProgress } from "./progress";
import { SavePoints } from "./resume/save-points";
import type { GeneratorSettings } from "./settings";
import { addFigures, type Figures, figuresOf, type Summary, summaryOf, writeSummary } from "./summary";
import { formatTimeS } from "./time";

const NO_COUNTS: SinkCounts = { generated: 0, acknowledged: 0, bytes: 0, byTopic: {} };

interface StartContext {
  readonly stop: AbortSignal;
  readonly log: Logger;
  readonly progress: Pick<RunProgress, "update" | "done">;
  /** @default this machine's */
  readonly clock?: Clock;
}

/** One start of the program: a run, or a part of one, and its books. */
export class Start {
  private readonly startedMs = performance.now();
  private outlet: Outlet | undefined;
  private run: Run | undefined;
  private generated: Generated | undefined;

  constructor(
    private readonly settings: GeneratorSettings,
    private readonly inputs: Inputs,
    private readonly context: StartContext,
  ) {}

  /** Events of this start and those before it. */
  get events(): number {
    return this.total.events;
  }

  /** Generates until the end, or until it is stopped; then everything is acknowledged. */
  async go(outlet: Outlet): Promise<void> {
    const { settings, inputs, context } = this;
    const { plan, configuration, catalog, incidents, saved } = inputs;
    this.outlet = outlet;
    this.run = new Run({
      plan,
      configuration,
      catalog,
      incidents,
      sink: outlet.sink,
      eventsimCompat: settings.GENERATOR_EVENTSIM_COMPAT,
      topic: settings.GENERATOR_TOPIC,
      rates: ratesOf(settings),
      eventsPerSecondMax: settings.GENERATOR_EVENTS_PER_SECOND_MAX,
      stop: context.stop,
      progress: context.progress,
      handOn: outlet.handOn,
      savePoints: this.savePoints(outlet),
      from: saved,
      clock: context.clock,
    });
    if (saved !== undefined) {
      const at = formatTimeS(saved.starts.reachedS);
      context.log.info({ events: saved.starts.figures.events, at }, `the run goes on at ${at}`);
    }
    const generated = await this.run.go();
    await outlet.sink.flush();
    this.generated = generated;
  }

  /** Ends the books of a start that went well. @throws RhythmicError bad_usage: the summary can't be written */
  conclude(): Generated {
    const { generated } = this;
    if (generated === undefined) throw new RhythmicError("internal", "A start is concluded that has not ended.");
    this.end(this.summary(generated.ending));
    return generated;
  }

  /** Ends the books of a start that was stopped while it waited for its destination: nothing is in hand. */
  stoppedBefore(): void {
    this.end(this.summary("stopped"));
  }

  /** Ends the books of a start that failed; never hides why it has. */
  failed(error: unknown): void {
    const summary = this.summary("failed", error);
    if (this.run !== undefined) this.context.progress.done(summary);
    const path = this.settings.GENERATOR_SUMMARY;
    if (path === undefined) return;
    try {
      writeSummary(path, summary);
    } catch (unwritten) {
      this.context.log.warn({ path }, messageOf(unwritten));
    }
  }

  private end(summary: Summary): void {
    this.context.progress.done(summary);
    if (this.settings.GENERATOR_SUMMARY !== undefined) writeSummary(this.settings.GENERATOR_SUMMARY, summary);
  }

  private get figures(): Figures {
    const seconds = (performance.now() - this.startedMs) / 1000;
    const { outlet, run } = this;
    return figuresOf(outlet?.sink.counts ?? NO_COUNTS, run?.disturber?.counts, seconds, run?.simulation.pages);
  }

  private get total(): Figures {
    const earlier = this.inputs.saved?.starts;
    return earlier === undefined ? this.figures : addFigures(earlier.figures, this.figures);
  }

  private summary(ending: Ending | "failed", error?: unknown): Summary {
    const { plan, configuration, catalog, saved } = this.inputs;
    return summaryOf({
      plan,
      configuration,
      catalogueHash: catalog.hash,
      shard: plan.shard,
      figures: this.figures,
      walked: this.run?.simulation,
      ending,
      error,
      earlier: saved?.starts,
    });
  }

  private savePoints(outlet: Outlet): SavePoints | undefined {
    const { GENERATOR_STATE: path, GENERATOR_STATE_INTERVAL_MS: intervalMs } = this.settings;
    const { fingerprint, plan, saved } = this.inputs;
    if (path === undefined) return undefined;
    return new SavePoints({
      path,
      intervalMs,
      fingerprint,
      begun: plan,
      sink: outlet.sink,
      starts: (saved?.starts.starts ?? 0) + 1,
      figures: () => this.total,
      mark: (isLast) => outlet.mark(isLast),
      clock: this.context.clock ?? MACHINE_CLOCK,
    });
  }
}

/** A run that has ended ends again, with the same summary of all its starts. */
export function sayEnded(settings: GeneratorSettings, inputs: Inputs, ended: Generated, log: Logger): void {
  const { GENERATOR_STATE: state, GENERATOR_SUMMARY: path } = settings;
  const { plan, configuration, catalog, saved } = inputs;
  const events = saved?.starts.figures.events ?? 0;
  const reached = formatTimeS(ended.reachedS);
  log.info(
    { events, reached },
    `the run of the state ${state} has ended with ${events} events at ${reached}; nothing is left to do, and without the state it begins anew`,
  );
  if (path === undefined) return;
  const summary = summaryOf({
    plan,
    configuration,
    catalogueHash: catalog.hash,
    shard: plan.shard,
    figures: figuresOf(NO_COUNTS, undefined, 0),
    walked: { ...ended, nowS: ended.reachedS },
    ending: ended.ending,
    earlier: saved?.starts,
  });
  writeSummary(path, summary);
}
