/** The demo's steps on standard error: one live line a step on a terminal, plain lines elsewhere. */
export class Steps {
  readonly #stream: NodeJS.WriteStream;
  #number = 0;
  #title = "";
  #startedMs = 0;
  #lastMs = 0;

  constructor(
    private readonly count: number,
    stream: NodeJS.WriteStream = process.stderr,
  ) {
    this.#stream = stream;
  }

  /** Begins the next step. @param waitsFor what it waits for, said at once */
  begin(title: string, waitsFor: string): void {
    this.#number++;
    this.#title = title;
    this.#startedMs = Date.now();
    this.#lastMs = 0;
    this.#write(waitsFor, true);
  }

  /** How far the step is; on a terminal the line is rewritten, elsewhere only now and then. */
  update(message: string): void {
    this.#write(message, false);
  }

  /** A line that stays, in the middle of a step. */
  say(message: string): void {
    this.#stream.write(this.#terminal ? `\r\x1b[2K        ${message}\n` : `        ${message}\n`);
  }

  /** Ends the step. */
  done(message: string): void {
    const seconds = ((Date.now() - this.#startedMs) / 1000).toFixed(1);
    const line = `${this.#head} ${message} (${seconds} s)`;
    this.#stream.write(this.#terminal ? `\r\x1b[2K${line}\n` : `${line}\n`);
  }

  get #terminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get #head(): string {
    return `[${String(this.#number).padStart(String(this.count).length)}/${this.count}] ${this.#title.padEnd(9)}`;
  }

  #write(message: string, first: boolean): void {
    const nowMs = Date.now();
    const intervalMs = this.#terminal ? 100 : 5_000;
    if (!first && nowMs - this.#lastMs < intervalMs) return;
    this.#lastMs = nowMs;
    const line = `${this.#head} ${message} ...`;
    const width = (this.#stream.columns ?? 100) - 1;
    this.#stream.write(this.#terminal ? `\r\x1b[2K${line.slice(0, width)}` : `${line}\n`);
  }
}
