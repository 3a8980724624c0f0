import type { Progress } from "../support/progress";
import type { Summary } from "./summary";
import { DAY_S, formatTimeS, HOUR_S, MINUTE_S } from "./time";

/** Where a run stands. */
export interface Standing {
  /** Events of the simulation, over all starts. */
  readonly events: number;
  /** Records of this start. */
  readonly records: number;
  /** The simulated time, seconds since 1970. */
  readonly simulatedS: number;
  /** Continuous: how far the simulated time lies behind the clock, seconds; 0 where they go together. */
  readonly behindS?: number | undefined;
}

export interface RunProgressOptions {
  /** Says it: on a terminal, or as lines. */
  readonly progress: Progress;
  /** First second of the run. */
  readonly startS: number;
  /** The run ends before this second; infinite, or the year 9999, where nobody knows. */
  readonly endS: number;
  /** The run ends after so many events; infinite where nobody knows. */
  readonly events: number;
  /** Milliseconds that only grow. @default performance.now */
  readonly clockMs?: () => number;
}

interface Sample {
  readonly atMs: number;
  readonly records: number;
  readonly share: number;
}

/** The rate and the time left are those of the last seconds. */
const WINDOW_MS = 10_000;
const SAMPLE_INTERVAL_MS = 100;
const YEAR_9999_S = 253_370_764_800;

/** Says how far a run is: records, rate, simulated time, and what is known of its end. */
export class RunProgress {
  private readonly clockMs: () => number;
  private readonly samples: Sample[] = [];
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RunProgressOptions) {
    this.clockMs = options.clockMs ?? (() => performance.now());
  }

  /** Cheap: most calls look at the clock and no more. */
  update(standing: Standing): void {
    const nowMs = this.clockMs();
    if (nowMs - this.lastMs < SAMPLE_INTERVAL_MS) return;
    this.lastMs = nowMs;
    const fields = this.fieldsOf(standing, nowMs);
    this.options.progress.update(messageOf(fields), fields);
  }

  /** Ends it with what the run has written. */
  done(summary: Summary): void {
    const { events, generated, acknowledged, late, duplicates, malformed, seconds, ending } = summary;
    const disturbed = late + duplicates + malformed > 0;
    const what = disturbed ? `${generated} records of ${events} events` : `${generated} events`;
    const how = disturbed ? `, ${late} late, ${duplicates} repeated, ${malformed} malformed` : "";
    this.options.progress.done(`${what} generated, ${acknowledged} acknowledged${how}, ${seconds.toFixed(1)} s`, {
      events,
      records: generated,
      acknowledged,
      late,
      duplicates,
      malformed,
      seconds,
      ending,
    });
  }

  private fieldsOf(standing: Standing, nowMs: number): RunFields {
    const { records, simulatedS, behindS } = standing;
    const share = this.shareOf(standing);
    const { samples } = this;
    samples.push({ atMs: nowMs, records, share });
    while ((samples[0] as Sample).atMs < nowMs - WINDOW_MS) samples.shift();
    const { atMs, records: recordsThen, share: shareThen } = samples[0] as Sample;
    const seconds = (nowMs - atMs) / 1000;
    const leftS = ((1 - share) / (share - shareThen)) * seconds;
    return {
      records,
      ...(seconds > 0 && { recordsPerSecond: Math.round((records - recordsThen) / seconds) }),
      simulatedTime: formatTimeS(Math.floor(simulatedS)),
      ...(this.endKnown && { percentDone: Math.floor(share * 1000) / 10 }),
      ...(this.endKnown && Number.isFinite(leftS) && { secondsLeft: Math.ceil(leftS) }),
      ...(behindS !== undefined && { secondsBehind: Math.round(behindS) }),
    };
  }

  private get endKnown(): boolean {
    return this.options.endS < YEAR_9999_S || this.options.events < Number.POSITIVE_INFINITY;
  }

  /** How much is done, from 0 to 1: by the events or by the time, whichever ends the run first. */
  private shareOf({ events, simulatedS }: Standing): number {
    const { startS, endS } = this.options;
    const byTime = endS < YEAR_9999_S ? (simulatedS - startS) / (endS - startS) : 0;
    return Math.min(1, Math.max(0, byTime, events / this.options.events));
  }
}

/** What a line of JSON has beside the message. */
type RunFields = {
  readonly records: number;
  /** Of the last seconds. */
  readonly recordsPerSecond?: number;
  readonly simulatedTime: string;
  readonly percentDone?: number;
  /** At the pace of the last seconds. */
  readonly secondsLeft?: number;
  readonly secondsBehind?: number;
};

function messageOf(fields: RunFields): string {
  const { records, recordsPerSecond, simulatedTime, percentDone, secondsLeft, secondsBehind } = fields;
  const count = (value: number) => value.toLocaleString("en-US");
  const parts = [
    `${count(records)} records`,
    recordsPerSecond === undefined ? undefined : `${count(recordsPerSecond)}/s`,
    simulatedTime,
    percentDone === undefined ? undefined : `${percentDone.toFixed(1)} %`,
    secondsLeft === undefined ? undefined : `${duration(secondsLeft)} left`,
    secondsBehind === undefined
      ? undefined
      : secondsBehind > 0
        ? `${duration(secondsBehind)} behind`
        : "at the present",
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Seconds as people say it: 41 s, 3 min 20 s, 5 h 10 min, 12 d 4 h. */
function duration(seconds: number): string {
  const units = [
    ["d", DAY_S],
    ["h", HOUR_S],
    ["min", MINUTE_S],
    ["s", 1],
  ] as const;
  const first = units.findIndex(([, unitS]) => seconds >= unitS);
  if (first < 0) return "0 s";
  let rest = seconds;
  const parts = units.slice(first, first + 2).map(([name, unitS]) => {
    const amount = Math.floor(rest / unitS);
    rest -= amount * unitS;
    return amount > 0 ? `${amount} ${name}` : undefined;
  });
  return parts.filter((part) => part !== undefined).join(" ");
}
