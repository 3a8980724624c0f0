import { parseArgs } from "node:util";
import { DRAIN_MAX_MS, inTime } from "./drain";
import { messageOf, RhythmicError } from "./errors";
import { createLogger, type Logger } from "./logging";
import { DEPLOYMENT_VARIABLE, type Reports } from "./metrics";
import { suggestion } from "./nearest";
import type { Reporter } from "./reporting";
import {
  allowedValues,
  dashed,
  encodeSetting,
  flagOf,
  flagsOf,
  parseSettings,
  prefixOf,
  type SettingsDeclaration,
  type SettingsOf,
} from "./settings";
import type { StatusSettings } from "./status/settings";
import type { Status } from "./status/status";
import { type Watched, watch } from "./status/watch";

/** A program that reports nothing of itself. */
export type NoReports = Readonly<Record<never, never>>;

/** What a program's `main.ts` is made of: its name, its settings, and what it does with them. */
export interface Program<D extends SettingsDeclaration, R extends Reports = NoReports> {
  /** As in `npm run <name>`, and the prefix of its settings. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly description: string;
  readonly settings: D;
  /** What to do instead of flags and arguments that people know from a program of the same kind. @default nothing */
  readonly instead?: Instead;
  /** What it reports of itself: its `metrics.ts`. @default nothing */
  readonly reports?: R;
  /**
   * Does it run until it is stopped, so that it is worth probing? What ends by itself must not take the port of one
   * that runs beside it with the same settings. @default always
   */
  isLongRunning?(settings: SettingsOf<D>): boolean;
  /**
   * Does the work. Resolves when it is done, or soon after `stop` is aborted, with what was in hand finished.
   * @throws RhythmicError for what a person can act on
   */
  run(context: ProgramContext<D, R>): Promise<void>;
}

/** One sentence each: why it is not there, and what to do. */
export interface Instead {
  /** By the flag with its dashes. */
  readonly flags: Readonly<Record<string, string>>;
  readonly argument?: string;
}

export interface ProgramContext<D extends SettingsDeclaration, R extends Reports = NoReports> {
  readonly settings: SettingsOf<D>;
  readonly log: Logger;
  /** Told whether the program does its work; asked for at /healthz and /readyz where STATUS_PORT is set. */
  readonly status: Status;
  /** Makes a report of the program's own. */
  readonly report: Reporter<R>;
  /** Aborted on the first SIGTERM or Ctrl-C. */
  readonly stop: AbortSignal;
}

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_BAD_USAGE = 2;
/** 128 + SIGINT, the shells' convention for a program ended by Ctrl-C. */
export const EXIT_INTERRUPTED = 130;

const STATUS_HELP = [
  "With STATUS_PORT it answers at STATUS_ADDRESS:",
  "  /healthz  200 once it was ready, 503 before, and later where only a restart would help",
  "  /readyz   200 while it does its work, 503 with the reason while it does not",
  "  /metrics  its figures in OpenMetrics; docs/metrics.md lists them",
];

/** The text of `--help`: every setting with its flag, what it allows and its default. */
export function helpText(program: Pick<Program<SettingsDeclaration>, "name" | "description" | "settings">): string {
  const lines = [`${program.name}: ${program.description}`, "", "Settings (environment variable, flag):"];
  for (const [name, schema] of Object.entries(program.settings)) {
    const fallback =
      schema.default === undefined
        ? schema.mayBeAbsent === true
          ? "may be left out"
          : "required"
        : `default ${encodeSetting(schema.default) || '""'}`;
    const value = schema.type === "boolean" ? "" : " VALUE";
    const [own, ...others] = flagsOf(program.settings, name);
    const also = others.map(({ flag, negates }) => (negates ? `${dashed(flag)} for no` : dashed(flag))).join(", ");
    lines.push("", `  ${name}, ${dashed(own?.flag ?? "")}${value}${also === "" ? "" : ` (also ${also})`}`);
    lines.push(`      ${String(schema.description)}`, `      ${allowedValues(schema)}; ${fallback}`);
  }
  lines.push("", "  --help", "      Prints this text.");
  if ("STATUS_PORT" in program.settings) lines.push("", ...STATUS_HELP);
  lines.push(
    "",
    "Exit codes: 0 done, 2 bad usage or settings, 1 failure, 130 Ctrl-C. SIGTERM finishes what is in hand.",
  );
  return `${lines.join("\n")}\n`;
}

