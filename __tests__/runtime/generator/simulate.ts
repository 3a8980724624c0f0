import type { Catalog } from "../../../runtime/generator/catalog/catalog";
import { syntheticCatalog } from "../../../runtime/generator/catalog/synthetic";
import { type Configuration, parseBuiltIn, parseConfiguration } from "../../../runtime/generator/config/configuration";
import builtIn from "../../../runtime/generator/config/music-service.json";
import { generate, simulationOf } from "../../../runtime/generator/generate";
import type { Incidents } from "../../../runtime/generator/incidents/incidents";
import type { Plan } from "../../../runtime/generator/options";
import { createNullSink } from "../../../runtime/generator/sinks/null-sink";
import type { Simulation } from "../../../runtime/generator/walk/simulation";
import type { Shard } from "../../../runtime/generator/walk/world";
import type { EventSink } from "../../../runtime/kafka/event-sink";

export const START_S = Date.UTC(2025, 0, 1) / 1000;
export const DAY_S = 86_400;

/** An event as a reader of the wire sees it. */
export interface WireEvent {
  readonly topic: string;
  readonly key: string;
  readonly ts: number;
  readonly sessionId: number;
  readonly page?: string;
  readonly auth?: string;
  readonly status?: number;
  readonly level: string;
  readonly itemInSession: number;
  readonly userId?: number;
  readonly registration?: number;
  readonly duration?: number;
  readonly success?: boolean;
  readonly state: string;
  readonly eventId: string;
  readonly userAgent: string;
  readonly artist?: string;
  readonly song?: string;
  readonly tag?: string;
}

export interface SimulateOptions {
  readonly seed?: number;
  readonly users?: number;
  readonly days?: number;
  readonly events?: number;
  readonly configuration?: Configuration;
  readonly catalog?: Catalog;
  readonly eventsimCompat?: boolean;
  readonly incidents?: Incidents;
  readonly shard?: Shard;
}

export const BUILT_IN = parseBuiltIn(builtIn);

/** The built-in configuration, changed. */
export function configurationWith(change: (file: typeof builtIn) => void): Configuration {
  const file = structuredClone(builtIn);
  change(file);
  return parseConfiguration("changed.json", JSON.stringify(file));
}

export function planOfTest(options: SimulateOptions): Plan {
  return {
    seed: options.seed ?? 7,
    users: options.users ?? 100,
    startS: START_S,
    endS: START_S + (options.days ?? 14) * DAY_S,
    events: options.events ?? Number.POSITIVE_INFINITY,
    ...(options.shard === undefined ? {} : { shard: options.shard }),
  };
}

function parts(options: SimulateOptions) {
  const plan = planOfTest(options);
  return {
    plan,
    configuration: options.configuration ?? BUILT_IN,
    catalog: options.catalog ?? syntheticCatalog(plan.seed),
    eventsimCompat: options.eventsimCompat ?? false,
    incidents: options.incidents,
  };
}

/** The simulation of a run, from its beginning or from where it was saved. */
export function simulationOfTest(options: SimulateOptions = {}, saved?: Uint8Array): Simulation {
  return simulationOf(parts(options), saved);
}

/** All events of a run. */
export function simulate(options: SimulateOptions = {}): WireEvent[] {
  return eventsOf(simulationOfTest(options));
}

/** Goes on to the end without a look at the events, which takes far longer. @returns how many there were */
export function drain(simulation: Simulation): number {
  let events = 0;
  for (let count = simulation.visit(); count > 0; count = simulation.visit()) events += count;
  return events;
}

/** The rest of a simulation's events. */
export function eventsOf(simulation: Simulation): WireEvent[] {
  const events: WireEvent[] = [];
  for (let count = simulation.visit(); count > 0; count = simulation.visit()) {
    for (const { topic, key, bytes, start, end } of simulation.events.slice(0, count)) {
      events.push({ ...JSON.parse(Buffer.from(bytes.subarray(start, end)).toString("utf8")), topic, key });
    }
  }
  return events;
}

/** Runs a plan into a sink. */
export function generateInto(sink: EventSink = createNullSink(), options: SimulateOptions = {}, topic?: string) {
  return generate({
    ...parts(options),
    sink,
    topic,
    stop: new AbortController().signal,
    progress: { update() {} },
  });
}

/** Events of one topic by session, in order. */
export function bySession(events: readonly WireEvent[], topic = "page_view_events"): WireEvent[][] {
  const sessions = new Map<number, WireEvent[]>();
  for (const event of events) {
    if (event.topic !== topic) continue;
    const session = sessions.get(event.sessionId) ?? [];
    sessions.set(event.sessionId, session);
    session.push(event);
  }
  return [...sessions.values()];
}
