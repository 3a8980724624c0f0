import type { EventSink } from "../kafka/event-sink";
import { RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { Progress } from "../support/progress";
import type { Catalog } from "./catalog/catalog";
import type { Configuration } from "./config/configuration";
import { NO_INCIDENTS } from "./incidents/incidents";
import type { Plan } from "./options";
import { Pacer } from "./pacer";
import { formatTimeS } from "./time";
import { EVENTSIM_RULES, OUR_RULES } from "./walk/rules";
import { SessionTimes } from "./walk/session-times";
import { Simulation } from "./walk/simulation";

export interface GenerateOptions {
  readonly plan: Plan;
  readonly configuration: Configuration;
  readonly catalog: Catalog;
  readonly sink: EventSink;
  readonly eventsimCompat: boolean;
  /** Only this topic's records are sent and counted. @default all topics */
  readonly topic?: string | undefined;
  /** @default as fast as it goes */
  readonly eventsPerSecondMax?: number | undefined;
  readonly stop: AbortSignal;
  readonly progress: Progress;
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

/** The simulation of a plan. */
export function simulationOf(
  options: Pick<GenerateOptions, "plan" | "configuration" | "catalog" | "eventsimCompat">,
): Simulation {
  const { plan, configuration, catalog } = options;
  const rules = options.eventsimCompat ? EVENTSIM_RULES : OUR_RULES;
  const sessionTimes = new SessionTimes(configuration, rules);
  return new Simulation(
    { seed: plan.seed, configuration, catalog, rules, sessionTimes, incidents: NO_INCIDENTS },
    plan,
  );
}

/**
 * Simulates and sends until the plan is fulfilled or `stop` is aborted. Waits wherever the sink says that it is full.
 * Flushes nothing: the caller does.
 */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const { plan, sink, topic, stop, progress } = options;
  const simulation = simulationOf(options);
  const pacer = new Pacer(options.eventsPerSecondMax ?? Number.POSITIVE_INFINITY, stop);
  const startedMs = performance.now();
  let sent = 0;
  let visited = 0;
  const ended = (ending: Ending): Generated => ({
    ending,
    users: simulation.users,
    sessions: simulation.sessions,
    reachedS: simulation.nowS,
  });
  while (!stop.aborted) {
    const count = simulation.visit();
    if (count === 0) return ended(simulation.usersLeft === 0 ? "nobody_left" : "time");
    for (let index = 0; index < count; index++) {
      const event = simulation.events[index] as Simulation["events"][number];
      if (topic !== undefined && event.topic !== topic) continue;
      const full = sink.write(event.topic, event.key, event.bytes, event.start, event.end);
      if (full !== undefined) await full;
      if (++sent >= plan.events) return ended("events");
    }
    visited += count;
    const rest = pacer.rest(topic === undefined ? sent : visited);
    if (rest === undefined) continue;
    await rest;
    const perSecond = Math.round((sent * 1000) / (performance.now() - startedMs));
    progress.update(`${sent} events, ${perSecond} a second, simulated time ${formatTimeS(simulation.nowS)}`);
  }
  return ended("stopped");
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
