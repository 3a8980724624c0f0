import "reflect-metadata";
import { createPrivateKey, type KeyObject, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/**
 * Certificates of Kafka's own authority, as PEM (RFC 5280, RFC 7468). A key and its certificate are one text, as Kafka
 * takes them with ssl.keystore.type=PEM, and as one file is written whole or not at all:
 *
 *   -----BEGIN PRIVATE KEY-----       PKCS #8, ECDSA P-256
 *   -----BEGIN CERTIFICATE-----       of this key, signed by the authority
 */

const DAY_MS = 86_400_000;
/** Longer than the platform is meant to run: who trusts the authority has to be told of another one by hand. */
export const AUTHORITY_DAYS = 3_650;
/** So that a certificate holds for a machine whose clock is a little behind. */
const CLOCK_SKEW_MS = 300_000;
const KEYS = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;

/** Names of who has a certificate; Kafka knows them by the same names, as `User:rhythmic-kafka`. */
export const KAFKA_NAME = "rhythmic-kafka";
export const KEEPER_NAME = "rhythmic-keeper";
const AUTHORITY_NAME = "rhythmic-authority";

/** A key and its certificate, read from one PEM text. */
export interface KeyPair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

export interface CertificateRequest {
  /** By what Kafka knows its owner. */
  readonly name: string;
  /** Names and addresses at which its owner answers; none for who only asks. */
  readonly hosts: readonly string[];
  readonly nowMs: number;
  readonly days: number;
}

/** Makes a certificate authority, which signs certificates but no further authorities. @returns PEM of both */
export async function makeAuthority(nowMs: number): Promise<string> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${AUTHORITY_NAME}`,
      notBefore: new Date(nowMs - CLOCK_SKEW_MS),
      notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
      keys,
      signingAlgorithm: SIGNATURE,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return (await pemOfKey(keys.privateKey)) + pemOf(certificate.toString("pem"));
}

/** Makes a key and has the authority sign its certificate, for a server and for a client alike. @returns PEM of both */
export async function issueCertificate(authority: KeyPair, request: CertificateRequest): Promise<string> {
  const { name, hosts, nowMs, days } = request;
  const keys = await generateKeys();
  const ends = Math.min(nowMs + days * DAY_MS, endsAtMs(authority.certificate));
  const certificate = await X509CertificateGenerator.create(
    {
      subject: `CN=${name}`,
      issuer: authority.certificate.subject,
      notBefore: new Date(nowMs - CLOCK_SKEW_MS),
      notAfter: new Date(ends),
      publicKey: keys.publicKey,
      signingKey: await signingKeyOf(authority.key),
      signingAlgorithm: SIGNATURE,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        ...(hosts.length === 0 ? [] : [new SubjectAlternativeNameExtension(hosts.map(hostName))]),
        await AuthorityKeyIdentifierExtension.create(await publicKeyOf(authority), false, webcrypto),
      ],
    },
    webcrypto,
  );
  return (await pemOfKey(keys.privateKey)) + pemOf(certificate.toString("pem"));
}

/** @returns `undefined` where the text does not hold a key and its own certificate */
export function readKeyPair(pem: string): KeyPair | undefined {
  try {
    const pair = { key: createPrivateKey(pem), certificate: new X509Certificate(pem) };
    return pair.certificate.checkPrivateKey(pair.key) ? pair : undefined;
  } catch {
    return undefined;
  }
}

/** Has this authority signed the certificate? */
export function isIssuedBy(certificate: X509Certificate, authority: KeyPair): boolean {
  return certificate.checkIssued(authority.certificate) && certificate.verify(authority.certificate.publicKey);
}

/** Is the certificate for every one of these names and addresses? */
export function coversHosts(certificate: X509Certificate, hosts: readonly string[]): boolean {
  return hosts.every((host) =>
    isIP(host) === 0
      ? certificate.checkHost(host, { subject: "never" }) !== undefined
      : certificate.checkIP(host) !== undefined,
  );
}

/** The moment at which the certificate ends, milliseconds since 1970. */
export function endsAtMs(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

/** Is less than a third of the certificate's time left? */
export function isDueForRenewal(certificate: X509Certificate, nowMs: number): boolean {
  const lastsMs = endsAtMs(certificate) - Date.parse(certificate.validFrom);
  return endsAtMs(certificate) - nowMs < lastsMs / 3;
}

/** Days until the certificate ends; negative where it has. */
export function daysLeft(certificate: X509Certificate, nowMs: number): number {
  return (endsAtMs(certificate) - nowMs) / DAY_MS;
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);
}

function hostName(host: string): { readonly type: "ip" | "dns"; readonly value: string } {
  return { type: isIP(host) === 0 ? "dns" : "ip", value: host };
}

function signingKeyOf(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), KEYS, false, ["sign"]);
}

function publicKeyOf(authority: KeyPair): Promise<webcrypto.CryptoKey> {
  const der = authority.certificate.publicKey.export({ type: "spki", format: "der" });
  return webcrypto.subtle.importKey("spki", der, KEYS, true, ["verify"]);
}

async function pemOfKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
    .export({ type: "pkcs8", format: "pem" })
    .toString();
}

function pemOf(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
