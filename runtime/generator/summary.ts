import { renameSync, writeFileSync } from "node:fs";
import type { SinkCounts } from "../kafka/event-sink";
import { messageOf, RhythmicError } from "../support/errors";
import type { Configuration } from "./config/configuration";
import type { Ending, Generated } from "./generate";
import type { Plan } from "./options";
import { formatTimeS } from "./time";

/** The figures of a run, for programs: the JSON of GENERATOR_SUMMARY. */
export interface Summary {
  /** Records handed to the destination. */
  readonly generated: number;
  /** Records that the destination has acknowledged. */
  readonly acknowledged: number;
  /** Bytes of the records' JSON. */
  readonly bytes: number;
  /** `generated` by topic. */
  readonly byTopic: Readonly<Record<string, number>>;
  /** Users so far, those who joined and those who left included. */
  readonly users: number;
  readonly sessions: number;
  readonly seed: number;
  /** SHA-256 of the configuration's content. */
  readonly configurationHash: string;
  readonly start: string;
  /** The simulated time that was reached. */
  readonly reached: string;
  /** Why the run ended; `failed` where it broke off. */
  readonly ending: Ending | "failed";
  readonly seconds: number;
}

export function summaryOf(
  plan: Plan,
  configuration: Configuration,
  counts: SinkCounts,
  generated: Generated | undefined,
  seconds: number,
): Summary {
  return {
    generated: counts.generated,
    acknowledged: counts.acknowledged,
    bytes: counts.bytes,
    byTopic: counts.byTopic,
    users: generated?.users ?? plan.users,
    sessions: generated?.sessions ?? 0,
    seed: plan.seed,
    configurationHash: configuration.hash,
    start: formatTimeS(plan.startS),
    reached: formatTimeS(generated?.reachedS ?? plan.startS),
    ending: generated?.ending ?? "failed",
    seconds: Number(seconds.toFixed(3)),
  };
}

/** Writes the summary whole or not at all. @throws RhythmicError bad_usage where the file can't be written */
export function writeSummary(path: string, summary: Summary): void {
  try {
    writeFileSync(`${path}.part`, `${JSON.stringify(summary)}\n`);
    renameSync(`${path}.part`, path);
  } catch (error) {
    throw new RhythmicError("bad_usage", `The summary ${path} can't be written: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
