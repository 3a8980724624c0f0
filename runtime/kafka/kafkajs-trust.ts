import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { type ErrorCode, messageOf, RhythmicError, systemCodeOf } from "../support/errors";
import { bearerOf, type KafkaSecurity } from "./security";

/**
 * What can be wrong between a client and a Kafka that do answer each other: a certificate, a user, a permission. Each
 * of them is said in a sentence, because Kafka's own words (a closed connection, an alert by number) tell nobody what
 * to do.
 *
 * What passes without anybody's doing? A program reads its user, its password and the authority's certificate at its
 * start and never again; where one of them is wrong, only a new start helps, and the program ends (`broker_untrusted`).
 * Whoever supervises it starts it again, and it reads the newest credential. A certificate that is not valid at this
 * time is put right while the program runs: the keeper renews Kafka's, and the machine's clock is set from the
 * network. Those are waited for (`broker_out_of_date`), like a Kafka that is away.
 */

/** One host:port, as it was dialled. */
interface Peer {
  readonly host: string;
  readonly port: number;
}

/** Of our own making: the answer was no answer of Kafka's, but the first bytes of TLS. */
export const SPEAKS_TLS = "ERR_RHYTHMIC_SPEAKS_TLS";
/** Of our own making: the connection was closed before TLS began. */
export const CLOSED_BEFORE_TLS = "ERR_RHYTHMIC_CLOSED_BEFORE_TLS";

/** Codes of OpenSSL about a chain that does not lead to our authority (nodejs.org/api/tls.html#x509-certificate-error-codes). */
const OTHER_AUTHORITY: readonly string[] = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
];
/** The others that are about Kafka's certificate (same page). */
const OTHERWISE_WRONG: readonly string[] = [
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_CHAIN_TOO_LONG",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
];
/** Kafka's refusal of our certificate, as OpenSSL names the alert (RFC 8446, section 6.2). */
const CERTIFICATE_ALERT = /^ERR_SSL_\w+_ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA|ACCESS_DENIED)$/;

const OUT_OF_DATE: readonly string[] = ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"];

/**
 * Says in the message of a socket's error what is wrong with the peer. The message is where it must stand: kafkajs
 * keeps nothing else of it but its code.
 * @param served the certificate that the peer has shown, where it has shown one
 * @returns the sentence, or `undefined` where the error is not about trust
 */
export function describeSocketError(
  error: unknown,
  { host, port }: Peer,
  security: KafkaSecurity | undefined,
  served: PeerCertificate | undefined,
): string | undefined {
  const at = `${host}:${port}`;
  const code = systemCodeOf(error) ?? "";
  if (code === SPEAKS_TLS) {
    return `Kafka at ${at} asks for TLS and a user, and this program came without; say in KAFKA_CREDENTIALS (--credentials) where its own stand.`;
  }
  if (code === CLOSED_BEFORE_TLS) return "it closes the connection before TLS begins";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") return untimely(code, at, served);
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return `Kafka's certificate at ${at} is for ${namesOf(served)} and not for ${host}; give one of those names in KAFKA_BROKERS (--brokers), or add ${host} to KEEPER_HOSTS on Kafka's machine.`;
  }
  if (OTHER_AUTHORITY.includes(code)) {
    return `Kafka's certificate at ${at} was signed by another authority (${issuerOf(served)}) than this program's credential names (${subjectOf(security)}): it is another Kafka, or the credential is older than Kafka's authority; check KAFKA_BROKERS, and start the program again so that it reads the newest credential.`;
  }
  if (OTHERWISE_WRONG.includes(code)) return `Kafka's certificate at ${at} can't be trusted (${code}).`;
  const alert = CERTIFICATE_ALERT.exec(code)?.[1];
  if (alert === undefined) return undefined;
  return security !== undefined && "certificate" in security.identity
    ? `Kafka at ${at} refuses the certificate of this program (${alert.toLowerCase()}): another authority has signed it, or it has expired.`
    : `Kafka at ${at} asks for a certificate, and this program comes with a user: that listener is for Kafka's administration; give the one for programs in KAFKA_BROKERS (--brokers).`;
}

function untimely(code: "CERT_HAS_EXPIRED" | "CERT_NOT_YET_VALID", at: string, served: PeerCertificate | undefined) {
  const now = new Date().toISOString();
  if (code === "CERT_HAS_EXPIRED") {
    return `Kafka's certificate at ${at} has expired: it was valid until ${isoOf(served?.valid_to)}, and this machine's clock says ${now}; the keeper on Kafka's machine renews it, so see whether it runs.`;
  }
  return `Kafka's certificate at ${at} is not yet valid: it is from ${isoOf(served?.valid_from)} on, and this machine's clock says ${now}, so the clock of this machine or of Kafka's is wrong; set it from the network (NTP).`;
}

/** A time as certificates give it, `Nov 22 23:49:04 2026 GMT`, in ISO 8601. */
function isoOf(time: string | undefined): string {
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? "an unknown time" : new Date(ms).toISOString();
}

