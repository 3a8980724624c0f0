import { refusal } from "../../stacks/synthesis/synthesis-error";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import { MACHINES_RUN, MONTHS_KEPT_DEFAULT } from "./assumptions";
import { reckon } from "./catalogue";
import { machineCosts, machinesRunning } from "./machines";
import { PRICES, type PriceList } from "./prices";
import type { CostLine, CostReport } from "./report";
import { commitIntervalOf, type Volumes, volumesOf } from "./volumes";

export type { CostLine, CostReport } from "./report";

export interface CostOptions {
  /** Events a day over all topics, as `environment.expected` says them. */
  readonly eventsPerDay: number;
  /** Months of events that the lake holds in the month that is reckoned. @default 12 */
  readonly monthsKept?: number;
  /** @default the list in scripts/cost/prices */
  readonly prices?: PriceList;
}

const GOOGLE = "google_";
/** More would be another platform. */
const EVENTS_PER_DAY_MAX = 1_000_000_000_000;
const MONTHS_KEPT_MAX = 1_200;

/**
 * What a synthesized platform costs a month: machines, disks, snapshots and storage by the price list; what has no
 * price in it is listed apart and never guessed.
 * @throws SynthesisError for a machine type, disk type, storage class or region that the list has no price of
 */
export function costOf(platform: SynthesizedPlatform, options: CostOptions): CostReport {
  const { eventsPerDay, monthsKept = MONTHS_KEPT_DEFAULT, prices = PRICES } = options;
  checkNumber("The number of events a day", eventsPerDay, EVENTS_PER_DAY_MAX);
  checkNumber("The number of months kept", monthsKept, MONTHS_KEPT_MAX);
  const processors = Math.max(1, machinesRunning(platform, "processor"));
  const volumes = volumesOf(eventsPerDay, monthsKept, processors, commitIntervalOf(platform));
  // What another provider declares runs on a person's own machine.
  const billed = platform.resources.filter(({ type }) => type.startsWith(GOOGLE));
  const all = billed.flatMap((resource) => reckon(resource, { platform, prices, volumes }));
  const lines = all.filter(({ usdPerMonth }) => usdPerMonth !== undefined);
  return {
    prices: { source: prices.source, date: prices.generated, region: prices.region },
    eventsPerDay,
    monthsKept,
    lines,
    unpriced: all.filter(({ usdPerMonth }) => usdPerMonth === undefined),
    stacks: platform.stacks
      .filter(({ name }) => billed.some(({ stack }) => stack === name))
      .map(({ name }) => ({ stack: name, usdPerMonth: sumOf(lines.filter(({ stack }) => stack === name)) })),
    totalUsdPerMonth: sumOf(lines),
    machines: machineCosts(platform, prices),
    assumptions: assumptionsOf(volumes),
  };
}

function checkNumber(what: string, given: number, maximum: number): void {
  if (Number.isFinite(given) && given > 0 && given <= maximum) return;
  throw refusal(what, given, `a number above 0, at most ${maximum}`);
}

function sumOf(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { usdPerMonth }) => sum + (usdPerMonth ?? 0), 0);
}

function assumptionsOf(volumes: Volumes): string[] {
  const { eventsPerDay, monthsKept, kafkaGbPerDay, kafkaDays, lakeGbPerDay, lakeFilesPerDay } = volumes;
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  const gb = (value: number) => value.toFixed(2);
  return [
    `${whole(eventsPerDay)} events a day, as they happen; ${MACHINES_RUN}.`,
    `The lake holds ${monthsKept} months of events: nothing deletes its data by itself.`,
    `Kafka takes ${gb(kafkaGbPerDay)} GB a day and keeps ${kafkaDays} days of it.`,
    `The lake takes ${gb(lakeGbPerDay)} GB a day in ${whole(lakeFilesPerDay)} files of ${whole(
      eventsPerDay / Math.max(1, lakeFilesPerDay),
    )} events on average: a file a partition and commit, at most ${volumes.commitIntervalS} s apart.`,
    "Bytes an event are measured on generated events (npm run bench -- event-bytes); a GB is 2^30 bytes.",
    "On demand, before taxes and discounts; Google's free allowances are not taken off.",
  ];
}
