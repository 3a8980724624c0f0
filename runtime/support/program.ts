import { parseArgs } from "node:util";
import { DRAIN_MAX_MS, inTime } from "./drain";
import { messageOf, RhythmicError } from "./errors";
import { createLogger, type Logger } from "./logging";
import { DEPLOYMENT_VARIABLE, type Reports } from "./metrics";
import { suggestion } from "./nearest";
import type { Reporter } from "./reporting";
import {
  allowedValues,
  encodeSetting,
  flagOf,
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
    lines.push("", `  ${name}, --${flagOf(program.settings, name)}${value}`);
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

/**
 * Settings from the environment and the flags, which win.
 * @returns `undefined` where `--help` was asked for
 * @throws RhythmicError bad_usage (a flag), bad_settings (a value)
 */
export function readSettings<D extends SettingsDeclaration>(
  program: Pick<Program<D>, "name" | "settings">,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): SettingsOf<D> | undefined {
  const flags = new Map(Object.keys(program.settings).map((name) => [flagOf(program.settings, name), name]));
  const options = Object.fromEntries([
    ...[...flags].map(([flag, name]) => [
      flag,
      { type: program.settings[name]?.type === "boolean" ? ("boolean" as const) : ("string" as const) },
    ]),
    ["help", { type: "boolean" as const }],
  ]);
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true });
  const given: Record<string, string | undefined> = {};
  for (const name of Object.keys(program.settings)) if (environment[name]) given[name] = environment[name];
  const known = [...flags.keys(), "help"].map((flag) => `--${flag}`);
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw new RhythmicError(
        "bad_usage",
        `${program.name} takes no argument ${JSON.stringify(token.value)}; see --help.`,
      );
    }
    if (token.name === "help") return undefined;
    const name = flags.get(token.name);
    if (name === undefined) {
      throw new RhythmicError(
        "bad_usage",
        `${program.name} has no flag ${token.rawName}${suggestion(token.rawName, known)}; allowed: ${known.join(", ")}.`,
      );
    }
    const isBoolean = program.settings[name]?.type === "boolean";
    if (!isBoolean && token.value === undefined) {
      throw new RhythmicError("bad_usage", `${token.rawName} needs a value; see --help.`);
    }
    given[name] = token.value ?? "true";
  }
  refuseUnknownSettings(program, environment);
  const { settings, problems } = parseSettings(program.settings, given);
  if (problems.length > 0) throw new RhythmicError("bad_settings", problems.join("\n"));
  return settings;
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
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? EXIT_DONE : EXIT_FAILED),
  );
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