function namesOf(served: PeerCertificate | undefined): string {
  return served?.subjectaltname || "no name at all";
}

function issuerOf(served: PeerCertificate | undefined): string {
  const name = served?.issuer?.CN;
  return name === undefined ? "without a name" : `CN=${[name].flat().join("+")}`;
}

function subjectOf(security: KafkaSecurity | undefined): string {
  try {
    return new X509Certificate(security?.ca ?? "").subject.replaceAll("\n", ", ");
  } catch {
    return "unreadable";
  }
}

/** The errors of a chain of causes, outermost first; of several at once the first. */
export function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let current = error; current instanceof Error && chain.length < 10; ) {
    chain.push(current);
    const { errors } = current as { readonly errors?: readonly unknown[] };
    current = errors?.[0] ?? current.cause;
  }
  return chain;
}

/** kafkajs puts this before what a socket has said. */
const SOCKET_PREFIX = /^Connection error: /;
/**
 * kafkajs calls everything that goes wrong while a user is proved an authentication error, a lost connection too.
 * These are its words for those (kafkajs 2.2.4, src/network).
 */
const CONNECTION_LOST = /Closed connection|Connection (error|closed|timeout)|Not connected|timed out/;
/** Answers that say: no user is asked for here, or not in this way. */
const NO_SUCH_LOGIN: readonly (string | undefined)[] = ["ILLEGAL_SASL_STATE", "UNSUPPORTED_SASL_MECHANISM"];

/**
 * kafkajs throws the reason away where Kafka does not tell it who coordinates a group, and only logs it, in these words
 * (kafkajs 2.2.4, src/cluster/index.js and src/protocol/error.js).
 */
export function isGroupRefusal(said: string): boolean {
  return said === "Not authorized to access group: Group authorization failed";
}

/** In place of kafkajs's `Failed to find group coordinator`, where it has logged why. */
export class GroupRefused extends Error {
  readonly type = "GROUP_AUTHORIZATION_FAILED";
}

/** What an error needs for its sentence. */
export interface Speaker {
  readonly brokers: readonly string[];
  /** The setting that names the brokers, for messages. @default KAFKA_BROKERS (--brokers) */
  readonly brokersSetting?: string;
  readonly security?: KafkaSecurity | undefined;
}

/**
 * A refusal as one of our errors, whoever refused whom.
 * @param what what failed, as the beginning of a sentence
 * @returns `undefined` where the error is about something else
 */
export function refusalIn(error: unknown, { brokers, security }: Speaker, what: string): RhythmicError | undefined {
  const at = brokers.join(",");
  const refuse = (reason: string, message: string, code: ErrorCode = "broker_untrusted") =>
    new RhythmicError(code, message, { cause: error, context: { brokers: at, reason } });
  for (const one of chainOf(error)) {
    const { name, type } = one as { readonly name: string; readonly type?: string };
    const code = systemCodeOf(one) ?? "";
    if (isAboutTrust(code)) {
      const sentence = one.message.replace(SOCKET_PREFIX, "");
      return refuse(code, sentence, OUT_OF_DATE.includes(code) ? "broker_out_of_date" : "broker_untrusted");
    }
    if (name === "KafkaJSSASLAuthenticationError" && !CONNECTION_LOST.test(one.message)) {
      if (/mechanism is not supported/.test(one.message)) return refuse("mechanism", noLogin(at, messageOf(one)));
      return refuse(
        "user",
        `Kafka at ${at} refuses ${bearerOf(security)}: it has no such user, or the password is another one by now. A program reads its credential at its start, so start it again, and check that KAFKA_CREDENTIALS (--credentials) is of this Kafka.`,
      );
    }
    if (NO_SUCH_LOGIN.includes(type)) return refuse(String(type), noLogin(at, String(type)));
    if (type?.endsWith("_AUTHORIZATION_FAILED")) {
      return refuse(
        type,
        `${what}: Kafka at ${at} does not allow it to ${bearerOf(security)} (${type}); what each program may do is declared in runtime/kafka/access.ts, and the keeper on Kafka's machine makes it so.`,
      );
    }
  }
  return undefined;
}

function noLogin(at: string, answer: string): string {
  return `Kafka at ${at} does not take users with a password at this listener (${answer}); give the listener for programs in KAFKA_BROKERS (--brokers).`;
}

function isAboutTrust(code: string): boolean {
  return (
    code === SPEAKS_TLS ||
    code === "ERR_TLS_CERT_ALTNAME_INVALID" ||
    OUT_OF_DATE.includes(code) ||
    OTHER_AUTHORITY.includes(code) ||
    OTHERWISE_WRONG.includes(code) ||
    CERTIFICATE_ALERT.test(code)
  );
}

/** Would the same be refused for as long as this program runs? */
export function isRefusedForGood(error: unknown): boolean {
  return refusalIn(error, { brokers: [] }, "")?.retryable === false;
}
