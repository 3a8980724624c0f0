import type { EnvironmentName } from "../../../stacks/environment-record";
import type { Draft } from "./draft";

/** A mistake that somebody could make, and who must notice. */
export interface Mutant {
  /** What is wrong, as the end of "... turns red". */
  readonly title: string;
  /** @default prod */
  readonly environment?: EnvironmentName;
  /** Who is told when an alert fires. @default nobody, as without RHYTHMIC_ALERT_EMAIL */
  readonly alertEmail?: string;
  /** Names of the rules that must turn red; others may too. */
  readonly breaks: readonly string[];
  readonly seed: (draft: Draft) => void;
}
