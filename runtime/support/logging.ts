import pino from "pino";
import { LOG_FIELDS } from "./metrics";

/** A program's log: JSON lines on standard error, or short lines where that is a terminal. */
export interface Logger {
  debug(context: Readonly<Record<string, unknown>>, message: string): void;
  info(context: Readonly<Record<string, unknown>>, message: string): void;
  warn(context: Readonly<Record<string, unknown>>, message: string): void;
  error(context: Readonly<Record<string, unknown>>, message: string): void;
}

const STANDARD_ERROR = 2;

function terminalLine(level: string, context: Readonly<Record<string, unknown>>, message: string): string {
  const details = Object.entries(context)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
  return `${level === "info" ? "" : `${level}: `}${message}${details === "" ? "" : `  (${details})`}\n`;
}

/**
 * The logger of a program. Lines are written before the call returns, so that nothing is lost when the program ends.
 * @param program its name, on every line
 * @param deployment what the program belongs to, on every line @default no such field
 */
export function createLogger(
  program: string,
  level: "debug" | "info" | "warn" | "error" = "info",
  deployment?: string,
): Logger {
  if (!process.stderr.isTTY) {
    return pino(
      {
        base: {
          [LOG_FIELDS.program]: program,
          ...(deployment === undefined ? {} : { [LOG_FIELDS.deployment]: deployment }),
        },
        level,
        timestamp: pino.stdTimeFunctions.isoTime,
        // Cloud Logging reads `severity` and `message` (cloud.google.com/logging/docs/structured-logging).
        messageKey: LOG_FIELDS.message,
        formatters: {
          level: (label) => ({ [LOG_FIELDS.severity]: label === "warn" ? "WARNING" : label.toUpperCase() }),
        },
      },
      pino.destination({ dest: STANDARD_ERROR, sync: true }),
    );
  }
  const levels = ["debug", "info", "warn", "error"] as const;
  const log = (name: (typeof levels)[number]) => (context: Readonly<Record<string, unknown>>, message: string) => {
    if (levels.indexOf(name) >= levels.indexOf(level)) process.stderr.write(terminalLine(name, context, message));
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

/** A logger that says nothing, for tests and for parts whose caller has its own. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
