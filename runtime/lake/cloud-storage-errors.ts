import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, RhythmicError } from "../support/errors";

/** Requests to Cloud Storage: which are tried again, and its refusals as sentences with a remedy. */

/** How patiently the driver asks. */
export interface Patience {
  /** Longest time that one try may take, milliseconds. */
  readonly tryMaxMs: number;
  readonly triesMax: number;
  /** No try begins later than this after the first, milliseconds. */
  readonly triesBeginMaxMs: number;
  /** Longest wait before the second try, milliseconds; doubled for each one after it. */
  readonly backoffMs: number;
}

/** A request that failed for good, or time and again. */
export class CloudStorageFailure extends Error {
  constructor(
    override readonly cause: unknown,
    readonly tries: number,
  ) {
    super(wordsOf(cause), { cause });
    this.name = "CloudStorageFailure";
  }

  /** Cloud Storage's status, as HTTP has it; `undefined` where it did not answer, or was not even asked. */
  get status(): number | undefined {
    return isWithoutToken(this.cause) ? undefined : statusOf(this.cause);
  }
}

/** An answer that does not hold what it says. */
export class BrokenAnswer extends Error {}

/** No answer within the time of a try. */
class NoAnswer extends Error {}

/** What errors of the client, of node-fetch and of Node.js may carry. */
interface ClientError {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly type?: unknown;
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[];
}

const detailsOf = (error: unknown): ClientError => (typeof error === "object" && error !== null ? error : {});

/** Cloud Storage's own words where there are some: the client makes a list of several lines of them. */
function wordsOf(error: unknown): string {
  const { errors = [] } = detailsOf(error);
  const words = [...new Set(errors.flatMap(({ message }) => message ?? []))].join(" ");
  return words === "" ? messageOf(error) : words;
}

function statusOf(error: unknown): number | undefined {
  const { code, status } = detailsOf(error);
  return [code, status].map(Number).find((found) => found >= 100 && found < 600);
}

/** The metadata server's own 404 and 403 come as they are, and say nothing of any object (computeclient.js). */
function isWithoutToken(error: unknown): boolean {
  return /Could not refresh access token/.test(messageOf(error));
}

/** cloud.google.com/storage/docs/retry-strategy: "Which requests to retry". */
const TRANSIENT_STATUSES = [408, 429, 500, 502, 503, 504];
const TRANSIENT_CODES = [
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_STREAM_PREMATURE_CLOSE",
  // The client's own: what was read has another checksum than the object.
  "CONTENT_DOWNLOAD_MISMATCH",
];
/** node-fetch's names of its timeouts. */
const TIMEOUT_TYPES = ["request-timeout", "body-timeout"];
/** Cloud Storage's refusal (400) of an upload that arrived with another checksum than it was sent with. */
const DAMAGED_UPLOAD = /doesn't match calculated (CRC32C|MD5)/i;

function isTransient(error: unknown): boolean {
  if (error instanceof NoAnswer || error instanceof BrokenAnswer) return true;
  const status = statusOf(error);
  if (status !== undefined) {
    return TRANSIENT_STATUSES.includes(status) || (status === 400 && DAMAGED_UPLOAD.test(messageOf(error)));
  }
  const { code, type } = detailsOf(error);
  return (
    TRANSIENT_CODES.includes(String(code)) ||
    TIMEOUT_TYPES.includes(String(type)) ||
    /premature close|socket hang up/i.test(messageOf(error))
  );
}

/** Does nobody answer, or somebody who can't at the moment? What arrives damaged time and again is another matter. */
function isSilent(error: unknown): boolean {
  if (error instanceof BrokenAnswer || DAMAGED_UPLOAD.test(messageOf(error))) return false;
  return isTransient(error) && detailsOf(error).code !== "CONTENT_DOWNLOAD_MISMATCH";
}

/**
 * Makes a request, and again as long as it fails for reasons that pass.
 * @param request is given a signal that is aborted when its time is over
 * @throws CloudStorageFailure with the last try's error
 */
