import { join } from "node:path";
import { RhythmicError } from "../support/errors";
import {
  AUTHORITY_DAYS,
  coversHosts,
  daysLeft,
  endsAtMs,
  isDueForRenewal,
  isIssuedBy,
  issueCertificate,
  KAFKA_NAME,
  KEEPER_NAME,
  type KeyPair,
  makeAuthority,
  readKeyPair,
} from "./certificates";
import { createFile, GROUP_MODE, PUBLIC_MODE, readIfThere, replaceFile, SECRET_MODE } from "./files";

/**
 * The certificates on Kafka's machine:
 *
 *   KEEPER_FOLDER/authority.pem         0600  key and certificate of the authority; made once, never again
 *   KEEPER_FOLDER/keeper.pem            0600  the keeper's own, by which Kafka lets it administer
 *   KEEPER_TLS_FOLDER/ca.pem            0644  the authority's certificate: what Kafka trusts
 *   KEEPER_TLS_FOLDER/broker.pem        0640  Kafka's, for the listeners CLIENTS and ADMIN
 *   KEEPER_TLS_FOLDER/controller.pem    0640  Kafka's, for the listener CONTROLLER, which can't be given a new one
 *                                             while Kafka runs (KAFKA-20583): it holds as long as the authority
 */
export interface IdentityOptions {
  readonly folder: string;
  readonly tlsFolder: string;
  /** Names and addresses by which programs reach Kafka. */
  readonly hosts: readonly string[];
  /** How long Kafka's certificate and the keeper's hold. */
  readonly days: number;
  readonly nowMs: number;
}

/** Who the keeper is to Kafka, and whom it believes to be Kafka. */
export interface KeeperIdentity {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM. Never logged. */
  readonly key: string;
}

/** How long one of the certificates still holds. */
export interface CertificateAge {
  readonly certificate: "authority" | "controller" | "broker" | "keeper";
  readonly daysLeft: number;
}

export interface Identity {
  readonly keeper: KeeperIdentity;
  readonly ages: readonly CertificateAge[];
  /** Was the authority made just now, so that nobody knows it yet? */
  readonly isNewAuthority: boolean;
  /** Sha256 of the authority's certificate: tells it from another one. */
  readonly authority: string;
  /** Sha256 of the certificate that Kafka is to show. */
  readonly broker: string;
}

/** Names by which Kafka's own machine reaches it. */
const LOCAL_HOSTS = ["127.0.0.1", "localhost"];

/** The file with Kafka's certificate, which its properties name. */
export function brokerFileOf(tlsFolder: string): string {
  return join(tlsFolder, "broker.pem");
}

/** The file with the authority's certificate. */
export function caFileOf(tlsFolder: string): string {
  return join(tlsFolder, "ca.pem");
}

/**
 * Makes what is missing, and anew what has less than a third of its time left, is not valid yet or does not fit. Safe to call
 * at any time, and by two at once.
 * @throws RhythmicError bad_configuration: an authority that is damaged or has ended, a folder that can't be written
 */
export async function ensureIdentity(options: IdentityOptions): Promise<Identity> {
  const { folder, tlsFolder, nowMs, days } = options;
  const { authority, isNew } = await ensureAuthority(join(folder, "authority.pem"), nowMs);
  const ca = authority.certificate.toString();
  if ((await readIfThere(caFileOf(tlsFolder))) !== ca) await replaceFile(caFileOf(tlsFolder), ca, PUBLIC_MODE);
  const hosts = [...new Set([...options.hosts, ...LOCAL_HOSTS])];
  const request = { authority, nowMs };
  const controller = await ensureCertificate(join(tlsFolder, "controller.pem"), {
    ...request,
    name: KAFKA_NAME,
    hosts: LOCAL_HOSTS,
    days: AUTHORITY_DAYS,
    mode: GROUP_MODE,
  });
  const broker = await ensureCertificate(brokerFileOf(tlsFolder), {
    ...request,
    name: KAFKA_NAME,
    hosts,
    days,
    mode: GROUP_MODE,
  });
  const keeper = await ensureCertificate(join(folder, "keeper.pem"), {
    ...request,
    name: KEEPER_NAME,
    hosts: [],
    days,
    mode: SECRET_MODE,
  });
  const age = (certificate: CertificateAge["certificate"], pair: KeyPair) => ({
    certificate,
    daysLeft: daysLeft(pair.certificate, nowMs),
  });
  return {
    keeper: { ca, certificate: keeper.certificate.toString(), key: pemOf(keeper) },
    ages: [age("authority", authority), age("controller", controller), age("broker", broker), age("keeper", keeper)],
    isNewAuthority: isNew,
    authority: authority.certificate.fingerprint256,
    broker: broker.certificate.fingerprint256,
  };
}

async function ensureAuthority(path: string, nowMs: number): Promise<{ authority: KeyPair; isNew: boolean }> {
  let text = await readIfThere(path);
  const isNew = text === undefined && (await createFile(path, await makeAuthority(nowMs), SECRET_MODE));
  text ??= (await readIfThere(path)) ?? "";
  const authority = readKeyPair(text);
  if (authority === undefined || !authority.certificate.ca) {
    throw new RhythmicError(
      "bad_configuration",
      `${path} does not hold the key and the certificate of Kafka's authority; it is never made a second time, because no program would trust the new one: put the file back from a snapshot of the disk, or move it away if all programs may get new credentials.`,
    );
  }
  if (endsAtMs(authority.certificate) <= nowMs) {
    throw new RhythmicError(
      "bad_configuration",
      `Kafka's authority in ${path} ended on ${authority.certificate.validTo}; check the machine's clock, or move the file away, so that a new authority is made and all programs get new credentials.`,
    );
  }
  return { authority, isNew };
}

interface Wanted {
  readonly mode: number;
  readonly authority: KeyPair;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly nowMs: number;
  readonly days: number;
}

async function ensureCertificate(path: string, wanted: Wanted): Promise<KeyPair> {
  const found = readKeyPair((await readIfThere(path)) ?? "");
  if (found !== undefined && fits(found, wanted)) return found;
  const text = await issueCertificate(wanted.authority, wanted);
  await replaceFile(path, text, wanted.mode);
  const pair = readKeyPair(text);
  if (pair === undefined) throw new RhythmicError("internal", `${path} could not be read back.`);
  return pair;
}

function fits({ certificate }: KeyPair, { authority, name, hosts, nowMs }: Wanted): boolean {
  if (certificate.subject !== `CN=${name}` || !isIssuedBy(certificate, authority)) return false;
  if (!coversHosts(certificate, hosts)) return false;
  // Made while the clock was ahead: nobody would take it before the clock is there again.
  if (Date.parse(certificate.validFrom) > nowMs) return false;
  // What holds as long as the authority can't be made to hold longer.
  return endsAtMs(certificate) >= endsAtMs(authority.certificate) || !isDueForRenewal(certificate, nowMs);
}

function pemOf({ key }: KeyPair): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
