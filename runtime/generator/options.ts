import { RhythmicError } from "../support/errors";
import type { Configuration } from "./config/configuration";
import type { GeneratorSettings } from "./settings";
import { DAY_S, formatTimeS, parseTimeS, TIME_MAX_S, WEEK_S } from "./time";
import type { Shard } from "./walk/simulation";

/** Where the events go: exactly one place. */
export type Destination =
  | { readonly kind: "kafka"; readonly brokers: readonly string[] }
  | { readonly kind: "files"; readonly folder: string }
  | { readonly kind: "stdout" };

/** How a run goes with the wall clock. */
export interface RealTime {
  /** Simulated seconds a second until the present is reached; infinite: what lies in the past is written at once. */
  readonly speed: number;
  /** May it run ahead of the wall clock, to an end that was given? Else both go together from the present on. */
  readonly intoFuture: boolean;
}

/** What is simulated, after the command line has overridden the configuration, and it the defaults. */
export interface Plan {
  readonly seed: number;
  readonly users: number;
  readonly startS: number;
  /** The run ends before this second; the year 9999 where nobody gave an end. */
  readonly endS: number;
  /** Events after which the run stops; infinite where only the time ends it. */
  readonly events: number;
  /** The part of the users that is simulated. @default all of them */
  readonly shard?: Shard;
  /** Written when its time has come. @default as fast as it goes */
  readonly realTime?: RealTime;
}

/** The simulated time of a run that was begun before: what is counted from "now" was counted then. */
export type Begun = Pick<Plan, "startS" | "endS">;

const USERS_DEFAULT = 1000;
/** A Wednesday; fixed, so that the same command gives the same bytes on every day. */
const START_DEFAULT_S = Date.UTC(2025, 0, 1) / 1000;
const SPAN_DEFAULT_S = 6 * WEEK_S;

/** @throws RhythmicError bad_usage where none or more than one is given, or one that can't keep a state */
export function destinationOf(settings: GeneratorSettings): Destination {
  const { GENERATOR_OUT: out, KAFKA_BROKERS: brokers } = settings;
  if (out !== undefined && brokers !== undefined) {
    throw new RhythmicError(
      "bad_usage",
      `Events go to one place, but both --out ${out} and --brokers ${brokers.join(",")} (KAFKA_BROKERS) are given; leave one out.`,
    );
  }
  if (brokers !== undefined) return { kind: "kafka", brokers };
  if (out === undefined) {
    throw new RhythmicError(
      "bad_usage",
      "Nothing says where the events go; give --out DIR (files), --out - (standard output) or --brokers HOST:PORT (Kafka).",
    );
  }
  if (out !== "-") return { kind: "files", folder: out };
  if (settings.GENERATOR_STATE !== undefined) {
    throw new RhythmicError(
      "bad_usage",
      `Standard output can't be taken up again where it broke off, so --state ${settings.GENERATOR_STATE} does not go with --out -; write to files (--out DIR) or to Kafka (--brokers HOST:PORT), or leave --state out.`,
    );
  }
  return { kind: "stdout" };
}

/** A configuration as the settings change it: what the walk itself reads. Its hash stays the file's. */
export function effectiveConfiguration(settings: GeneratorSettings, configuration: Configuration): Configuration {
  return {
    ...configuration,
    firstUserId: settings.GENERATOR_FIRST_USER_ID ?? configuration.firstUserId,
    growthRate: settings.GENERATOR_GROWTH_RATE ?? configuration.growthRate,
    attritionRate: settings.GENERATOR_ATTRITION_RATE ?? configuration.attritionRate,
    tag: settings.GENERATOR_TAG ?? configuration.tag,
  };
}

/** Does the run go with the wall clock? A speed says so too: without the clock it would mean nothing. */
export function isContinuous(settings: GeneratorSettings): boolean {
  return settings.GENERATOR_CONTINUOUS || settings.GENERATOR_SPEED !== undefined;
}

/**
 * The plan of a run.
 * @param nowS the present: events for Kafka must not lie in the future, or the processor would refuse them
 * @param begun of a run that goes on where it stopped. @default it begins
 * @throws RhythmicError bad_settings
 */
export function planOf(
  settings: GeneratorSettings,
  configuration: Configuration,
  destination: Destination["kind"],
  nowS: number,
  begun?: Begun,
): Plan {
  const shard = shardOf(settings);
  const continuous = isContinuous(settings);
  const givenEndS = endGiven(settings, configuration, nowS);
  const span = begun ?? spanOf(settings, configuration, { destination, nowS, givenEndS });
  // One that was begun with --continuous may have its end there.
  if (destination === "kafka" && !continuous && span.endS > nowS) throw intoTheFuture(span, nowS);
  const speed = settings.GENERATOR_SPEED ?? Number.POSITIVE_INFINITY;
  const intoFuture = destination !== "kafka" && givenEndS !== undefined && speed !== Number.POSITIVE_INFINITY;
  return {
    seed: settings.GENERATOR_SEED ?? configuration.seed,
    users: settings.GENERATOR_USERS ?? configuration.users ?? USERS_DEFAULT,
    startS: span.startS,
    endS: span.endS,
    events: settings.GENERATOR_EVENTS ?? Number.POSITIVE_INFINITY,
    ...(shard && { shard }),
    ...(continuous && { realTime: { speed, intoFuture } }),
  };
}

interface SpanContext {
  readonly destination: Destination["kind"];
  readonly nowS: number;
  readonly givenEndS: number | undefined;
}

