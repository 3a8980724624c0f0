/**
 * The platform's one error class. The table below pairs each code with what it means for the caller; a test walks it.
 */

interface CodeMeaning {
  /** May the same call succeed later without anybody's doing? */
  readonly retryable: boolean;
  /** The exit code of a program that ends with this error: 2 where a person gave something wrong, else 1. */
  readonly exitCode: 1 | 2;
  readonly meaning: string;
}

export const ERROR_CODES = {
  bad_usage: { retryable: false, exitCode: 2, meaning: "A flag or an argument is wrong." },
  bad_settings: { retryable: false, exitCode: 2, meaning: "A setting is missing or out of its limits." },
  bad_configuration: { retryable: false, exitCode: 2, meaning: "A configuration or catalogue file is wrong." },
  unsupported: { retryable: false, exitCode: 2, meaning: "Asked for something that is not built yet." },
  missing_tool: { retryable: false, exitCode: 1, meaning: "A program that the machine must have is not there." },
  download_failed: { retryable: false, exitCode: 1, meaning: "A download failed, or is not the file that was meant." },
  broker_unreachable: { retryable: true, exitCode: 1, meaning: "Kafka does not answer." },
  broker_refused: { retryable: false, exitCode: 1, meaning: "Kafka answered with an error that stays." },
  broker_untrusted: {
    retryable: false,
    exitCode: 1,
    meaning: "Kafka refused the user, or its certificate is not right.",
  },
  broker_out_of_date: {
    retryable: true,
    exitCode: 1,
    meaning: "By this machine's clock Kafka's certificate is not valid at this time.",
  },
  secret_unusable: { retryable: true, exitCode: 1, meaning: "A secret can't be read or written." },
  broker_failed: { retryable: false, exitCode: 1, meaning: "The local broker ended or never became ready." },
  delivery_failed: { retryable: true, exitCode: 1, meaning: "Records were not acknowledged." },
  lake_unusable: { retryable: false, exitCode: 1, meaning: "The lake's folder or bucket can't be read or written." },
  lake_unreachable: { retryable: true, exitCode: 1, meaning: "The lake's bucket does not answer." },
  lake_corrupt: { retryable: false, exitCode: 1, meaning: "A file of the lake does not hold what it must." },
  lake_mismatch: { retryable: false, exitCode: 1, meaning: "Kafka's topic is not the one that the lake knows." },
  commit_lost: { retryable: true, exitCode: 1, meaning: "Another writer's commit came first, too many times." },
  warehouse_unusable: { retryable: false, exitCode: 1, meaning: "The warehouse can't be opened or written." },
  load_failed: { retryable: true, exitCode: 1, meaning: "The warehouse refused a load or a mart's statements." },
  query_failed: { retryable: false, exitCode: 1, meaning: "The warehouse refused a query." },
  mart_wrong: { retryable: false, exitCode: 1, meaning: "An assertion of a mart does not hold." },
  load_mismatch: { retryable: false, exitCode: 1, meaning: "A load gave other counts than its plan." },
  not_balanced: { retryable: false, exitCode: 1, meaning: "The books do not balance." },
  interrupted: { retryable: false, exitCode: 1, meaning: "Stopped by a signal before the work was done." },
  internal: { retryable: false, exitCode: 1, meaning: "A promise of the code itself does not hold: a defect." },
} as const satisfies Record<string, CodeMeaning>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** Figures and names for the log; never secrets. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * An error that a person can act on. The message is one sentence (or one a problem): what is wrong, what was given,
 * what is allowed, and what to do.
 */
export class RhythmicError extends Error {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "RhythmicError";
    this.code = code;
    this.context = details.context ?? {};
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  get exitCode(): 1 | 2 {
    return ERROR_CODES[this.code].exitCode;
  }
}

/** Is it worth trying again? Classifies strangers too, and never throws. */
export function isRetryable(error: unknown): boolean {
  return error instanceof RhythmicError && error.retryable;
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}

/** The `code` of a Node.js system error such as ENOENT; `undefined` for anything else. */
export function systemCodeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
