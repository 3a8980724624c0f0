import { type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { issueCertificate, makeAuthority, readKeyPair } from "../../../runtime/keeper/certificates";
import type { Network } from "./network";

/** Who answers for one of Google's names: a server on loopback (http://127.0.0.1:PORT), or a function. */
export type Upstream = string | ((request: IncomingMessage, response: ServerResponse) => void);

/** What goes wrong with requests of a path, until it has gone wrong often enough. */
export interface GoogleFault {
  readonly path: RegExp;
  /** How many requests. @default all of them */
  readonly times?: number;
  /** Answered instead of anything else. */
  readonly status?: number;
  /** Waited before the answer. */
  readonly lateMs?: number;
}

export interface GoogleRequest {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  /** Whose token it came with. */
  readonly email: string | undefined;
  readonly status: number;
  /** When it was answered. */
  readonly atMs: number;
}

export interface Google {
  /** The authority of its certificate, PEM. */
  readonly authority: string;
  readonly network: Network;
  readonly requests: readonly GoogleRequest[];
  /** A token of an account is one that requests may come with; all others are refused. */
  accept(token: string, email: string): void;
  fail(...faults: readonly GoogleFault[]): void;
  heal(): void;
  stop(): Promise<void>;
}

const AUTHORITY_DAYS = 2;

/** May this account send this request? */
export type Judge = (email: string, method: string, url: string) => boolean;

/**
 * Google's services by their real names, over TLS with a certificate of a test's authority, for who has a token.
 * @param judges by name; a service without one lets in whoever has a token
 */
export async function startGoogle(
  upstreams: Readonly<Record<string, Upstream>>,
  judges: Readonly<Record<string, Judge>> = {},
): Promise<Google> {
  const names = Object.keys(upstreams);
  const authority = await makeAuthority(Date.now());
  const pair = readKeyPair(authority);
  if (pair === undefined) throw new Error("the authority's own key and certificate do not belong together");
  const request = { name: "google", hosts: names, nowMs: Date.now(), days: AUTHORITY_DAYS };
  const certificate = await issueCertificate(pair, request);
  const emails = new Map<string, string>();
  const requests: GoogleRequest[] = [];
  let faults: { fault: GoogleFault; left: number }[] = [];

  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const host = (incoming.headers.host ?? "").replace(/:443$/, "");
    const path = incoming.url ?? "/";
    const email = emails.get(/^Bearer (.+)$/i.exec(incoming.headers.authorization ?? "")?.[1] ?? "");
    const noted = { host, method: incoming.method ?? "", path, email };
    response.once("close", () => requests.push({ ...noted, status: response.statusCode, atMs: Date.now() }));
    const found = faults.find(({ fault, left }) => left > 0 && fault.path.test(path));
    if (found !== undefined) found.left -= 1;
    if (found?.fault.lateMs !== undefined) await sleep(found.fault.lateMs, undefined, { ref: false });
    if (found?.fault.status !== undefined) return end(response, found.fault.status);
    if (email === undefined) return end(response, 401);
    if (judges[host]?.(email, noted.method, path) === false) return end(response, 403);
    const upstream = upstreams[host];
    if (upstream === undefined) return end(response, 404);
    if (typeof upstream === "string") pass(upstream, incoming, response);
    else upstream(incoming, response);
  };
  const server = createServer({ key: certificate, cert: certificate }, (incoming, response) => {
    void answer(incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    authority: pair.certificate.toString(),
    network: Object.fromEntries(names.map((name) => [`${name}:443`, place])),
    requests,
    accept: (token, email) => void emails.set(token, email),
    fail: (...more) => {
      faults = [...faults, ...more.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }))];
    },
    heal: () => {
      faults = [];
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Objects by path (`/<bucket>/<object>`), for who only fetches. */
export function objects(byPath: ReadonlyMap<string, Uint8Array>): Upstream {
  return (request, response) => {
    const contents = byPath.get(request.url ?? "");
    if (contents === undefined) end(response, 404);
    else response.writeHead(200, { "Content-Length": contents.length }).end(contents);
  };
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end(`${status}\n`);
}

function pass(endpoint: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url } = incoming;
  const outgoing = requestHttp(`${endpoint}${url}`, { method, headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(response);
  });
  outgoing.once("error", () => response.destroy());
  incoming.pipe(outgoing);
}
