import { setTimeout as sleep } from "node:timers/promises";
import { isRetryable, RhythmicError } from "../support/errors";
import type { Logger } from "../support/logging";
import { type Status, UNWATCHED } from "../support/status/status";
import { type CredentialVersion, parseCredential } from "./credentials";
import { withAdmin } from "./kafkajs-admin";
import type { ClientOptions } from "./kafkajs-client";
import type { KafkaSecurity } from "./security";

/** The settings that say how a program gets to Kafka, beside its brokers. */
interface KafkaSettings {
  readonly KAFKA_CREDENTIALS: string | undefined;
  /** @default 0: what is not there fails at once */
  readonly KAFKA_WAIT_MAX_MS?: number;
}

/** The secret that holds the credential. */
export interface CredentialSecret {
  /** @returns the newest version, where there is one. @throws RhythmicError secret_unusable */
  latest(): Promise<CredentialVersion | undefined>;
}

export interface OpenKafkaOptions {
  readonly settings: KafkaSettings;
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** By their names in Kafka; waited for until all of them are there. */
  readonly topics: readonly string[];
  /** Opens the secret that KAFKA_CREDENTIALS names. */
  openSecret(place: string): CredentialSecret;
  readonly log: Logger;
  readonly stop: AbortSignal;
  /** Told what is waited for. @default nobody is told */
  readonly status?: Status;
}

/** What every driver of Kafka takes. */
export type KafkaConnection = Pick<ClientOptions, "brokers" | "clientId" | "log" | "security">;

const WAIT_FIRST_MS = 500;
const WAIT_MAX_MS = 10_000;
const LOG_INTERVAL_MS = 60_000;

/**
 * Reads the program's credential, where KAFKA_CREDENTIALS names one. With KAFKA_WAIT_MAX_MS it also waits until Kafka
 * lets the program in and has its topics: a machine that boots before Kafka's must not fail. The credential is read
 * anew at every try, so that one that Kafka's machine adds meanwhile is taken.
 * @returns `undefined` where it was stopped while it waited
 * @throws RhythmicError bad_settings (the credential), broker_untrusted, at once; secret_unusable, broker_unreachable,
 *   broker_out_of_date, broker_refused, when the time is over
 */
export async function openKafka(options: OpenKafkaOptions): Promise<KafkaConnection | undefined> {
  const { settings, brokers, clientId, log, stop, status = UNWATCHED } = options;
  const waitMaxMs = settings.KAFKA_WAIT_MAX_MS ?? 0;
  const place = settings.KAFKA_CREDENTIALS;
  const secret = place === undefined ? undefined : options.openSecret(place);
  const startedMs = performance.now();
  let loggedMs: number | undefined;
  const waited = () => Math.round(performance.now() - startedMs);
  for (let waitMs = WAIT_FIRST_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MAX_MS)) {
    const found = await unlessStopped(attempt(options, secret, waitMaxMs > 0), stop);
    if (found === undefined) return undefined;
    if (!("missing" in found)) {
      if (loggedMs !== undefined) log.info({ waitedMs: waited() }, "Kafka is there: going on");
      return { brokers, clientId, log, ...found };
    }
    const leftMs = waitMaxMs - waited();
    if (leftMs <= 0) throw found.missing;
    status.notReady(found.missing.message);
    if (loggedMs === undefined || performance.now() - loggedMs >= LOG_INTERVAL_MS) {
      loggedMs = performance.now();
      const context = { code: found.missing.code, waitedMs: waited(), waitMaxMs };
      log.info(context, `waiting for Kafka: ${found.missing.message}`);
    }
    await unlessStopped(sleep(Math.min(waitMs, leftMs), undefined, { signal: stop }), stop);
    if (stop.aborted) return undefined;
  }
}

/** Something that may be there the next time. */
interface Missing {
  readonly missing: RhythmicError;
}

/** @throws RhythmicError for what no waiting changes */
async function attempt(
  options: OpenKafkaOptions,
  secret: CredentialSecret | undefined,
  isKafkaAsked: boolean,
): Promise<{ readonly security?: KafkaSecurity } | Missing> {
  try {
    if (secret === undefined) return isKafkaAsked ? await askKafka(options, undefined) : {};
    const version = await secret.latest();
    if (version === undefined) return { missing: noVersion(String(options.settings.KAFKA_CREDENTIALS)) };
    const security = parseCredential(version);
    return isKafkaAsked ? await askKafka(options, security) : { security };
  } catch (error) {
    if (error instanceof RhythmicError && isRetryable(error)) return { missing: error };
    throw error;
  }
}

/** Does Kafka let the program in, and has it the topics? */
async function askKafka(
  { brokers, clientId, log, topics }: OpenKafkaOptions,
  security: KafkaSecurity | undefined,
): Promise<{ readonly security?: KafkaSecurity } | Missing> {
  const found = await withAdmin({ brokers, clientId, log, security }, "the topics could not be listed", (admin) =>
    admin.listTopics(),
  );
  const lacking = topics.filter((topic) => !found.includes(topic));
  if (lacking.length === 0) return security === undefined ? {} : { security };
  const message = `Kafka at ${brokers.join(",")} has no topic ${lacking.join(", ")}, or does not show it to this program; Kafka's machine makes the topics that runtime/kafka/topics.ts declares.`;
  return { missing: new RhythmicError("broker_refused", message, { context: { topics: lacking } }) };
}

function noVersion(place: string): RhythmicError {
  return new RhythmicError(
    "secret_unusable",
    `The secret ${place}, which KAFKA_CREDENTIALS (--credentials) names, is not there or has no version yet; the keeper on Kafka's machine adds one when Kafka has started.`,
    { context: { secret: place } },
  );
}

/** @returns `undefined` as soon as it is stopped; what was under way is left to its end */
async function unlessStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T | undefined> {
  // Nobody listens any more where it fails after the stop.
  work.catch(() => undefined);
  if (stop.aborted) return undefined;
  const over = new AbortController();
  const stopped = new Promise<undefined>((resolve) => {
    stop.addEventListener("abort", () => resolve(undefined), { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([work, stopped]);
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  } finally {
    over.abort();
  }
}
