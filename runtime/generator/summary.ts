import type { SinkCounts } from "../kafka/event-sink";
import { writeFileDurably } from "../support/durable-file";
import { messageOf, RhythmicError } from "../support/errors";
import type { Configuration } from "./config/configuration";
import type { DisturbanceCounts } from "./disturbances/disturber";
import type { Ending } from "./generate";
import type { Plan } from "./options";
import { formatTimeS } from "./time";
import type { Shard, Simulation } from "./walk/simulation";

/** What has been written. What is late, repeated or malformed is 0 or empty where delivery is not disturbed. */
export interface Figures {
  /** Events of the simulation. */
  readonly events: number;
  /** `events` by topic: one kind of event each. */
  readonly eventsByTopic: Readonly<Record<string, number>>;
  /** Visits of the walk by page; all of them, where one topic alone is written. */
  readonly pages: Readonly<Record<string, number>>;
  /** Records handed to the destination: `events`, those held back left out, and `duplicates`. */
  readonly generated: number;
  /** `generated` by topic. */
  readonly byTopic: Readonly<Record<string, number>>;
  /** Records that the destination has acknowledged. */
  readonly acknowledged: number;
  /** Bytes of the records' values. */
  readonly bytes: number;
  /** Events delivered late. */
  readonly late: number;
  readonly lateByTopic: Readonly<Record<string, number>>;
  /** Records beyond the first of an event. */
  readonly duplicates: number;
  readonly duplicatesByTopic: Readonly<Record<string, number>>;
  /** Records that break the schema, each in the place of an event: the dead letters that must come out. */
  readonly malformed: number;
  readonly malformedByTopic: Readonly<Record<string, number>>;
  /** `malformed` by what is wrong, such as `cut_off`. */
  readonly malformedBy: Readonly<Record<string, number>>;
  /** Late records that came earlier than drawn, for want of memory. */
  readonly hurried: number;
  /** Real time that it took. */
  readonly seconds: number;
}

/** The figures of a run, for programs: the JSON of GENERATOR_SUMMARY. docs/generator.md shows one. */
export interface Summary extends Figures {
  /** Records a second of real time, from this start to its end. */
  readonly perSecond: number;
  /** Users so far, over all starts, those who joined and those who left included; of this shard. */
  readonly users: number;
  /** Sessions so far, over all starts; of this shard. */
  readonly sessions: number;
  readonly seed: number;
  /** SHA-256 of the configuration's content. */
  readonly configurationHash: string;
  /** SHA-256 of the catalogue's content. */
  readonly catalogueHash: string;
  /** Such as 2/4: this is the second of four parts of the users. `null`: all of them. */
  readonly shard: string | null;
  /** First moment of the simulated time. */
  readonly start: string;
  /** The simulated time at which this start went on from a state; `null` where it began anew. */
  readonly resumedAt: string | null;
  /** The simulated time that was reached. */
  readonly reached: string;
  /** Why the run ended; `failed` where it broke off. */
  readonly ending: Ending | "failed";
  /** Why it failed, one sentence; `null` where it did not. */
  readonly error: string | null;
  /** This start and all before it, whose state it went on with; the same as the figures above where it began anew. */
  readonly total: Figures & { readonly starts: number };
}

/** What a state remembers of the starts before this one. */
export interface EarlierStarts {
  readonly starts: number;
  readonly figures: Figures;
  /** Where they stood, seconds since 1970. */
  readonly reachedS: number;
}

export interface SummaryFacts {
  readonly plan: Plan;
  readonly configuration: Pick<Configuration, "hash">;
  readonly catalogueHash: string;
  readonly shard?: Shard | undefined;
  /** Of this start. */
  readonly figures: Figures;
  /** The simulation, or where it stood. @default nothing has been simulated */
  readonly walked?: Pick<Simulation, "users" | "sessions" | "nowS"> | undefined;
  readonly ending: Ending | "failed";
  /** Why it failed. */
  readonly error?: unknown;
  /** @default this is the first start */
  readonly earlier?: EarlierStarts | undefined;
}

/**
 * What one start has written.
 * @param counts the sink's books
 * @param disturbed the disturber's; without one every event is one record
 * @param pages the simulation's
 */
export function figuresOf(
  counts: SinkCounts,
  disturbed: DisturbanceCounts | undefined,
  seconds: number,
  pages: Figures["pages"] = {},
): Figures {
  const byTopic = disturbed === undefined ? [] : Object.entries(disturbed.byTopic);
  const of = (what: "events" | "late" | "duplicates" | "malformed") =>
    Object.fromEntries(byTopic.map(([topic, found]) => [topic, found[what]]));
  return {
    events: disturbed?.events ?? counts.generated,
    eventsByTopic: disturbed === undefined ? { ...counts.byTopic } : of("events"),
    pages,
    generated: counts.generated,
    byTopic: { ...counts.byTopic },
    acknowledged: counts.acknowledged,
    bytes: counts.bytes,
    late: disturbed?.late ?? 0,
    lateByTopic: of("late"),
    duplicates: disturbed?.duplicates ?? 0,
    duplicatesByTopic: of("duplicates"),
    malformed: disturbed?.malformed ?? 0,
    malformedByTopic: of("malformed"),
    malformedBy: { ...disturbed?.malformedBy },
    hurried: disturbed?.hurried ?? 0,
    seconds: rounded(seconds),
  };
}

/** What two stretches have written together. */
export function addFigures(one: Figures, other: Figures): Figures {
  const sum = Object.entries(one).map(([name, value]: [string, Figures[keyof Figures]]) => {
    const more: Figures[keyof Figures] = other[name as keyof Figures];
    if (typeof value === "number") return [name, rounded(value + Number(more))];
    return [name, addCounts(value, more as typeof value)];
  });
  return Object.fromEntries(sum) as Figures;
}

export function summaryOf(facts: SummaryFacts): Summary {
  const { plan, configuration, catalogueHash, shard, figures, walked, ending, error, earlier } = facts;
  const total = earlier === undefined ? figures : addFigures(earlier.figures, figures);
  return {
    ...figures,
    perSecond: figures.seconds > 0 ? Math.round(figures.generated / figures.seconds) : 0,
    users: walked?.users ?? 0,
    sessions: walked?.sessions ?? 0,
    seed: plan.seed,
    configurationHash: configuration.hash,
    catalogueHash,
    shard: shard === undefined ? null : `${shard.index}/${shard.count}`,
    start: formatTimeS(plan.startS),
    resumedAt: earlier === undefined ? null : formatTimeS(earlier.reachedS),
    reached: formatTimeS(walked?.nowS ?? earlier?.reachedS ?? plan.startS),
    ending,
    error: error === undefined ? null : messageOf(error),
    total: { starts: (earlier?.starts ?? 0) + 1, ...total },
  };
}

/**
 * Writes the summary, whole or not at all, so that it outlives the machine.
 * @throws RhythmicError bad_usage where the file can't be written
 */
export function writeSummary(path: string, summary: Summary): void {
  try {
    writeFileDurably(path, `${JSON.stringify(summary)}\n`);
  } catch (error) {
    throw unwritable(path, messageOf(error), error);
  }
}

function unwritable(path: string, why: string, cause?: unknown): RhythmicError {
  return new RhythmicError(
    "bad_usage",
    `The summary ${path} can't be written (${why}); give --summary the path of a file in a folder that is there.`,
    { cause },
  );
}

function addCounts(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>) {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function rounded(seconds: number): number {
  return Number(seconds.toFixed(3));
}
