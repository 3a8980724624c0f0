import { createHash } from "node:crypto";
import { RhythmicError } from "../../support/errors";
import { ATTRITION_PER_YEAR_MAX, GROWTH_PER_YEAR_MAX, USER_ID_MAX, USERS_MAX } from "../settings";
import { formatTimeS, MINUTE_S, parseTimeS } from "../time";
import { Fields } from "./fields";
import { configurationError, parseJsonText, plainValue } from "./json-text";
import { readStateMachine, type StateMachine } from "./state-machine";

/**
 * A configuration of the music service in eventsim's format
 * (github.com/Interana/eventsim, README.md, "Config File"): who the listeners are and how they walk from page to page.
 */
export interface Configuration {
  /** Where it came from, for messages. */
  readonly file: string;
  /** SHA-256 of its content, whatever the spacing. */
  readonly hash: string;
  /** The keys that the file gives; what the others mean are defaults. */
  readonly given: readonly string[];
  readonly seed: number;
  /** Mean seconds between two events of a session. */
  readonly alphaS: number;
  /** Mean seconds between two sessions of a user. */
  readonly betaS: number;
  readonly daily: {
    /** Depth of the daily cycle, as a fraction of a day. */
    readonly damping: number;
  };
  readonly weekend: {
    /** Share of session starts dropped at weekends. */
    readonly damping: number;
    /** Seconds before and after midnight where the ramp begins and ends. */
    readonly offsetS: number;
    /** Seconds that the ramp lasts. */
    readonly scaleS: number;
  };
  /** Least seconds between two sessions of a user. */
  readonly sessionGapS: number;
  readonly machine: StateMachine;
  /** Seconds since 1970, UTC. */
  readonly startS: number | undefined;
  readonly endS: number | undefined;
  readonly users: number | undefined;
  readonly firstUserId: number;
  /** New users a year, as a fraction of the users there are. */
  readonly growthRate: number;
  /** Users who leave a year, as a fraction of the users there are. */
  readonly attritionRate: number;
  /** Written as `tag` into events that show the user (for example, an A/B group). */
  readonly tag: string | undefined;
}

/**
 * Every key of a configuration file. eventsim reads `upgrades` and `downgrades` and never uses them; nor do we. Ours
 * are `attrition-rate` (of eventsim a flag only) and `pages`.
 */
const KEYS = [
  "seed",
  "alpha",
  "beta",
  "damping",
  "weekend-damping",
  "weekend-damping-offset",
  "weekend-damping-scale",
  "session-gap",
  "start-date",
  "end-date",
  "n-users",
  "first-user-id",
  "growth-rate",
  "attrition-rate",
  "tag",
  "churned-state",
  "show-user-details",
  "levels",
  "auths",
  "new-session",
  "new-user-auth",
  "new-user-level",
  "transitions",
  "pages",
  "upgrades",
  "downgrades",
] as const;

/** What a key means where the file leaves it out: eventsim's own defaults (its Constants.scala), times in its units. */
const DEFAULTS = {
  seed: 0,
  damping: 0.0625,
  "weekend-damping": 0.5,
  "weekend-damping-offset": 6,
  "weekend-damping-scale": 6,
  "session-gap": 1800,
  "first-user-id": 1,
  "growth-rate": 0,
  "attrition-rate": 0,
} as const;

/** Mean time between a user's sessions at least: less is no session any more. */
const BETWEEN_SESSIONS_MIN_S = MINUTE_S;

/**
 * Reads a configuration file.
 * @param file its name, for messages
 * @throws RhythmicError bad_configuration: file, line, what was found and what is allowed
 */
export function parseConfiguration(file: string, text: string): Configuration {
  const root = parseJsonText(file, text);
  const fields = new Fields(file, root, "the configuration", KEYS);
  const number = (key: keyof typeof DEFAULTS, limits: Parameters<Fields["number"]>[1]) =>
    fields.has(key) ? fields.number(key, limits) : DEFAULTS[key];
  for (const key of ["upgrades", "downgrades"]) if (fields.has(key)) fields.items(key);
  const configuration = {
    file,
    hash: createHash("sha256")
      .update(JSON.stringify(plainValue(root)))
      .digest("hex"),
    given: KEYS.filter((key) => fields.has(key)),
    seed: number("seed", { whole: true, maximum: Number.MAX_SAFE_INTEGER }),
    alphaS: fields.number("alpha", { above: 0, maximum: 1e9 }),
    betaS: fields.number("beta", { above: 0, maximum: 1e9 }),
    daily: { damping: number("damping", { maximum: 1 }) },
    weekend: {
      damping: number("weekend-damping", { maximum: 1 }),
      offsetS: number("weekend-damping-offset", { maximum: 720 }) * MINUTE_S,
      scaleS: number("weekend-damping-scale", { maximum: 1440 }) * MINUTE_S,
    },
    sessionGapS: number("session-gap", { whole: true, maximum: 1e9 }),
    machine: readStateMachine(fields),
    startS: optionalTime(fields, "start-date"),
    endS: optionalTime(fields, "end-date"),
    users: fields.has("n-users")
      ? fields.number("n-users", { whole: true, minimum: 1, maximum: USERS_MAX })
      : undefined,
    firstUserId: number("first-user-id", { whole: true, maximum: USER_ID_MAX - USERS_MAX }),
    growthRate: number("growth-rate", { maximum: GROWTH_PER_YEAR_MAX }),
    attritionRate: number("attrition-rate", { maximum: ATTRITION_PER_YEAR_MAX }),
    tag: fields.has("tag") ? fields.text("tag") : undefined,
  } satisfies Configuration;
  checkDates(fields, configuration);
  checkSessionGaps(fields, configuration);
  return configuration;
}

/** Who comes every second all weekend long, to be dropped each time, is looked for second by second. */
function checkSessionGaps(fields: Fields, { betaS, sessionGapS }: Pick<Configuration, "betaS" | "sessionGapS">): void {
  if (betaS + sessionGapS >= BETWEEN_SESSIONS_MIN_S) return;
  throw configurationError(
    fields.file,
    fields.lineOf("beta"),
    `"beta" is ${betaS} and "session-gap" is ${sessionGapS}; together they must be at least ${BETWEEN_SESSIONS_MIN_S} seconds`,
  );
}

function checkDates(fields: Fields, { startS, endS }: Pick<Configuration, "startS" | "endS">): void {
  if (startS === undefined || endS === undefined || startS < endS) return;
  throw configurationError(
    fields.file,
    fields.lineOf("end-date"),
    `"end-date" is ${formatTimeS(endS)}, not after "start-date", ${formatTimeS(startS)}; it must be later`,
  );
}

function optionalTime(fields: Fields, key: string): number | undefined {
  if (!fields.has(key)) return undefined;
  const given = fields.text(key);
  const timeS = parseTimeS(given);
  if (timeS !== undefined) return timeS;
  throw configurationError(
    fields.file,
    fields.lineOf(key),
    `"${key}" is ${JSON.stringify(given)}; it must be a time such as 2026-01-01T00:00:00Z (UTC unless it says otherwise)`,
  );
}

/** The configuration where no file is given; kept as text so that one parser reads both. */
export function parseBuiltIn(content: unknown): Configuration {
  try {
    return parseConfiguration("the built-in configuration", JSON.stringify(content, undefined, 1));
  } catch (error) {
    throw new RhythmicError("internal", "The built-in configuration is wrong.", { cause: error });
  }
}
