import type { Rule } from "./rule";
import { BOOT } from "./rules/boot";
import { DATA_PROTECTION } from "./rules/data-protection";
import { IDENTITY } from "./rules/identity";
import { KEYS_AND_LOGS } from "./rules/keys-and-logs";
import { LOCAL } from "./rules/local";
import { MACHINES } from "./rules/machines";
import { NAMES } from "./rules/names";
import { NETWORK } from "./rules/network";
import { OBSERVABILITY } from "./rules/observability";
import { REACHABILITY } from "./rules/reachability";
import { READINESS } from "./rules/readiness";
import { SCHEMA } from "./rules/schema";
import { SECRETS } from "./rules/secrets";
import { SERVICE_RULES } from "./rules/services";
import { SETTINGS } from "./rules/settings";

/** Our own rules, by what they are about. */
export const RULE_GROUPS: Readonly<Record<string, readonly Rule[]>> = {
  "nothing is reachable from outside": REACHABILITY,
  "the network is whole": NETWORK,
  "data is neither read by strangers nor lost": DATA_PROTECTION,
  "data is encrypted, and who touched it is known": KEYS_AND_LOGS,
  "everybody may do what they need, no more": IDENTITY,
  "machines are what they should be": MACHINES,
  "machines do at their boot what they should": BOOT,
  "a machine counts once its program works": READINESS,
  "secrets are told to nobody": SECRETS,
  "containers on this machine are as closed": LOCAL,
  "the warehouse holds the schema": SCHEMA,
  "programs get the settings that they mean": SETTINGS,
  "somebody learns what goes wrong": OBSERVABILITY,
  "names are what the environment says": NAMES,
  "services and what no public rule covers": SERVICE_RULES,
};

export const RULES: readonly Rule[] = Object.values(RULE_GROUPS).flat();
