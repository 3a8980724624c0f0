import type { EventSink } from "../../kafka/event-sink";
import type { Clock } from "../clock";
import type { Generated } from "../generate";
import type { Begun } from "../options";
import type { Figures } from "../summary";
import type { Fingerprint } from "./fingerprint";
import { type Mark, writeSavedRun } from "./saved-run";

/** What the loop knows at a moment between two visits. */
export interface Moment {
  /** The simulated time, seconds since 1970. */
  readonly reachedS: number;
  readonly simulation: Uint8Array;
  readonly disturber?: Uint8Array | undefined;
  /** How the run ended. @default it goes on */
  readonly ended?: Generated;
}

export interface SavePointOptions {
  readonly path: string;
  readonly intervalMs: number;
  readonly fingerprint: Fingerprint;
  readonly begun: Begun;
  readonly sink: Pick<EventSink, "flush">;
  /** This start's number: 1 where the run begins. */
  readonly starts: number;
  /** What this start and those before it have written. */
  figures(): Figures;
  /**
   * Where the destination stands, once everything is flushed.
   * @param isLast nothing more will be written by this process
   */
  mark(isLast: boolean): Promise<Mark>;
  readonly clock: Pick<Clock, "steadyMs">;
}

/** So many times as long as a save takes is waited until the next: at most a twentieth of the time goes into saving. */
const REST_FACTOR = 19;

/** Writes the state of a run from time to time. */
export class SavePoints {
  private dueMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: SavePointOptions) {}

  /** Milliseconds until the next save is due; 0: now. */
  get waitMs(): number {
    return Math.max(0, this.dueMs - this.options.clock.steadyMs());
  }

  /**
   * Flushes, and writes the state.
   * @param isLast nothing more will be written by this process
   * @throws RhythmicError delivery_failed, bad_usage
   */
  async save(moment: Moment, isLast = false): Promise<void> {
    const { path, fingerprint, begun, sink, clock, intervalMs } = this.options;
    const startedMs = clock.steadyMs();
    await sink.flush();
    const mark = await this.options.mark(isLast);
    const { reachedS, simulation, disturber, ended } = moment;
    writeSavedRun(path, {
      fingerprint,
      startS: begun.startS,
      endS: begun.endS,
      starts: { starts: this.options.starts, figures: this.options.figures(), reachedS },
      mark,
      ...(ended && { ended }),
      simulation,
      ...(disturber && { disturber }),
    });
    const endedMs = clock.steadyMs();
    this.dueMs = endedMs + Math.max(intervalMs, REST_FACTOR * (endedMs - startedMs));
  }
}
