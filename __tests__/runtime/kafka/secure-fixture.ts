import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import tls, { type TLSSocket } from "node:tls";
import { openAdministration } from "../../../runtime/kafka/kafkajs-administration";
import { type CertificateRequest, issueCertificate, readKeyPair } from "../../../runtime/keeper/certificates";
import { SILENT } from "../../../runtime/support/logging";
import type { Broker } from "../../../scripts/kafka/broker";
import type { BrokerSecurity } from "../../../scripts/kafka/secure";
import { eventually } from "../../support/eventually";

/** What tests do to a secure broker and to the connections to it. */

export type SecureBroker = Broker & { readonly dir: string; readonly secure: BrokerSecurity };
/** From when on, and for how many days, a certificate is valid. */
export type CertificateDates = Pick<CertificateRequest, "nowMs" | "days">;

/** Of the local broker (scripts/kafka/configuration.ts). */
const NETWORK_THREADS = 2;

/** Has Kafka show another certificate to programs, with which it begins at once; signed by its own authority. */
export async function showAnotherCertificate(broker: SecureBroker, dates: CertificateDates): Promise<void> {
  const authority = readKeyPair(readFileSync(join(broker.dir, "keeper", "authority.pem"), "utf8"));
  if (authority === undefined) throw new Error("the broker has no authority");
  const pem = await issueCertificate(authority, {
    ...dates,
    name: "rhythmic-kafka",
    hosts: ["127.0.0.1", "localhost"],
  });
  writeFileSync(join(broker.dir, "tls", "broker.pem"), pem);
  const { brokers, security } = broker.secure.administrator;
  const administration = await openAdministration({ brokers: [brokers], clientId: "test", log: SILENT, security });
  await administration.reloadCertificates(["CLIENTS"]);
  await administration.close();
  const wanted = readKeyPair(pem)?.certificate.fingerprint256;
  // Kafka's network threads take it one after the other, and connections go to them in turn.
  await eventually("Kafka shows the certificate in every thread", async () => {
    for (let i = 0; i < 2 * NETWORK_THREADS; i++) if ((await shownFingerprint(broker.brokers)) !== wanted) return false;
    return true;
  });
}

function shownFingerprint(brokers: string): Promise<string> {
  const [host = "", port] = brokers.split(":");
  return new Promise((resolve, reject) => {
    // Only looks: what is shown need not be right.
    const socket = tls.connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      const hex = createHash("sha256").update(raw).digest("hex").toUpperCase();
      resolve((hex.match(/../g) ?? []).join(":"));
    });
    socket.once("error", reject);
  });
}

/** Collects the sockets with TLS that are opened from now on. @returns breaks them all, as a lost network does */
export function watchSockets(): () => void {
  const sockets: TLSSocket[] = [];
  const connect = tls.connect;
  jest.spyOn(tls, "connect").mockImplementation((...given: unknown[]) => {
    const socket = Reflect.apply(connect, tls, given) as TLSSocket;
    sockets.push(socket);
    return socket;
  });
  return () => {
    const reset = { code: "ECONNRESET" };
    for (const socket of sockets.splice(0)) socket.destroy(Object.assign(new Error("read ECONNRESET"), reset));
  };
}
