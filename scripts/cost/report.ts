import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import type { PriceList } from "./prices";
import type { Volumes } from "./volumes";

/** One position of the bill. */
export interface CostLine {
  readonly stack: string;
  /** Construct path of the resource, below the stack. */
  readonly resource: string;
  /** What is paid for, such as `machine e2-small`. */
  readonly what: string;
  /** How much of it a month; `undefined` where the synth and the assumptions can't tell. */
  readonly quantity: number | undefined;
  /** What the quantity counts, such as `GB` (2^30 bytes, as Google bills storage). */
  readonly unit: string;
  /** US dollars a unit and month; `undefined` where the price list has no price. */
  readonly unitPriceUsd: number | undefined;
  /** US dollars a month; `undefined` where there is no price or no quantity. */
  readonly usdPerMonth: number | undefined;
  /** What the quantity rests on beside the declared resource; `undefined` where it rests on nothing else. */
  readonly assumption: string | undefined;
}

/** What an environment costs a month. */
export interface CostReport {
  /** Where the prices come from, and of which day they are. */
  readonly prices: { readonly source: string; readonly date: string; readonly region: string };
  readonly eventsPerDay: number;
  readonly monthsKept: number;
  /** What has a price, in the order of the stacks. */
  readonly lines: readonly CostLine[];
  /** What costs something too and isn't in the total: the price list has no price of it, or nobody knows how much. */
  readonly unpriced: readonly CostLine[];
  readonly stacks: readonly { readonly stack: string; readonly usdPerMonth: number }[];
  readonly totalUsdPerMonth: number;
  /** What the machines alone would cost otherwise. */
  readonly machines: MachineCosts;
  /** A sentence each. */
  readonly assumptions: readonly string[];
}

/** The machines of an environment by ways to pay for them, US dollars a month. */
export interface MachineCosts {
  readonly onDemandUsd: number;
  readonly oneYearUsd: number;
  readonly threeYearsUsd: number;
  readonly spotUsd: number;
}

/** What every reckoning is given. */
export interface CostContext {
  readonly platform: SynthesizedPlatform;
  readonly prices: PriceList;
  readonly volumes: Volumes;
}
