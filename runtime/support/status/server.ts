import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf, RhythmicError, systemCodeOf } from "../errors";
import type { Logger } from "../logging";

/** What is answered under one path. */
export interface Page {
  readonly statusCode: number;
  readonly contentType: string;
  readonly body: string;
}

export interface StatusPlace {
  /** An address of this machine. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface StatusServer {
  /** Where it is reached, such as http://127.0.0.1:8080. */
  readonly url: string;
  /** Ends it at once, with the connections that are open. */
  close(): Promise<void>;
}

/** Probes and scrapers send a few hundred bytes and wait for some kilobytes; whoever needs more is neither. */
const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const;
const CONNECTIONS_MAX = 64;
const METHODS: readonly (string | undefined)[] = ["GET", "HEAD"];

/**
 * Answers GET and HEAD of some paths, at one address alone. Neither the server nor a connection to it keeps the
 * process alive.
 * @throws RhythmicError bad_settings where the port is taken or the address is none of this machine: it would be the
 *   same after a restart, so the program ends with the exit code of wrong settings and is not started again
 */
export async function serveStatus(
  place: StatusPlace,
  pages: Readonly<Record<string, () => Promise<Page>>>,
  log: Logger,
): Promise<StatusServer> {
  const server = createServer(LIMITS, (request, response) => {
    // A probe that goes away in the middle of an answer is nobody's error.
    response.on("error", () => undefined);
    void answer(request, response, pages, log);
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on("connection", (socket) => socket.unref());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(place, error)));
    server.listen({ host: place.address, port: place.port, exclusive: true }, resolve);
  });
  server.unref();
  server.on("error", (error) => log.warn({ error: messageOf(error) }, "the status server has an error"));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${place.address.includes(":") ? `[${place.address}]` : place.address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pages: Readonly<Record<string, () => Promise<Page>>>,
  log: Logger,
): Promise<void> {
  const page = await pageFor(request, pages).catch((error: unknown): Page => {
    log.warn({ path: request.url, error: messageOf(error) }, "a status page could not be made");
    return text(500, "This page could not be made; the program's log says why.");
  });
  if (page.statusCode === 405) response.setHeader("allow", METHODS.join(", "));
  response.writeHead(page.statusCode, {
    "content-type": page.contentType,
    "content-length": Buffer.byteLength(page.body),
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : page.body);
}

async function pageFor(request: IncomingMessage, pages: Readonly<Record<string, () => Promise<Page>>>): Promise<Page> {
  const [path = ""] = (request.url ?? "").split("?");
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) return text(404, `There is ${Object.keys(pages).join(", ")}; nothing else.`);
  if (!METHODS.includes(request.method)) return text(405, `${path} is read with ${METHODS.join(" or ")}.`);
  return page();
}

function text(statusCode: number, line: string): Page {
  return { statusCode, contentType: "text/plain; charset=utf-8", body: `${line}\n` };
}

function listenError({ address, port }: StatusPlace, error: Error): RhythmicError {
  const sentence = {
    EADDRINUSE: `STATUS_PORT (--status-port) is ${port}, where another program listens at ${address} already; give a free port, or 0 for any.`,
    EADDRNOTAVAIL: `STATUS_ADDRESS (--status-address) is ${address}, which is no address of this machine; give one that is, such as 127.0.0.1.`,
    EACCES: `STATUS_PORT (--status-port) is ${port}, which this user may not listen on; give a port from 1024 on, or 0 for any free one.`,
  }[systemCodeOf(error) ?? ""];
  return new RhythmicError(
    "bad_settings",
    sentence ??
      `The status can't be answered at STATUS_ADDRESS ${address}, STATUS_PORT ${port} (${messageOf(error)}); give an address of this machine and a free port.`,
    { cause: error },
  );
}
