/** Progress of long work: one line that is rewritten on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** Says how far the work is. Cheap: most calls print nothing. */
  update(message: string): void;
  /** Ends the line with a last word. */
  done(message: string): void;
}

const TERMINAL_INTERVAL_MS = 100;
const LINES_INTERVAL_MS = 5_000;

/**
 * @param stream where to; a terminal gets one line that is rewritten
 * @param line turns a message into a line where the stream is no terminal (JSON for programs)
 */
export function createProgress(
  stream: NodeJS.WriteStream = process.stderr,
  line: (message: string) => string = (message) => message,
): Progress {
  const terminal = stream.isTTY === true;
  const intervalMs = terminal ? TERMINAL_INTERVAL_MS : LINES_INTERVAL_MS;
  let lastMs = terminal ? 0 : Date.now();
  const print = (message: string, end: boolean) => {
    if (!terminal) {
      stream.write(`${line(message)}\n`);
      return;
    }
    const width = (stream.columns ?? 80) - 1;
    stream.write(`\r\x1b[2K${message.slice(0, width)}${end ? "\n" : ""}`);
  };
  return {
    update(message) {
      const nowMs = Date.now();
      if (nowMs - lastMs < intervalMs) return;
      lastMs = nowMs;
      print(message, false);
    },
    done(message) {
      print(message, true);
    },
  };
}
