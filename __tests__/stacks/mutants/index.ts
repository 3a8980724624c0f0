import { BOOT_AND_READINESS_MUTANTS } from "./boot-and-readiness";
import { DATA_PROTECTION_MUTANTS } from "./data-protection";
import { IDENTITY_MUTANTS } from "./identity";
import { KEY_AND_LOG_MUTANTS } from "./keys-and-logs";
import { MACHINE_MUTANTS } from "./machines";
import type { Mutant } from "./mutant";
import { OBSERVABILITY_MUTANTS } from "./observability";
import { REACHABILITY_MUTANTS } from "./reachability";
import { SECRET_MUTANTS } from "./secrets";
import { WAREHOUSE_AND_SETTINGS_MUTANTS } from "./warehouse-and-settings";

/** Every seeded mistake. */
export const MUTANTS: readonly Mutant[] = [
  ...REACHABILITY_MUTANTS,
  ...DATA_PROTECTION_MUTANTS,
  ...KEY_AND_LOG_MUTANTS,
  ...IDENTITY_MUTANTS,
  ...MACHINE_MUTANTS,
  ...BOOT_AND_READINESS_MUTANTS,
  ...SECRET_MUTANTS,
  ...OBSERVABILITY_MUTANTS,
  ...WAREHOUSE_AND_SETTINGS_MUTANTS,
];
