import type { EventSink } from "../kafka/event-sink";
import { RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { Catalog } from "./catalog/catalog";
import { type Clock, MACHINE_CLOCK } from "./clock";
import type { Configuration } from "./config/configuration";
import { type DisturbanceRates, Disturber, disturbs } from "./disturbances/disturber";
import { type Incidents, NO_INCIDENTS } from "./incidents/incidents";
import type { Plan } from "./options";
import { Pacer, SimulatedClock } from "./pacer";
import type { RunProgress } from "./progress";
import type { SavePoints } from "./resume/save-points";
import type { SavedRun } from "./resume/saved-run";
import { EVENTSIM_RULES, OUR_RULES } from "./walk/rules";
import { SessionTimes } from "./walk/session-times";
import { Simulation } from "./walk/simulation";

export interface GenerateOptions {
  readonly plan: Plan;
  readonly configuration: Configuration;
  readonly catalog: Catalog;
  /** @default none */
  readonly incidents?: Incidents | undefined;
  readonly sink: EventSink;
  readonly eventsimCompat: boolean;
  /** Only this topic's records are sent and counted. @default all topics */
  readonly topic?: string | undefined;
  /** @default delivery goes right */
  readonly rates?: DisturbanceRates | undefined;
  /** @default as fast as it goes */
  readonly eventsPerSecondMax?: number | undefined;
  readonly stop: AbortSignal;
  readonly progress: Pick<RunProgress, "update">;
  /**
   * Hands on what the sink holds, before the loop rests: for who watches a file grow.
   * @default the sink does it by itself
   */
  readonly handOn?: (() => Promise<void>) | undefined;
  /** Where the run is remembered. @default nowhere */
  readonly savePoints?: Pick<SavePoints, "save" | "waitMs"> | undefined;
  /** Where an earlier start was. @default it begins */
  readonly from?: Pick<SavedRun, "simulation" | "disturber" | "starts"> | undefined;
  /** @default this machine's */
  readonly clock?: Clock | undefined;
}

/** Why a run ended. */
export type Ending = "events" | "time" | "nobody_left" | "stopped";

export interface Generated {
  readonly ending: Ending;
  readonly users: number;
  readonly sessions: number;
  /** The simulated time that the run has reached, seconds since 1970. */
  readonly reachedS: number;
}

/** What is held back longer than this is handed on before a rest. */
const HAND_ON_MS = 50;
/** A longer rest is cut into pieces, so that a wall clock that was set, or a machine that slept, is noticed. */
const REST_MAX_MS = 1_000;
/** So many users are put on their way at once: some five milliseconds' work. */
const USERS_PER_TURN = 1_000;

/** The simulation of a plan, from its beginning or from where it was saved. */
export function simulationOf(
  options: Pick<GenerateOptions, "plan" | "configuration" | "catalog" | "eventsimCompat" | "incidents">,
  saved?: Uint8Array,
): Simulation {
  const { plan, configuration, catalog, incidents = NO_INCIDENTS } = options;
  const rules = options.eventsimCompat ? EVENTSIM_RULES : OUR_RULES;
  const sessionTimes = new SessionTimes(configuration, rules);
  const world = { seed: plan.seed, configuration, catalog, rules, sessionTimes, incidents };
  return saved === undefined ? new Simulation(world, plan) : Simulation.restore(world, plan, saved);
}

/** One start of a run: simulates and sends, and can be looked at meanwhile and afterwards. */
export class Run {
  readonly simulation: Simulation;
  /** `undefined` where delivery goes right. */
  readonly disturber: Disturber | undefined;
  private readonly clock: Clock;
  private readonly pacer: Pacer;
  private readonly simulated: SimulatedClock | undefined;
  /** Events of the simulation that were sent, over all starts. */
  private sent: number;
  /** Events of this start, those of other topics included. */
  private visited = 0;
  /** Records of this start that have been handed on, and that the state knows of. */
  private handedOn = 0;
  private saved = 0;
  private handedOnMs: number;

  constructor(private readonly options: GenerateOptions) {
    const { plan, sink, rates, from, clock = MACHINE_CLOCK } = options;
    this.clock = clock;
    this.simulation = simulationOf(options, from?.simulation);
    this.disturber =
      rates && disturbs(rates) ? disturberOf({ rates, seed: plan.seed, sink }, from?.disturber) : undefined;
    this.sent = from?.starts.figures.events ?? 0;
    this.handedOnMs = clock.steadyMs();
    this.pacer = new Pacer(clock, options.eventsPerSecondMax ?? Number.POSITIVE_INFINITY, sink.counts.generated);
    const fromS = from === undefined ? plan.startS : this.simulation.nowS;
    this.simulated = plan.realTime && new SimulatedClock(clock, plan.realTime, fromS);
  }

  /**
   * Goes on until the plan is fulfilled or `stop` is aborted. Waits wherever the sink says that it is full. Where it is
   * stopped without a state to go on from, what is held back is written: this was all.
   */
  async go(): Promise<Generated> {
    const { savePoints } = this.options;
    // Nothing has been written, and there is nothing to go on from.
    if (!(await this.begin())) return this.endedBy("stopped");
    // Before the first event: whatever comes then, it is known what was there before.
    await this.save();
    const ending = await this.loop();
    const ended = this.endedBy(ending);
    const goesOn = ending === "stopped" && savePoints !== undefined;
    if (!goesOn) await this.drain();
    await this.save(goesOn ? undefined : ended, true);
    return ended;
  }

  /** @returns false where it was stopped before all users were on their way */
  private async begin(): Promise<boolean> {
    while (!this.simulation.begin(USERS_PER_TURN)) {
      await this.clock.turn();
      if (this.options.stop.aborted) return false;
    }
    return true;
  }

  private endedBy(ending: Ending): Generated {
    const { users, sessions, nowS } = this.simulation;
    return { ending, users, sessions, reachedS: nowS };
  }

  private async loop(): Promise<Ending> {
    const { options, simulation, pacer, simulated } = this;
    const { plan, stop } = options;
    // A start that went on while the last one wrote what was held back.
    if (this.sent >= plan.events) return "events";
    while (!stop.aborted) {
      const wait = simulated && this.wait(simulated);
      if (wait !== undefined) {
        await wait;
        continue;
      }
      const count = simulation.visit();
      if (count === 0) return simulation.usersLeft === 0 ? "nobody_left" : "time";
      const done = this.sendVisit(count);
      if (done !== undefined) await done;
      if (this.sent >= plan.events) return "events";
      this.visited += count;
      if (pacer.mustLook(this.visited)) await this.look();
    }
    return "stopped";
  }

  /** Writes everything that is held back, at the rate that is set; at once where it is asked to stop. */
  private async drain(): Promise<void> {
    const { disturber } = this;
    while (disturber !== undefined && disturber.nextS < Number.POSITIVE_INFINITY) {
      await disturber.release(disturber.nextS);
      await this.look();
    }
  }

  /**
   * Where the next event's time still lies ahead, or something held back comes before it: waits a while, or writes that.
   * @returns a promise where the loop must look again after it
   */
  private wait(simulated: SimulatedClock): Promise<void> | undefined {
    const { simulation, disturber } = this;
    const nextS = simulation.nextS();
    // The end of the simulated time is not waited for.
    if (nextS === Number.POSITIVE_INFINITY) return undefined;
    for (;;) {
      const heldS = disturber?.nextS ?? Number.POSITIVE_INFINITY;
      const waitMs = simulated.waitMs(Math.min(nextS, heldS));
      if (waitMs > 0) return this.rest(waitMs);
      if (disturber === undefined || heldS >= nextS) return undefined;
      const full = disturber.release(heldS);
      if (full !== undefined) return full;
    }
  }

  /** Sends what the visit has given. @returns a promise where that takes waiting */
  private sendVisit(count: number): Promise<void> | undefined {
    const { topic, plan } = this.options;
    const { events } = this.simulation;
    for (let index = 0; index < count; index++) {
      const event = events[index] as Simulation["events"][number];
      if (topic !== undefined && event.topic !== topic) continue;
      const full = this.send(event);
      if (++this.sent >= plan.events) return full;
      if (full !== undefined) return full.then(() => this.sendRest(index + 1, count));
    }
    return undefined;
  }

  private async sendRest(from: number, count: number): Promise<void> {
    const { topic, plan } = this.options;
    for (let index = from; index < count && this.sent < plan.events; index++) {
      const event = this.simulation.events[index] as Simulation["events"][number];
      if (topic !== undefined && event.topic !== topic) continue;
      await this.send(event);
      this.sent++;
    }
  }

  private send(event: Simulation["events"][number]): Promise<void> | undefined {
    if (this.disturber !== undefined) return this.disturber.take(event, this.simulation.nowS);
    return this.options.sink.write(event.topic, event.key, event.bytes, event.start, event.end);
  }

  /** Looks at the clock: rests for the rate, lets others have their turn, saves where it is time. */
  private async look(): Promise<void> {
    const { pacer, options, visited } = this;
    const records = options.sink.counts.generated;
    for (let waitMs = pacer.look(visited, records); waitMs > 0; waitMs = pacer.look(visited, records)) {
      if (options.stop.aborted) return;
      await this.rest(waitMs);
    }
    if (!pacer.owesTurn) return;
    await this.clock.turn();
    pacer.rested();
    this.tell(this.simulation.nowS);
    if (options.savePoints?.waitMs === 0) await this.save();
  }

  /** Rests for so long, or less: whoever calls looks again. */
  private async rest(waitMs: number): Promise<void> {
    const { clock, pacer, options, simulated } = this;
    const { savePoints, handOn } = options;
    const records = options.sink.counts.generated;
    if (handOn !== undefined && records > this.handedOn) {
      const isLong = waitMs > HAND_ON_MS || clock.steadyMs() - this.handedOnMs >= HAND_ON_MS;
      if (isLong) return this.handOnWith(handOn);
    }
    const unsaved = savePoints !== undefined && records > this.saved;
    if (unsaved && savePoints.waitMs === 0) return this.save();
    const saveMs = unsaved ? savePoints.waitMs : Number.POSITIVE_INFINITY;
    await clock.sleep(Math.ceil(Math.min(waitMs, REST_MAX_MS, saveMs)), options.stop);
    pacer.rested();
    this.tell(simulated?.nowS ?? this.simulation.nowS);
  }

  private async handOnWith(handOn: () => Promise<void>): Promise<void> {
    this.handedOn = this.options.sink.counts.generated;
    await handOn();
    this.handedOnMs = this.clock.steadyMs();
  }

  private tell(simulatedS: number): void {
    const { realTime } = this.options.plan;
    const behindS = Math.max(0, this.clock.wallMs() / 1000 - simulatedS);
    this.options.progress.update({
      events: this.sent,
      records: this.options.sink.counts.generated,
      simulatedS,
      ...(realTime?.intoFuture === false && { behindS }),
    });
  }

  private async save(ended?: Generated, isLast = false): Promise<void> {
    const { savePoints } = this.options;
    if (savePoints === undefined) return;
    const { simulation, disturber } = this;
    const moment = { reachedS: simulation.nowS, simulation: simulation.save(), disturber: disturber?.save() };
    await savePoints.save({ ...moment, ...(ended && { ended }) }, isLast);
    this.saved = this.options.sink.counts.generated;
  }
}

function disturberOf(options: ConstructorParameters<typeof Disturber>[0], saved: Uint8Array | undefined): Disturber {
  return saved === undefined ? new Disturber(options) : Disturber.restore(options, saved);
}

/** A run from its beginning to its end. Flushes nothing: the caller does. */
export function generate(options: GenerateOptions): Promise<Generated> {
  return new Run(options).go();
}

/**
 * Says what a run that ended before its number of events lacked.
 * @throws RhythmicError where the number was promised and nobody set another limit
 */
export function checkEnding(
  generated: Generated,
  sent: number,
  plan: Plan,
  limits: { readonly endGiven: boolean; readonly toKafka: boolean },
  log: Logger,
): void {
  const { ending } = generated;
  if (ending === "stopped" || ending === "events" || plan.events === Number.POSITIVE_INFINITY) return;
  const reached = `Only ${sent} of ${plan.events} events were generated`;
  if (ending === "time" && limits.endGiven) {
    log.warn({ generated: sent, events: plan.events }, `${reached}: the end of the simulated time came first`);
    return;
  }
  const why =
    ending === "nobody_left"
      ? "all users have left for good; give more users, or a configuration with growth"
      : limits.toKafka
        ? "the simulated time has reached the present; give an earlier --start or more --users"
        : "the simulated time has reached the year 9999; give more --users";
  throw new RhythmicError("bad_settings", `${reached}: ${why}.`);
}
