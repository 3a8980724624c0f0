import { readFileSync } from "node:fs";
import { messageOf, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import type { Catalog } from "./catalog/catalog";
import { openCatalog } from "./catalog/open-catalog";
import { syntheticCatalog } from "./catalog/synthetic";
import { type Configuration, parseBuiltIn, parseConfiguration } from "./config/configuration";
import builtIn from "./config/music-service.json";
import { NO_INCIDENTS } from "./incidents/incidents";
import { type IncidentSchedule, readIncidents } from "./incidents/read-incidents";
import { type Destination, destinationOf, effectiveConfiguration, type Plan, planOf } from "./options";
import { checkSameRun, type Fingerprint, fingerprintOf } from "./resume/fingerprint";
import { readSavedRun, type SavedRun } from "./resume/saved-run";
import type { GeneratorSettings } from "./settings";

/** All that a run is made of, read and checked. */
export interface Inputs {
  readonly destination: Destination;
  /** As it is in effect: the file's, changed by the settings. */
  readonly configuration: Configuration;
  readonly plan: Plan;
  readonly catalog: Catalog;
  readonly incidents: IncidentSchedule;
  /** The run's state, where it goes on. @default it begins */
  readonly saved: SavedRun | undefined;
  readonly fingerprint: Fingerprint;
}

/** A run that is explained needs no place for its events; its time is that of a run to files then. */
const NOWHERE: Destination = { kind: "files", folder: "" };

function isExplainedOnly({ GENERATOR_DRY_RUN, GENERATOR_OUT, KAFKA_BROKERS }: GeneratorSettings): boolean {
  return GENERATOR_DRY_RUN && GENERATOR_OUT === undefined && KAFKA_BROKERS === undefined;
}

/**
 * @param nowS the present, seconds since 1970
 * @param stop ends the reading of a catalogue. @default nothing does
 * @throws RhythmicError bad_usage, bad_settings, bad_configuration, interrupted
 */
export async function readInputs(
  settings: GeneratorSettings,
  nowS: number,
  log: Logger,
  stop?: AbortSignal,
): Promise<Inputs> {
  const destination = isExplainedOnly(settings) ? NOWHERE : destinationOf(settings);
  const configuration = effectiveConfiguration(settings, readConfiguration(settings.GENERATOR_CONFIG));
  const { GENERATOR_STATE: statePath, GENERATOR_CATALOG: folder } = settings;
  const saved = statePath === undefined ? undefined : readSavedRun(statePath);
  const plan = planOf(settings, configuration, destination.kind, nowS, saved);
  const catalog = folder === undefined ? syntheticCatalog(plan.seed) : await openCatalog(folder, log, stop);
  const { incidents, text } = readIncidentsOf(settings.GENERATOR_INCIDENTS, catalog, plan.startS);
  const fingerprint = fingerprintOf({ settings, configuration, catalog, plan, destination, incidents: text });
  if (saved !== undefined) checkSameRun(String(statePath), saved.fingerprint, fingerprint);
  return { destination, configuration, plan, catalog, incidents, saved, fingerprint };
}

/** @throws RhythmicError bad_configuration */
function readConfiguration(file: string | undefined): Configuration {
  if (file === undefined) return parseBuiltIn(builtIn);
  return parseConfiguration(
    file,
    textOf(file, "configuration", "JSON file in eventsim's format, or leave it out for the built-in one"),
  );
}

function readIncidentsOf(file: string | undefined, catalog: Catalog, startS: number) {
  if (file === undefined) return { incidents: { ...NO_INCIDENTS, described: [] }, text: undefined };
  const text = textOf(file, "file of incidents", "JSON file as docs/generator.md shows one");
  const states = catalog.places.values.map(({ state }) => state);
  return { incidents: readIncidents(file, text, { songs: catalog.songs, states, startS }), text };
}

function textOf(file: string, what: string, allowed: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new RhythmicError(
      "bad_configuration",
      `The ${what} ${file} can't be read (${messageOf(error)}); give the path of a ${allowed}.`,
      { cause: error },
    );
  }
}
