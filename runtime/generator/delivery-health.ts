import type { SinkCounts } from "../kafka/event-sink";
import type { Status } from "../support/status/status";

/** A record is acknowledged within milliseconds; a broker that starts anew takes some seconds. */
const LATE_AFTER_MS = 15_000;
const JUDGE_INTERVAL_MS = 1_000;

export interface DeliveryHealthOptions {
  /** Of the sink, as they stand now. */
  counts(): Pick<SinkCounts, "generated" | "acknowledged">;
  readonly status: Status;
  /** May it have nothing to write, because nothing is due? @default it writes from its start on */
  readonly mayIdle?: boolean;
  /** The clock, milliseconds. @default this machine's */
  readonly nowMs?: () => number;
  /** How long records may wait without a single acknowledgement, milliseconds. @default 15 s */
  readonly lateAfterMs?: number;
}

/**
 * Judges whether a generator does its work: what it sends is acknowledged, or it has nothing on its way because it
 * waits for its rate. It is never stuck: where Kafka stays silent its delivery time ends the run, not a probe.
 */
export class DeliveryHealth {
  private readonly nowMs: () => number;
  private readonly lateAfterMs: number;
  private acknowledged = 0;
  /** When something was acknowledged last, or nothing was on its way. */
  private movedAtMs: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: DeliveryHealthOptions) {
    this.nowMs = options.nowMs ?? Date.now;
    this.lateAfterMs = options.lateAfterMs ?? LATE_AFTER_MS;
    this.movedAtMs = this.nowMs();
  }

  start(): void {
    this.timer = setInterval(() => this.judge(), JUDGE_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  judge(): void {
    const { counts, status, mayIdle } = this.options;
    const { generated, acknowledged } = counts();
    if (acknowledged !== this.acknowledged || acknowledged === generated) this.movedAtMs = this.nowMs();
    this.acknowledged = acknowledged;
    const waitedMs = this.nowMs() - this.movedAtMs;
    // There is a sink, so Kafka has answered: to a run that may idle that is enough.
    if (acknowledged === 0 && mayIdle !== true) status.notReady("No record has been acknowledged yet.");
    else if (waitedMs <= this.lateAfterMs) status.ready();
    else {
      const waitingCount = generated - acknowledged;
      const waiting = `${waitingCount} ${waitingCount === 1 ? "record waits" : "records wait"} to be acknowledged`;
      status.notReady(`${waiting}, and none has been for ${Math.round(waitedMs / 1000)} s.`);
    }
  }
}
