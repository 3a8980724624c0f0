import { connect, isIP, type Socket } from "node:net";
import { connect as connectSecurely, createSecureContext, type PeerCertificate, type SecureContext } from "node:tls";
import type { ISocketFactory } from "kafkajs";
import { messageOf, RhythmicError, systemCodeOf } from "../support/errors";
import { CLOSED_BEFORE_TLS, describeSocketError, SPEAKS_TLS } from "./kafkajs-trust";
import type { KafkaSecurity } from "./security";

const KEEP_ALIVE_DELAY_MS = 60_000;
/** How an alert of TLS begins: its content type and its version's first byte (RFC 8446, section 5.1). */
const TLS_ALERT = Buffer.from([0x15, 0x03]);

/**
 * Opens kafkajs's connections: plain, or with TLS that trusts our authority alone. What is wrong with a peer stands
 * in the error's message, as a sentence.
 * @throws RhythmicError bad_settings: the certificates or the key of `security` can't be used
 */
export function socketFactoryOf(security: KafkaSecurity | undefined, onConnection?: () => void): ISocketFactory {
  const context = security && contextOf(security);
  return ({ host, port, onConnect }) => {
    onConnection?.();
    const socket =
      context === undefined ? openPlain(host, port, onConnect) : openSecure(host, port, context, security, onConnect);
    return socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  };
}

/** Reads certificates and key once, not at every connection. */
function contextOf({ ca, identity }: KafkaSecurity): SecureContext {
  try {
    return createSecureContext({
      ca,
      minVersion: "TLSv1.2",
      ...("certificate" in identity && { cert: identity.certificate, key: identity.key }),
    });
  } catch (cause) {
    throw new RhythmicError("bad_settings", `The certificates for Kafka can't be used (${messageOf(cause)}).`, {
      cause,
    });
  }
}

function openPlain(host: string, port: number, onConnect: () => void): Socket {
  const socket = connect({ host, port, noDelay: true }, onConnect);
  // A listener with TLS answers our first request with an alert. kafkajs would take it for the length of an answer,
  // 350 MB, and see nothing but the end of the connection.
  socket.prependOnceListener("data", (bytes) => {
    if (!TLS_ALERT.equals(bytes.subarray(0, TLS_ALERT.length))) return;
    socket.destroy(Object.assign(new Error("it speaks TLS"), { code: SPEAKS_TLS }));
  });
  return sayingWhatIsWrong(socket, { host, port }, undefined);
}

function openSecure(
  host: string,
  port: number,
  secureContext: SecureContext,
  security: KafkaSecurity | undefined,
  onConnect: () => void,
): Socket {
  // A server's name is sent only where it is one (RFC 6066, section 3); the certificate is checked either way.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectSecurely({ host, port, secureContext, ...name }, onConnect).setNoDelay(true);
  let served: PeerCertificate | undefined;
  // Told before Node.js judges the certificate; by the time of its error the certificate can't be read any more.
  socket.prependOnceListener("secure", () => {
    served = socket.getPeerCertificate();
  });
  socket.prependOnceListener("error", (error: NodeJS.ErrnoException) => {
    // Nothing was shown: the peer hung up. A plain listener of Kafka does, since it takes our hello for a request of
    // 350 MB.
    if (served === undefined && systemCodeOf(error) === "ECONNRESET") error.code = CLOSED_BEFORE_TLS;
  });
  return sayingWhatIsWrong(socket, { host, port }, security, () => served);
}

function sayingWhatIsWrong(
  socket: Socket,
  peer: { readonly host: string; readonly port: number },
  security: KafkaSecurity | undefined,
  served: () => PeerCertificate | undefined = () => undefined,
): Socket {
  return socket.once("error", (error) => {
    error.message = describeSocketError(error, peer, security, served()) ?? error.message;
  });
}
