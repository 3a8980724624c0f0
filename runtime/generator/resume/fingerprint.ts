import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { RhythmicError } from "../../support/errors";
import type { Catalog } from "../catalog/catalog";
import type { Configuration } from "../config/configuration";
import { type Destination, type Plan, spanGiven } from "../options";
import type { GeneratorSettings } from "../settings";
import { WALK_VERSION } from "../walk/saved-state";

/** All that decides about a run's bytes, by name: a run with another fingerprint is another run. */
export type Fingerprint = Readonly<Record<string, string>>;

export interface RunParts {
  readonly settings: GeneratorSettings;
  /** As it is in effect. */
  readonly configuration: Configuration;
  readonly catalog: Catalog;
  readonly plan: Plan;
  readonly destination: Destination;
  /** The text of the file of incidents. @default there is none */
  readonly incidents?: string | undefined;
}

/** The fingerprint of a run. How fast it goes is no part of it: the events are the same. */
export function fingerprintOf(parts: RunParts): Fingerprint {
  const { settings, configuration, catalog, plan, destination, incidents } = parts;
  const given = spanGiven(settings, configuration);
  return {
    "version of the walk": String(WALK_VERSION),
    seed: String(plan.seed),
    users: String(plan.users),
    configuration: configuration.hash,
    catalogue: catalog.hash,
    "first user id": String(configuration.firstUserId),
    "growth rate": String(configuration.growthRate),
    "attrition rate": String(configuration.attritionRate),
    tag: configuration.tag === undefined ? "none" : JSON.stringify(configuration.tag),
    start: given.start,
    end: given.end,
    events: settings.GENERATOR_EVENTS === undefined ? "no limit" : String(settings.GENERATOR_EVENTS),
    shard: settings.GENERATOR_SHARD ?? "1/1",
    topic: settings.GENERATOR_TOPIC ?? "all",
    "eventsim's rules": String(settings.GENERATOR_EVENTSIM_COMPAT),
    incidents: incidents === undefined ? "none" : createHash("sha256").update(incidents).digest("hex"),
    "late rate": String(settings.GENERATOR_LATE_RATE),
    "late max": String(settings.GENERATOR_LATE_MAX_S),
    "duplicate rate": String(settings.GENERATOR_DUPLICATE_RATE),
    "malformed rate": String(settings.GENERATOR_MALFORMED_RATE),
    destination: placeOf(settings, destination),
  };
}

/** Kafka's addresses may change; that it is the same cluster is seen by its id. */
function placeOf(settings: GeneratorSettings, destination: Destination): string {
  switch (destination.kind) {
    case "kafka":
      return `Kafka, topic prefix ${settings.KAFKA_TOPIC_PREFIX}`;
    case "files":
      return resolve(destination.folder);
    case "stdout":
      return "standard output";
  }
}

/** @throws RhythmicError bad_settings: the state is of another run, and in what it differs */
export function checkSameRun(path: string, saved: Fingerprint, now: Fingerprint): void {
  const names = [...new Set([...Object.keys(saved), ...Object.keys(now)])];
  const differing = names
    .filter((name) => saved[name] !== now[name])
    .map((name) => `${name} (there ${saved[name] ?? "unknown"}, now ${now[name] ?? "unknown"})`);
  if (differing.length === 0) return;
  throw new RhythmicError(
    "bad_settings",
    `The state ${path} is of another run, which differs in ${differing.join(", ")}; give the settings of that run to go on with it, or another --state to begin this one.`,
  );
}
