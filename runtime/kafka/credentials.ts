import { X509Certificate } from "node:crypto";
import { RhythmicError } from "../support/errors";
import type { KafkaSecurity } from "./security";

/**
 * What a program needs to be let into Kafka, as one version of a secret, so that it never reads one half of an old
 * credential and one half of a new one. JSON:
 *
 *   { "username": "processor-a",
 *     "password": "...",
 *     "ca": "-----BEGIN CERTIFICATE-----\n..." }     the authority that has signed Kafka's certificate, PEM
 *
 * No message holds any of it: Node.js quotes what it can't parse, so its own words are left out too.
 */

/** A version of a secret, as a store gives it. */
export interface CredentialVersion {
  /** Names the version, for messages. */
  readonly name: string;
  readonly value: string;
}

const FIELDS = ["username", "password", "ca"] as const;

/**
 * Reads a credential.
 * @throws RhythmicError bad_settings: what is wrong with it, by the names of its fields
 */
export function parseCredential({ name, value }: CredentialVersion): KafkaSecurity {
  const problems: string[] = [];
  const given = fieldsOf(value, problems);
  const { username = "", password = "", ca = "" } = given;
  if (ca !== "" && !isCertificate(ca)) problems.push("ca is no certificate in PEM form");
  if (problems.length > 0) {
    throw new RhythmicError(
      "bad_settings",
      `The credential ${name}, which KAFKA_CREDENTIALS (--credentials) names, can't be used: ${problems.join("; ")}. It must be JSON with the texts username, password and ca (a certificate in PEM form), as the keeper on Kafka's machine writes it.`,
    );
  }
  return { ca, identity: { username, password } };
}

function fieldsOf(value: string, problems: string[]): Partial<Record<(typeof FIELDS)[number], string>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    problems.push(value.trim() === "" ? "it is empty" : "it is not JSON");
    return {};
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    problems.push("it is no JSON object");
    return {};
  }
  const fields: Partial<Record<(typeof FIELDS)[number], string>> = {};
  for (const field of FIELDS) {
    const found = (parsed as Readonly<Record<string, unknown>>)[field];
    if (typeof found === "string" && found !== "") fields[field] = found;
    else problems.push(found === undefined ? `${field} is missing` : `${field} must be a text that is not empty`);
  }
  return fields;
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return pem.includes("-----BEGIN CERTIFICATE-----");
  } catch {
    return false;
  }
}
