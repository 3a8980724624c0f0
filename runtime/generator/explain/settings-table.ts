import { dashed, flagOf } from "../../support/settings";
import type { Catalog } from "../catalog/catalog";
import type { Configuration } from "../config/configuration";
import type { Plan } from "../options";
import { type GeneratorSettings, generatorSettings } from "../settings";
import { formatTimeS, MINUTE_S } from "../time";
import { about, duration, percent, table, whole } from "./words";

export interface SettingsContext {
  readonly settings: GeneratorSettings;
  /** As the settings change it. */
  readonly configuration: Configuration;
  readonly plan: Plan;
  readonly catalog: Pick<Catalog, "source" | "songs">;
}

type Name = keyof typeof generatorSettings;
type Row = readonly [what: string, value: string, from: string];

/** Later than this nobody means: the run has no end of its own. */
const ENDLESS_S = 200_000_000_000;

/** Who said so: a flag or environment variable that is given, the configuration, or nobody. */
class Sources {
  constructor(private readonly context: Pick<SettingsContext, "settings" | "configuration">) {}

  /** @param key of the configuration that says the same */
  of(key: string | undefined, ...names: readonly Name[]): string {
    const { settings, configuration } = this.context;
    const given = names.find((name) => settings[name] !== undefined && settings[name] !== defaultOf(name));
    if (given !== undefined) return dashed(flagOf(generatorSettings, given));
    return key !== undefined && configuration.given.includes(key) ? `configuration, ${key}` : "default";
  }
}

function defaultOf(name: Name): unknown {
  const schema: { readonly default?: unknown } = generatorSettings[name];
  return schema.default;
}

const perYear = (rate: number) => `${percent(rate)} a year`;
const perHundred = (rate: number) => (rate === 0 ? "none" : percent(rate));

function timeRows({ plan }: SettingsContext, from: Sources): Row[] {
  const { startS, endS, events, realTime } = plan;
  const isEndless = endS > ENDLESS_S;
  const speed =
    realTime?.speed === undefined || realTime.speed === Number.POSITIVE_INFINITY ? undefined : realTime.speed;
  const pace =
    realTime === undefined
      ? "as fast as it goes"
      : `at wall-clock time; what lies in the past ${speed === undefined ? "at once" : `${about(speed)} times faster`}`;
  return [
    ["Start", formatTimeS(startS), from.of("start-date", "GENERATOR_START", "GENERATOR_START_DAYS_AGO")],
    [
      "End",
      isEndless ? "none" : `${formatTimeS(endS)} (after ${duration(endS - startS)})`,
      from.of("end-date", "GENERATOR_END", "GENERATOR_END_DAYS_AGO"),
    ],
    [
      "Events at most",
      events === Number.POSITIVE_INFINITY ? "any number" : whole(events),
      from.of(undefined, "GENERATOR_EVENTS"),
    ],
    ["Pace", pace, from.of(undefined, "GENERATOR_SPEED", "GENERATOR_CONTINUOUS")],
  ];
}

function userRows({ configuration, plan }: SettingsContext, from: Sources): Row[] {
  const { weekend } = configuration;
  return [
    ["Users at the start", whole(plan.users), from.of("n-users", "GENERATOR_USERS")],
    ["First user id", String(configuration.firstUserId), from.of("first-user-id", "GENERATOR_FIRST_USER_ID")],
    ["Users who join", perYear(configuration.growthRate), from.of("growth-rate", "GENERATOR_GROWTH_RATE")],
    ["Users who leave", perYear(configuration.attritionRate), from.of("attrition-rate", "GENERATOR_ATTRITION_RATE")],
    ["Tag", configuration.tag ?? "none", from.of("tag", "GENERATOR_TAG")],
    ["Between two pages, mean", duration(configuration.alphaS), from.of("alpha")],
    ["Between two sessions, mean", duration(configuration.betaS), from.of("beta")],
    ["Between two sessions, least", duration(configuration.sessionGapS), from.of("session-gap")],
    ["Depth of the daily cycle", `${percent(configuration.daily.damping)} of a day`, from.of("damping")],
    [
      "Fewer at weekends and holidays",
      `${percent(weekend.damping)}, from ${about(weekend.offsetS / MINUTE_S)} minutes before midnight, over ${about(weekend.scaleS / MINUTE_S)} minutes`,
      from.of("weekend-damping"),
    ],
  ];
}

function outputRows({ settings }: SettingsContext, from: Sources): Row[] {
  const lateS = settings.GENERATOR_LATE_MAX_S;
  const late = settings.GENERATOR_LATE_RATE;
  return [
    ["Topics", settings.GENERATOR_TOPIC ?? "all", from.of(undefined, "GENERATOR_TOPIC")],
    ["Part of the users", settings.GENERATOR_SHARD ?? "all", from.of(undefined, "GENERATOR_SHARD")],
    [
      "Events that come late",
      late === 0 ? "none" : `${percent(late)}, up to ${duration(lateS)}`,
      from.of(undefined, "GENERATOR_LATE_RATE"),
    ],
    [
      "Events that come twice",
      perHundred(settings.GENERATOR_DUPLICATE_RATE),
      from.of(undefined, "GENERATOR_DUPLICATE_RATE"),
    ],
    ["Broken records", perHundred(settings.GENERATOR_MALFORMED_RATE), from.of(undefined, "GENERATOR_MALFORMED_RATE")],
    ["Incidents", settings.GENERATOR_INCIDENTS ?? "none", from.of(undefined, "GENERATOR_INCIDENTS")],
    [
      "Rules",
      settings.GENERATOR_EVENTSIM_COMPAT ? "eventsim's" : "ours",
      from.of(undefined, "GENERATOR_EVENTSIM_COMPAT"),
    ],
  ];
}

/** What the run is told, and by whom. */
export function settingsTable(context: SettingsContext): string {
  const { settings, configuration, plan, catalog } = context;
  const from = new Sources(context);
  const rows: Row[] = [
    ["Configuration", configuration.file, settings.GENERATOR_CONFIG === undefined ? "default" : "--config"],
    ["Seed", String(plan.seed), from.of("seed", "GENERATOR_SEED")],
    ["Catalogue", `${catalog.source}, ${whole(catalog.songs.size)} songs`, from.of(undefined, "GENERATOR_CATALOG")],
    ...timeRows(context, from),
    ...userRows(context, from),
    ...outputRows(context, from),
  ];
  return table(["What", "Value", "From"], rows);
}
