import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A few answers of Cloud Storage's JSON API, by hand: what fake-gcs-server never gives (refusals, failures, silence).
 * Bodies are those of cloud.google.com/storage/docs/json_api/v1/status-codes.
 */

/** What the server is asked, as far as tests care. */
export interface Asked {
  readonly method: string;
  /** With the query, as it came. */
  readonly url: string;
  readonly body: string;
}

/** Answers a request; a handler that does nothing leaves it without an answer. */
export type Handler = (response: ServerResponse, asked: Asked) => void;

export interface CloudStorageStandIn {
  readonly endpoint: string;
  readonly asked: Asked[];
  /** What is answered: the first to the first request, and so on; the last to all others. */
  answers(...handlers: Handler[]): void;
  stop(): Promise<void>;
}

/** An error as the JSON API gives it. */
export function refusal(status: number, reason: string, message: string): Handler {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/json; charset=UTF-8" });
    response.end(JSON.stringify({ error: { code: status, message, errors: [{ domain: "global", reason, message }] } }));
  };
}

/** An object's bytes. @param headers more of them, such as its checksum */
export function media(
  bytes: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Handler {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/octet-stream", ...headers });
    response.end(bytes);
  };
}

/** What an upload, a listing or a look at an object's metadata answers. */
export function json(body: object): Handler {
  return (response) => {
    response.writeHead(200, { "Content-Type": "application/json; charset=UTF-8" });
    response.end(JSON.stringify(body));
  };
}

/** Takes the request and breaks the connection. */
export const hangUp: Handler = (response) => {
  response.destroy();
};

/** Never answers. */
export const silence: Handler = () => undefined;

export async function startCloudStorageStandIn(): Promise<CloudStorageStandIn> {
  const asked: Asked[] = [];
  let queue: Handler[] = [];
  const server = createServer(async (request, response) => {
    const next: Asked = { method: request.method ?? "", url: request.url ?? "", body: await bodyOf(request) };
    asked.push(next);
    const handler = queue.length > 1 ? queue.shift() : queue[0];
    handler?.(response, next);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers(...handlers) {
      asked.length = 0;
      queue = handlers;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    // The client went away: what came is all there is.
  }
  return Buffer.concat(chunks).toString("latin1");
}