export async function patiently<T>(patience: Patience, request: (over: AbortSignal) => Promise<T>): Promise<T> {
  const begunMs = performance.now();
  for (let tries = 1; ; tries++) {
    try {
      return await withinMs(patience.tryMaxMs, request);
    } catch (error) {
      // Spread, so that those who were refused together do not come back together.
      const waitMs = patience.backoffMs * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
      const isLate = performance.now() - begunMs + waitMs > patience.triesBeginMaxMs;
      if (!isTransient(error) || tries >= patience.triesMax || isLate) throw new CloudStorageFailure(error, tries);
      await sleep(waitMs);
    }
  }
}

async function withinMs<T>(limitMs: number, request: (over: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new NoAnswer(`no answer within ${limitMs / 1_000} s`));
      over.abort();
    }, limitMs);
  });
  try {
    return await Promise.race([request(over.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Is it the bucket that is not there, rather than the object? */
export function saysNoBucket(failure: CloudStorageFailure): boolean {
  return failure.status === 404 && /bucket does not exist/i.test(failure.message);
}

/** Whom Cloud Storage calls "Anonymous caller". */
const NOBODY = "a caller without credentials";

/** What a request was about. */
export interface Request {
  /** `gs://bucket/prefix` */
  readonly url: string;
  readonly bucket: string;
  readonly doing: "read" | "written" | "listed";
  /** What the request needs; where Cloud Storage names another one, that is said. */
  readonly permission: string;
}

/**
 * Cloud Storage's answer as a sentence with a remedy (cloud.google.com/storage/docs/json_api/v1/status-codes).
 * Anything else that was thrown is handed through.
 */
export function explain(error: unknown, request: Request): unknown {
  if (!(error instanceof CloudStorageFailure)) return error;
  return new RhythmicError(
    isSilent(error.cause) ? "lake_unreachable" : "lake_unusable",
    `The lake ${request.url} can't be ${request.doing}: ${reasonOf(error, request)}.`,
    { cause: error.cause },
  );
}

function reasonOf(failure: CloudStorageFailure, { bucket, permission }: Request): string {
  const { message, status, tries } = failure;
  const reasons = (detailsOf(failure.cause).errors ?? []).map(({ reason }) => reason);
  const given = message.replace(/\.$/, "");
  if (/Could not load the default credentials|invalid_grant|invalid_rapt|reauth/i.test(message) || status === 401) {
    return (
      "there are no Google credentials that are valid now; a machine has those of its account, elsewhere run " +
      "gcloud auth application-default login"
    );
  }
  if (isWithoutToken(failure.cause)) {
    return `this machine gives its programs no access token (${given}); it needs a service account with the scope cloud-platform`;
  }
  // The client reads the file before it asks anybody (google-auth-library, googleauth.js).
  if (/^The file at .+ does not exist|^Unexpected .+ JSON|is not valid JSON/.test(message)) {
    return `the file that GOOGLE_APPLICATION_CREDENTIALS names holds no credentials (${given}); correct or unset it`;
  }
  if (reasons.includes("accessNotConfigured") || /has not been used in project|SERVICE_DISABLED/.test(message)) {
    return `Cloud Storage's API is off in its project; run gcloud services enable storage.googleapis.com there (${given})`;
  }
  if (reasons.includes("accountDisabled") || /billing account.*(disabled|absent)/i.test(message)) {
    return "the bucket's project has no billing account in force; link one";
  }
  if (status === 403) return forbidden(message, permission, bucket);
  if (status === 404) {
    return `there is no bucket ${bucket}; check the name, and that the environment's lake stack has been deployed`;
  }
  if (!isTransient(failure.cause)) return `Cloud Storage refused ${permission} (${given})`;
  const times = tries === 1 ? "one try" : `${tries} tries`;
  return `Cloud Storage did not answer as it should, in ${times} (${given}); check the network and its status, then start again`;
}

/** Cloud Storage names who lacks what: "a@b.iam.gserviceaccount.com does not have storage.objects.get access to ...". */
function forbidden(message: string, permission: string, bucket: string): string {
  const [, caller, named] = /(\S+@\S+|Anonymous caller) does not have (storage\.[A-Za-z.]+) access/.exec(message) ?? [];
  const who = caller === undefined ? "this program's account" : caller.includes("@") ? `the account ${caller}` : NOBODY;
  return `${who} lacks the permission ${named ?? permission} on the bucket ${bucket}; grant it, wait a minute, and start again`;
}