/** What a flag sets. */
interface Meaning {
  readonly name: string;
  readonly isBoolean: boolean;
  readonly negates: boolean;
}

/** By flag, with its dashes. */
function meaningsOf(settings: SettingsDeclaration): Map<string, Meaning> {
  return new Map(
    Object.entries(settings).flatMap(([name, schema]) =>
      flagsOf(settings, name).map(({ flag, negates }): [string, Meaning] => [
        dashed(flag),
        { name, negates, isBoolean: schema.type === "boolean" },
      ]),
    ),
  );
}

/** The command line in pieces. parseArgs knows one letter an option, so each letter is an option of its own. */
function tokensOf(argv: readonly string[], meanings: ReadonlyMap<string, Meaning>) {
  const options = Object.fromEntries(
    [...meanings].map(([flag, { isBoolean }]) => {
      const type = isBoolean ? ("boolean" as const) : ("string" as const);
      return flag.startsWith("--") ? [flag.slice(2), { type }] : [`letter ${flag[1]}`, { type, short: flag[1] }];
    }),
  );
  const all = { ...options, help: { type: "boolean" as const } };
  return parseArgs({ args: [...argv], options: all, strict: false, tokens: true, allowPositionals: true }).tokens;
}

type ReadProgram<D extends SettingsDeclaration> = Pick<Program<D>, "name" | "settings" | "instead">;

/**
 * Settings from the environment and the flags, which win.
 * @returns `undefined` where `--help` was asked for
 * @throws RhythmicError bad_usage (a flag), bad_settings (a value)
 */
export function readSettings<D extends SettingsDeclaration>(
  program: ReadProgram<D>,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): SettingsOf<D> | undefined {
  const meanings = meaningsOf(program.settings);
  const given: Record<string, string | undefined> = {};
  for (const name of Object.keys(program.settings)) if (environment[name]) given[name] = environment[name];
  const flagged = new Map<string, { readonly flag: string; readonly value: string }>();
  for (const token of tokensOf(argv, meanings)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") throw unknownArgument(program, token.value);
    if (token.name === "help") return undefined;
    const meaning = meanings.get(token.rawName);
    if (meaning === undefined) throw unknownFlag(program, token.rawName);
    const { name, isBoolean, negates } = meaning;
    if (!isBoolean && token.value === undefined) {
      throw new RhythmicError("bad_usage", `${token.rawName} needs a value; see --help.`);
    }
    const value = negates ? negated(token.value) : (token.value ?? "true");
    const earlier = flagged.get(name);
    if (earlier !== undefined && earlier.flag !== token.rawName && earlier.value !== value) {
      throw new RhythmicError(
        "bad_usage",
        `${earlier.flag} and ${token.rawName} both set ${name}, to ${JSON.stringify(earlier.value)} and to ${JSON.stringify(value)}; leave one out.`,
      );
    }
    flagged.set(name, { flag: token.rawName, value });
    given[name] = value;
  }
  refuseUnknownSettings(program, environment);
  const { settings, problems } = parseSettings(program.settings, given);
  if (problems.length > 0) throw new RhythmicError("bad_settings", problems.join("\n"));
  return settings;
}

/** What a flag that says no means with this value; a value that is none stays, to be refused. */
function negated(value: string | undefined): string {
  if (value === "false") return "true";
  return value === undefined || value === "true" ? "false" : value;
}

function unknownArgument({ name, instead }: ReadProgram<SettingsDeclaration>, argument: string): RhythmicError {
  const what = instead?.argument ?? "see --help.";
  return new RhythmicError("bad_usage", `${name} takes no argument ${JSON.stringify(argument)}; ${what}`);
}

function unknownFlag({ name, settings, instead }: ReadProgram<SettingsDeclaration>, flag: string): RhythmicError {
  const what = instead?.flags[flag];
  if (what !== undefined) return new RhythmicError("bad_usage", `${name} has no flag ${flag}: ${what}`);
  const own = [...Object.keys(settings).map((setting) => dashed(flagOf(settings, setting))), "--help"];
  const hint = suggestion(flag, [...own, ...meaningsOf(settings).keys()]);
  return new RhythmicError("bad_usage", `${name} has no flag ${flag}${hint}; allowed: ${own.join(", ")}.`);
}