/** @throws RhythmicError bad_settings */
function spanOf(settings: GeneratorSettings, configuration: Configuration, context: SpanContext): Begun {
  const { destination, nowS, givenEndS } = context;
  const continuous = isContinuous(settings);
  const startS = startGiven(settings, nowS) ?? configuration.startS ?? (continuous ? nowS : START_DEFAULT_S);
  const isOpen = continuous || settings.GENERATOR_EVENTS !== undefined;
  const endS = givenEndS ?? (isOpen ? TIME_MAX_S : Math.min(TIME_MAX_S, startS + SPAN_DEFAULT_S));
  if (endS <= startS) {
    throw new RhythmicError(
      "bad_settings",
      `The end ${formatTimeS(endS)} does not lie after the start ${formatTimeS(startS)}; give --end a later time${continuous ? ", or --start an earlier one: a continuous run starts now unless told otherwise" : ""}.`,
    );
  }
  // A continuous run waits until the time of an event has come.
  if (destination !== "kafka" || continuous) return { startS, endS };
  if (startS >= nowS || (givenEndS ?? startS) > nowS) throw intoTheFuture({ startS, endS }, nowS);
  return { startS, endS: Math.min(endS, nowS) };
}

function intoTheFuture({ startS, endS }: Begun, nowS: number): RhythmicError {
  return new RhythmicError(
    "bad_settings",
    `The simulated time ${formatTimeS(startS)} to ${formatTimeS(endS)} reaches into the future, which Kafka's readers refuse; end it before ${formatTimeS(nowS)}, write to files, or let it wait for its time with --continuous.`,
  );
}

/**
 * What the settings say of a run's time, as texts: the same on every day, unlike the seconds that they stand for. Two
 * runs with the same texts are meant to be the same run.
 */
export function spanGiven(
  settings: GeneratorSettings,
  configuration: Configuration,
): { readonly start: string; readonly end: string } {
  const said = (daysAgo: number | undefined, givenS: number | undefined) =>
    daysAgo !== undefined ? `${daysAgo} days ago` : givenS !== undefined ? formatTimeS(givenS) : undefined;
  const startS = timeOf("GENERATOR_START", settings.GENERATOR_START) ?? configuration.startS;
  const endS = timeOf("GENERATOR_END", settings.GENERATOR_END) ?? configuration.endS;
  const continuous = isContinuous(settings);
  return {
    start: said(settings.GENERATOR_START_DAYS_AGO, startS) ?? (continuous ? "now" : formatTimeS(START_DEFAULT_S)),
    end: said(settings.GENERATOR_END_DAYS_AGO, endS) ?? (continuous ? "never" : "left out"),
  };
}

/** Has anybody said when the simulated time ends? */
export function isEndGiven(settings: GeneratorSettings, configuration: Configuration): boolean {
  const { GENERATOR_END: end, GENERATOR_END_DAYS_AGO: daysAgo } = settings;
  return end !== undefined || daysAgo !== undefined || configuration.endS !== undefined;
}

/** @throws RhythmicError bad_settings */
function shardOf(settings: GeneratorSettings): Shard | undefined {
  const { GENERATOR_SHARD: given, GENERATOR_EVENTS: events } = settings;
  if (given === undefined) return undefined;
  const [index = 0, count = 0] = given.split("/").map(Number);
  if (index > count) {
    throw new RhythmicError(
      "bad_settings",
      `GENERATOR_SHARD (--shard) is ${given}, but of ${count} parts there is none with the number ${index}; give 1/${count} to ${count}/${count}.`,
    );
  }
  if (events !== undefined) {
    throw new RhythmicError(
      "bad_settings",
      `--events ${events} does not go with --shard ${given}: which events are the first ${events} of all only a process knows that simulates all users; limit the run by --end.`,
    );
  }
  return { index, count };
}

/** @throws RhythmicError bad_settings where it is given twice */
function startGiven(settings: GeneratorSettings, nowS: number): number | undefined {
  const { GENERATOR_START: start, GENERATOR_START_DAYS_AGO: daysAgo } = settings;
  return timeGiven("start", ["GENERATOR_START", start], ["GENERATOR_START_DAYS_AGO", daysAgo], nowS);
}

/** @throws RhythmicError bad_settings where it is given twice */
function endGiven(settings: GeneratorSettings, configuration: Configuration, nowS: number): number | undefined {
  const { GENERATOR_END: end, GENERATOR_END_DAYS_AGO: daysAgo } = settings;
  return timeGiven("end", ["GENERATOR_END", end], ["GENERATOR_END_DAYS_AGO", daysAgo], nowS) ?? configuration.endS;
}

function timeGiven(
  what: "start" | "end",
  [name, time]: readonly [string, string | undefined],
  [daysName, daysAgo]: readonly [string, number | undefined],
  nowS: number,
): number | undefined {
  if (daysAgo === undefined) return timeOf(name, time);
  if (time !== undefined) {
    throw new RhythmicError(
      "bad_settings",
      `The simulated time has one ${what}, but ${name} (${time}) and ${daysName} (${daysAgo}) are given; leave one out.`,
    );
  }
  return Math.floor(nowS / DAY_S) * DAY_S - daysAgo * DAY_S;
}

function timeOf(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const timeS = parseTimeS(given);
  if (timeS !== undefined) return timeS;
  throw new RhythmicError(
    "bad_settings",
    `${name} is ${JSON.stringify(given)}, which is no day of the calendar from 1970 to 9999; give a time such as 2026-01-01T00:00:00Z.`,
  );
}
