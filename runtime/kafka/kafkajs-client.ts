import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectSecurely } from "node:tls";
import { Kafka, type KafkaConfig, type KafkaJSProtocolError, type LogEntry, logLevel } from "kafkajs";
import { messageOf, RhythmicError, systemCodeOf } from "../support/errors";
import type { Logger } from "../support/logging";

/** TLS to a Kafka whose certificate our own authority has signed, and who we are: by a password or a certificate. */
export interface KafkaSecurity {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  readonly identity:
    | { readonly username: string; readonly password: string }
    | { readonly certificate: string; readonly key: string };
}

export interface ClientOptions {
  /** host:port of one or more brokers; the others are found from them. */
  readonly brokers: readonly string[];
  /** Names this program in Kafka's own logs and quotas. */
  readonly clientId: string;
  readonly log: Logger;
  /** How Kafka knows this program, and this program Kafka. @default neither TLS nor a user */
  readonly security?: KafkaSecurity | undefined;
  /** Called for every connection that is opened. @default nobody is told */
  readonly onConnection?: () => void;
  /** Called for every warning and error of kafkajs. @default nobody is told */
  readonly onTrouble?: () => void;
}

const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_DELAY_MS = 60_000;

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
    ...(options.security && securityConfig(options.security)),
    socketFactory: ({ host, port, ssl, onConnect }): Socket => {
      options.onConnection?.();
      return openSocket(host, port, ssl, onConnect).setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
    },
  };
  return new Kafka(config);
}

/** As kafkajs wants it said. */
function securityConfig({ ca, identity }: KafkaSecurity): Pick<KafkaConfig, "ssl" | "sasl"> {
  if ("certificate" in identity) return { ssl: { ca, cert: identity.certificate, key: identity.key } };
  return { ssl: { ca }, sasl: { mechanism: "scram-sha-512", ...identity } };
}

/** A name of the server is sent only where there is one (RFC 6066, section 3); the certificate is checked either way. */
function openSocket(host: string, port: number, tls: ConnectionOptions | undefined, onConnect: () => void): Socket {
  if (!tls) return connect({ host, port, noDelay: true }, onConnect);
  const name = isIP(host) === 0 ? { servername: host } : {};
  return connectSecurely({ host, port, ...name, ...tls }, onConnect).setNoDelay(true);
}

function forward(
  { namespace, level, log: { message, timestamp, logger, stack, ...context } }: LogEntry,
  to: ClientOptions,
) {
  if (level === logLevel.ERROR || level === logLevel.WARN) to.onTrouble?.();
  to.log.debug({ ...context, namespace }, `kafkajs: ${message}`);
}

/** The errors of a chain of causes, outermost first. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let current = error; current instanceof Error && chain.length < 10; current = current.cause) chain.push(current);
  return chain;
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
  return chainOf(error).some((one) => CONNECTION_ERRORS.includes(one.name) || systemCodeOf(one)?.startsWith("E"));
}

/**
 * An error of kafkajs as one of ours.
 * @param what what failed, as the beginning of a sentence: `the offsets of topic X could not be read`
 */
export function kafkaError(error: unknown, brokers: readonly string[], what: string): RhythmicError {
  if (error instanceof RhythmicError) return error;
  const at = brokers.join(",");
  const protocol = protocolErrorOf(error);
  if (protocol === undefined && isConnectionError(error)) return unreachable(brokers, error);
  return new RhythmicError("broker_refused", `${what}: Kafka at ${at} answered ${protocol ?? messageOf(error)}.`, {
    cause: error,
    context: { brokers: at },
  });
}

export function unreachable(brokers: readonly string[], cause: unknown): RhythmicError {
  const at = brokers.join(",");
  const reason =
    chainOf(cause)
      .map(systemCodeOf)
      .find((code) => code?.startsWith("E")) ?? messageOf(cause);
  return new RhythmicError(
    "broker_unreachable",
    `Kafka does not answer at ${at} (${reason}); check that it runs and that KAFKA_BROKERS (--brokers) has its host:port.`,
    { cause, context: { brokers: at } },
  );
}

export function unknownTopic(topic: string, brokers: readonly string[]): RhythmicError {
  return new RhythmicError(
    "broker_refused",
    `The topic ${topic} does not exist at ${brokers.join(",")}; make it (the platform declares its topics in runtime/kafka/topics.ts) or check the name.`,
    { context: { topic } },
  );
}