/** A misspelt variable of this program would be ignored in silence, so it is refused. */
function refuseUnknownSettings(
  program: Pick<Program<SettingsDeclaration>, "name" | "settings">,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  const known = Object.keys(program.settings);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(prefixOf(program.name)) || known.includes(name)) continue;
    throw new RhythmicError(
      "bad_settings",
      `${program.name} has no setting ${name}${suggestion(name, known)}; allowed: ${known.join(", ")}.`,
    );
  }
}

/**
 * Runs a program to its end and exits the process: the whole of a `main.ts`, but for the names of its drivers.
 * Never prints a bare stack trace: a RhythmicError is one sentence; anything else is called a defect, and its stack
 * goes into the log.
 */
export async function runProgram<D extends SettingsDeclaration, R extends Reports = NoReports>(
  program: Program<D, R>,
): Promise<void> {
  let log = createLogger(program.name, "info", process.env[DEPLOYMENT_VARIABLE] || undefined);
  const stop = new AbortController();
  let watched: Watched<R> | undefined;
  let interrupted = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) return;
    interrupted = signal === "SIGINT";
    log.info({ signal }, "stopping: finishing what is in hand");
    watched?.status.stopping();
    stop.abort();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  // A reader that went away (`... | head`) is a reason to stop, not an error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_DONE);
    process.stderr.write(`${program.name}: standard output can't be written (${messageOf(error)}).\n`);
    process.exit(EXIT_FAILED);
  });
  let exitCode: number = EXIT_DONE;
  try {
    const settings = readSettings(program, process.argv.slice(2), process.env);
    if (settings === undefined) process.stdout.write(helpText(program));
    else {
      watched = await watchProgram(program, settings, log);
      log = watched.log;
      if (stop.signal.aborted) watched.status.stopping();
      const run = program.run({ settings, log, stop: stop.signal, status: watched.status, report: watched.report });
      await inTime(run, { stop: stop.signal, limitMs: DRAIN_MAX_MS, late: () => unfinished(program.name) });
    }
    if (interrupted) exitCode = EXIT_INTERRUPTED;
  } catch (error) {
    exitCode = interrupted ? EXIT_INTERRUPTED : error instanceof RhythmicError ? error.exitCode : EXIT_FAILED;
    reportFailure(log, program.name, error, interrupted);
  }
  await watched?.close();
  process.exitCode = exitCode;
  // Anything that still holds the process (a socket, a timer) has had its chance to finish.
  process.exit(exitCode);
}

function unfinished(name: string): RhythmicError {
  return new RhythmicError(
    "interrupted",
    `The ${name} was not done within ${DRAIN_MAX_MS / 1000} s of being asked to stop, and ends as it is; what was ` +
      "committed stays, and the next one goes on from there.",
  );
}

/** @throws RhythmicError bad_settings where STATUS_ADDRESS and STATUS_PORT can't be listened on */
function watchProgram<D extends SettingsDeclaration, R extends Reports>(
  program: Program<D, R>,
  settings: SettingsOf<D>,
  log: Logger,
): Promise<Watched<R>> {
  // Only programs that run for long have these settings.
  const { STATUS_ADDRESS: address, STATUS_PORT: port } = settings as Partial<StatusSettings>;
  const isProbed = address !== undefined && port !== undefined && program.isLongRunning?.(settings) !== false;
  return watch({
    program: program.name,
    reports: program.reports ?? ({} as R),
    log,
    place: isProbed ? { address, port } : undefined,
    file: process.argv[1],
  });
}

function reportFailure(log: Logger, name: string, error: unknown, interrupted: boolean): void {
  if (error instanceof RhythmicError) {
    if (interrupted && error.code === "interrupted") return;
    // A person reads a sentence best; on a machine only lines of the log reach who is told of errors.
    const isOnMachine = (process.env[DEPLOYMENT_VARIABLE] ?? "") !== "";
    if (error.exitCode === EXIT_BAD_USAGE && !isOnMachine) process.stderr.write(`${name}: ${error.message}\n`);
    else log.error({ code: error.code, ...error.context }, error.message);
    return;
  }
  const stack = error instanceof Error ? error.stack : undefined;
  log.error({ code: "internal", stack }, `unexpected: ${messageOf(error)}; this is a defect, please report it`);
}
