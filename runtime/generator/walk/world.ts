import type { Catalog } from "../catalog/catalog";
import type { Configuration } from "../config/configuration";
import type { Incidents } from "../incidents/incidents";
import type { WalkRules } from "./rules";
import type { SessionTimes } from "./session-times";

/** Everything that the walks of all users share; none of it changes during a run. */
export interface World {
  readonly seed: number;
  readonly configuration: Configuration;
  readonly catalog: Catalog;
  readonly rules: WalkRules;
  readonly sessionTimes: SessionTimes;
  readonly incidents: Incidents;
}

/** One of the equal parts into which the users are split: number `index`, from 1, of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export interface Span {
  /** First second of the run, since 1970. */
  readonly startS: number;
  /** The run ends before this second; may be infinite. */
  readonly endS: number;
  /** Users who are there from the beginning, those of all shards together. */
  readonly users: number;
  /**
   * The part of all users that is simulated: those whose id, counted from the first, leaves `index - 1` when it is
   * divided by `count`. @default all of them
   */
  readonly shard?: Shard;
}
