import { RhythmicError } from "../support/errors";
import type { Configuration } from "./config/configuration";
import type { GeneratorSettings } from "./settings";
import { DAY_S, formatTimeS, parseTimeS, WEEK_S } from "./time";

/** Where the events go: exactly one place. */
export type Destination =
  | { readonly kind: "kafka"; readonly brokers: readonly string[] }
  | { readonly kind: "files"; readonly folder: string }
  | { readonly kind: "stdout" };

/** What is simulated, after the command line has overridden the configuration, and it the defaults. */
export interface Plan {
  readonly seed: number;
  readonly users: number;
  readonly startS: number;
  /** Infinite where only the number of events ends the run. */
  readonly endS: number;
  /** Records after which the run stops; infinite where only the time ends it. */
  readonly events: number;
}

const USERS_DEFAULT = 1000;
/** A Wednesday; fixed, so that the same command gives the same bytes on every day. */
const START_DEFAULT_S = Date.UTC(2025, 0, 1) / 1000;
const SPAN_DEFAULT_S = 6 * WEEK_S;
/** The year 9999 ends here: the schema's limit of an event's time. */
const TIME_MAX_S = 253_402_300_799;

/** @throws RhythmicError bad_usage where none or more than one is given */
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
  return out === "-" ? { kind: "stdout" } : { kind: "files", folder: out };
}

/**
 * The plan of a run.
 * @param nowS the present: events for Kafka must not lie in the future, or the processor would refuse them
 * @throws RhythmicError bad_settings
 */
export function planOf(
  settings: GeneratorSettings,
  configuration: Configuration,
  destination: Destination["kind"],
  nowS: number,
): Plan {
  const startS = startGiven(settings, nowS) ?? configuration.startS ?? START_DEFAULT_S;
  const givenEndS = timeOf("GENERATOR_END", settings.GENERATOR_END) ?? configuration.endS;
  const events = settings.GENERATOR_EVENTS ?? Number.POSITIVE_INFINITY;
  const defaultEndS = settings.GENERATOR_EVENTS === undefined ? startS + SPAN_DEFAULT_S : TIME_MAX_S;
  const endS = givenEndS ?? defaultEndS;
  if (endS <= startS) {
    throw new RhythmicError(
      "bad_settings",
      `The end ${formatTimeS(endS)} does not lie after the start ${formatTimeS(startS)}; give --end a later time.`,
    );
  }
  if (destination === "kafka" && (startS >= nowS || (givenEndS ?? startS) > nowS)) {
    throw new RhythmicError(
      "bad_settings",
      `The simulated time ${formatTimeS(startS)} to ${formatTimeS(endS)} reaches into the future, which Kafka's readers refuse; end it before ${formatTimeS(nowS)}, or write to files.`,
    );
  }
  return {
    seed: settings.GENERATOR_SEED ?? configuration.seed,
    users: settings.GENERATOR_USERS ?? configuration.users ?? USERS_DEFAULT,
    startS,
    endS: destination === "kafka" ? Math.min(endS, nowS) : endS,
    events,
  };
}

/** @throws RhythmicError bad_settings where it is given twice */
function startGiven(settings: GeneratorSettings, nowS: number): number | undefined {
  const { GENERATOR_START: start, GENERATOR_START_DAYS_AGO: daysAgo } = settings;
  if (daysAgo === undefined) return timeOf("GENERATOR_START", start);
  if (start !== undefined) {
    throw new RhythmicError(
      "bad_settings",
      `The simulated time has one start, but GENERATOR_START (${start}) and GENERATOR_START_DAYS_AGO (${daysAgo}) are given; leave one out.`,
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
    `${name} is ${JSON.stringify(given)}, which is no day of the calendar since 1970; give a time such as 2026-01-01T00:00:00Z.`,
  );
}
