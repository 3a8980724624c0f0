import { Kafka, type KafkaConfig, type KafkaJSProtocolError, type LogEntry, logLevel } from "kafkajs";
import { messageOf, RhythmicError, systemCodeOf } from "../support/errors";
import type { Logger } from "../support/logging";
import { socketFactoryOf } from "./kafkajs-socket";
import { CLOSED_BEFORE_TLS, chainOf, refusalIn, type Speaker } from "./kafkajs-trust";
import type { KafkaSecurity } from "./security";

export type { KafkaSecurity } from "./security";

export interface ClientOptions {
  /** host:port of one or more brokers; the others are found from them. */
  readonly brokers: readonly string[];
  /** The setting that names them, for messages. @default KAFKA_BROKERS (--brokers) */
  readonly brokersSetting?: string;
  /** Names this program in Kafka's own logs and quotas. */
  readonly clientId: string;
  readonly log: Logger;
  /** How Kafka knows this program, and this program Kafka. @default neither TLS nor a user */
  readonly security?: KafkaSecurity | undefined;
  /** Called for every connection that is opened. @default nobody is told */
  readonly onConnection?: () => void;
  /** Called for every warning and error of kafkajs, with the words of the error. @default nobody is told */
  readonly onTrouble?: (said: string) => void;
}

const CONNECTION_TIMEOUT_MS = 3_000;
/** With TLS the handshake counts too, and a Kafka that has just started takes seconds for its first ones. */
const SECURE_CONNECTION_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * How often kafkajs itself tries again before it reports an error. All five are given, because kafkajs takes other
 * defaults where NODE_ENV is "test".
 */
export const FEW_RETRIES = { initialRetryTime: 100, multiplier: 2, factor: 0.2, maxRetryTime: 2_000, retries: 4 };

/**
 * The one place that makes kafkajs clients. Their own log, which is long and calls ordinary reconnects errors, goes
 * to ours at debug level.
 */
export function createClient(options: ClientOptions): Kafka {
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: FEW_RETRIES,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => forward(entry, options),
    socketFactory: socketFactoryOf(options.security, options.onConnection),
    ...(options.security && securityConfig(options.security)),
  };
  return new Kafka(config);
}

/** For kafkajs alone; certificates and keys are our socket factory's. */
function securityConfig({ identity }: KafkaSecurity): Partial<KafkaConfig> {
  return {
    connectionTimeout: SECURE_CONNECTION_TIMEOUT_MS,
    ssl: true,
    ...("username" in identity && { sasl: { mechanism: "scram-sha-512", ...identity } }),
  };
}

function forward(
  { namespace, level, log: { message, timestamp, logger, stack, ...context } }: LogEntry,
  to: ClientOptions,
) {
  if (level === logLevel.ERROR || level === logLevel.WARN) to.onTrouble?.(String(context.error ?? message));
  to.log.debug({ ...context, namespace }, `kafkajs: ${message}`);
}

function protocolErrorIn(error: unknown): KafkaJSProtocolError | undefined {
  return chainOf(error).find((one): one is KafkaJSProtocolError => one.name === "KafkaJSProtocolError");
}

/** The name that Kafka's protocol has for an error, such as UNKNOWN_TOPIC_OR_PARTITION (kafka.apache.org/protocol). */
export function protocolErrorOf(error: unknown): string | undefined {
  return protocolErrorIn(error)?.type;
}

/** Did Kafka answer with an error that the protocol says goes away by itself? */
export function isPassingAnswer(error: unknown): boolean {
  return protocolErrorIn(error)?.retriable === true;
}

const CONNECTION_ERRORS: readonly string[] = [
  "KafkaJSConnectionError",
  "KafkaJSConnectionClosedError",
  "KafkaJSBrokerNotFound",
  "KafkaJSNoBrokerAvailableError",
  "KafkaJSRequestTimeoutError",
  "KafkaJSGroupCoordinatorNotFound",
  "KafkaJSMetadataNotLoaded",
  "KafkaJSLockTimeout",
];

/** Is it about reaching Kafka, rather than about what Kafka answered? */
function isConnectionError(error: unknown): boolean {
  return chainOf(error).some(
    (one) =>
      CONNECTION_ERRORS.includes(one.name) ||
      systemCodeOf(one)?.startsWith("E") ||
      // What is left of them here is not about the user: `refusalIn` has had its say.
      one.name === "KafkaJSSASLAuthenticationError",
  );
}

/**
 * An error of kafkajs as one of ours.
 * @param client who asked whom
 * @param what what failed, as the beginning of a sentence: `the offsets of topic X could not be read`
 */
export function kafkaError(error: unknown, client: Speaker, what: string): RhythmicError {
  if (error instanceof RhythmicError) return error;
  const refusal = refusalIn(error, client, what);
  if (refusal !== undefined) return refusal;
  const at = client.brokers.join(",");
  const protocol = protocolErrorOf(error);
  if (protocol === undefined && isConnectionError(error)) return unreachable(client, error);
  return new RhythmicError("broker_refused", `${what}: Kafka at ${at} answered ${protocol ?? messageOf(error)}.`, {
    cause: error,
    context: { brokers: at },
  });
}

function unreachable(
  { brokers, brokersSetting = "KAFKA_BROKERS (--brokers)", security }: Speaker,
  cause: unknown,
): RhythmicError {
  const at = brokers.join(",");
  const chain = chainOf(cause);
  const reason = chain.map(systemCodeOf).find((code) => code?.startsWith("E"));
  return new RhythmicError(
    "broker_unreachable",
    `Kafka does not answer at ${at} (${wordsFor(reason) ?? messageOf(cause)}); check that it runs and that ${brokersSetting} has its host:port${alsoPossible(chain, reason, security)}.`,
    { cause, context: { brokers: at } },
  );
}

function wordsFor(code: string | undefined): string | undefined {
  return code === CLOSED_BEFORE_TLS ? "it closes the connection before TLS begins" : code;
}

/** A connection that Kafka closes without a word: it is stopping, or it expects somebody else. */
function alsoPossible(
  chain: readonly Error[],
  reason: string | undefined,
  security: KafkaSecurity | undefined,
): string {
  if (reason === CLOSED_BEFORE_TLS) {
    return "; where it runs, it speaks plain text there, and KAFKA_CREDENTIALS (--credentials) must be left out";
  }
  if (!chain.some(({ message }) => /Closed connection|Connection closed/.test(message))) return "";
  return security === undefined
    ? "; where it runs, it may ask for TLS and a user, which KAFKA_CREDENTIALS (--credentials) names"
    : "; where it runs, it may ask for another kind of user than this program has";
}

export function unknownTopic(topic: string, brokers: readonly string[]): RhythmicError {
  return new RhythmicError(
    "broker_refused",
    `The topic ${topic} does not exist at ${brokers.join(",")}; make it (the platform declares its topics in runtime/kafka/topics.ts) or check the name.`,
    { context: { topic } },
  );
}
