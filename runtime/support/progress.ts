/** What a program reads of a message: the same figures with names. */
export type ProgressFields = Readonly<Record<string, string | number | boolean | null>>;

/** Progress of long work: one line that is rewritten on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** Says how far the work is. Cheap: most calls print nothing. */
  update(message: string, fields?: ProgressFields): void;
  /** Ends the line with a last word. */
  done(message: string, fields?: ProgressFields): void;
}

export interface ProgressOptions {
  /** Longest time between two lines where there is no terminal, milliseconds; it doubles up to there. @default 5,000, always */
  readonly linesIntervalMaxMs?: number | undefined;
}

const TERMINAL_INTERVAL_MS = 100;
const LINES_INTERVAL_MS = 5_000;

/**
 * @param stream where to; a terminal gets one line that is rewritten
 * @param line turns a message into a line where the stream is no terminal (JSON for programs)
 */
export function createProgress(
  stream: NodeJS.WriteStream = process.stderr,
  line: (message: string, fields: ProgressFields) => string = (message) => message,
  options: ProgressOptions = {},
): Progress {
  const terminal = stream.isTTY === true;
  const intervalMaxMs = terminal ? TERMINAL_INTERVAL_MS : (options.linesIntervalMaxMs ?? LINES_INTERVAL_MS);
  let intervalMs = terminal ? TERMINAL_INTERVAL_MS : LINES_INTERVAL_MS;
  let lastMs = terminal ? 0 : Date.now();
  const print = (message: string, fields: ProgressFields, end: boolean) => {
    if (!terminal) {
      stream.write(`${line(message, fields)}\n`);
      return;
    }
    // A terminal that does not know its width says 0.
    const width = (stream.columns || 80) - 1;
    stream.write(`\r\x1b[2K${message.slice(0, width)}${end ? "\n" : ""}`);
  };
  return {
    update(message, fields = {}) {
      const nowMs = Date.now();
      if (nowMs - lastMs < intervalMs) return;
      lastMs = nowMs;
      intervalMs = Math.min(2 * intervalMs, intervalMaxMs);
      print(message, fields, false);
    },
    done(message, fields = {}) {
      print(message, fields, true);
    },
  };
}
