import { messageOf } from "../errors";

export interface PulseOptions {
  /** Whom is asked, as the beginning of a sentence: `Kafka`. */
  readonly who: string;
  /** One question. Rejects where the answer is an error. */
  ask(): Promise<void>;
  /** How long after a question the next one is asked, milliseconds. */
  readonly intervalMs: number;
  /** How long an answer may take, milliseconds. */
  readonly answerWithinMs: number;
  /** The clock, milliseconds. */
  readonly nowMs: () => number;
}

/**
 * Asks somebody again and again whether they are there, one question at a time, so that who only waits for them hears
 * of it in time when they are lost: at most `intervalMs + answerWithinMs` after the last answer.
 */
export class Pulse {
  #askedAtMs: number | undefined;
  /** A question is under way. */
  #isAsking = false;
  /** Why there was no answer to the last question that has ended. */
  #failure: string | undefined;

  constructor(private readonly options: PulseOptions) {
    this.#failure = `${options.who} has not been asked yet.`;
  }

  /** Asks where the next question is due. Never throws, never waits. */
  beat(): void {
    const { intervalMs, nowMs, ask } = this.options;
    if (this.#isAsking) return;
    if (this.#askedAtMs !== undefined && nowMs() - this.#askedAtMs < intervalMs) return;
    this.#askedAtMs = nowMs();
    this.#isAsking = true;
    const ended = (failure: string | undefined) => {
      this.#isAsking = false;
      this.#failure = failure;
    };
    ask().then(
      () => ended(undefined),
      (error: unknown) => ended(messageOf(error)),
    );
  }

  /** Why they do not answer, as a sentence; `undefined` where they answered lately. */
  get problem(): string | undefined {
    const { who, nowMs, answerWithinMs } = this.options;
    const waitedMs = this.#isAsking ? nowMs() - (this.#askedAtMs ?? 0) : 0;
    if (waitedMs > answerWithinMs) return `${who} has not answered for ${Math.round(waitedMs / 1000)} s.`;
    return this.#failure;
  }
}
