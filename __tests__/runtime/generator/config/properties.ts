import fc from "fast-check";
import { syntheticCatalog } from "../../../../runtime/generator/catalog/synthetic";
import { type Configuration, parseConfiguration } from "../../../../runtime/generator/config/configuration";
import { simulationOf } from "../../../../runtime/generator/generate";
import { type Incidents, NO_INCIDENTS } from "../../../../runtime/generator/incidents/incidents";
import { readIncidents } from "../../../../runtime/generator/incidents/read-incidents";
import { destinationOf, effectiveConfiguration, type Plan, planOf } from "../../../../runtime/generator/options";
import { generatorSettings } from "../../../../runtime/generator/settings";
import { RhythmicError } from "../../../../runtime/support/errors";
import { readSettings } from "../../../../runtime/support/program";
import { dashed, flagsOf } from "../../../../runtime/support/settings";
import { BUILT_IN, DAY_S, START_S } from "../simulate";
import { broken, changedConfigurations, commandLines, incidentFiles, odd } from "./arbitraries";

const EVENTS = 300;
/** Of CPU time: others share the machine. */
const SECONDS_MAX = 5;
const NOW_S = Date.UTC(2026, 0, 1) / 1000;
const catalog = syntheticCatalog(1);
const ONE_LINE = /^[^\p{Cc}\u2028\u2029]+$/u;

/** What was refused, with the message checked: a sentence with file and line. */
function checkRefusal(error: unknown, file: string | undefined): void {
  if (!(error instanceof RhythmicError)) throw error;
  if (file === undefined) return;
  expect(error.code).toBe("bad_configuration");
  expect(error.message).toMatch(ONE_LINE);
  expect(error.message).toMatch(/^[\w.]+, line [1-9]\d*: .+\.$/);
  expect(error.message.startsWith(file)).toBe(true);
}

/** Some hundred events of a run, which must come within seconds. */
function runs(configuration: Configuration, eventsimCompat: boolean, incidents: Incidents = NO_INCIDENTS, plan?: Plan) {
  const started = process.cpuUsage();
  const few = { seed: 3, users: 5, startS: START_S, endS: START_S + 14 * DAY_S, events: EVENTS, ...plan };
  const small = { ...few, users: Math.min(5, few.users) };
  const simulation = simulationOf({ plan: small, configuration, catalog, eventsimCompat, incidents });
  for (let events = 0; events < EVENTS; ) {
    const count = simulation.visit();
    if (count === 0) break;
    for (const { bytes, start, end } of simulation.events.slice(0, count)) {
      JSON.parse(Buffer.from(bytes.subarray(start, end)).toString("utf8"));
    }
    events += count;
  }
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(SECONDS_MAX);
}

function tryConfiguration(text: string, eventsimCompat: boolean): void {
  let configuration: Configuration | undefined;
  try {
    configuration = parseConfiguration("service.json", text);
  } catch (error) {
    checkRefusal(error, "service.json");
    return;
  }
  try {
    runs(configuration, eventsimCompat);
  } catch (error) {
    checkRefusal(error, undefined);
  }
}

const songs = Array.from({ length: 50 }, (_, song) => {
  const { artist, song: title } = JSON.parse(`{${Buffer.from(catalog.songs.bytesOf(song)).toString("utf8")}}`);
  return { artist, title } as { artist: string; title: string };
});

function tryIncidents(text: string): void {
  const states = catalog.places.values.map(({ state }) => state);
  let incidents: Incidents;
  try {
    incidents = readIncidents("incidents.json", text, { songs: catalog.songs, states, startS: START_S });
  } catch (error) {
    checkRefusal(error, "incidents.json");
    return;
  }
  expect(incidents.errorFactorAt(incidents.lastS)).toBe(1);
  expect(incidents.viralSongAt(incidents.lastS)).toBeUndefined();
  for (const state of ["CA", "NY"]) {
    const untilS = incidents.silentUntilS(state, START_S + 3 * DAY_S);
    if (untilS !== undefined) expect(incidents.silentUntilS(state, untilS)).toBeUndefined();
  }
  runs(BUILT_IN, false, incidents);
}

function tryCommandLine(argv: readonly string[]): void {
  try {
    const settings = readSettings({ name: "generator", settings: generatorSettings }, argv, {});
    if (settings === undefined) return;
    const configuration = effectiveConfiguration(settings, BUILT_IN);
    const kind = settings.KAFKA_BROKERS === undefined && settings.GENERATOR_OUT === undefined ? "files" : undefined;
    const plan = planOf(settings, configuration, kind ?? destinationOf(settings).kind, NOW_S);
    runs(configuration, settings.GENERATOR_EVENTSIM_COMPAT, NO_INCIDENTS, { ...plan, events: EVENTS });
  } catch (error) {
    checkRefusal(error, undefined);
    expect((error as Error).message).not.toMatch(/\bundefined\b|\[object/);
  }
}

/**
 * What holds for whatever somebody feeds to the generator.
 * @param numRuns how many examples each property is given
 */
export function properties(numRuns: number): void {
  const check = (name: string, property: fc.IProperty<never> | fc.IRawProperty<unknown>) =>
    it(name, () => {
      fc.assert(property as fc.IRawProperty<unknown>, { numRuns, seed: 6, endOnFailure: numRuns > 100 });
    });
  check(
    "random JSON as a configuration",
    fc.property(odd, (value) => tryConfiguration(JSON.stringify(value) ?? "", false)),
  );
  check("a changed configuration", fc.property(changedConfigurations, fc.boolean(), tryConfiguration));
  check(
    "a broken configuration",
    fc.property(broken(changedConfigurations), (text) => tryConfiguration(text, false)),
  );
  check("random files of incidents", fc.property(incidentFiles(songs), tryIncidents));
  check("broken files of incidents", fc.property(broken(incidentFiles(songs)), tryIncidents));
  const flags = Object.keys(generatorSettings).flatMap((name) => flagsOf(generatorSettings, name));
  check("random command lines", fc.property(commandLines(flags.map(({ flag }) => dashed(flag))), tryCommandLine));
}
