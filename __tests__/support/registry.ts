import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A registry of images on loopback, as Docker Hub answers: a token first, then manifests by tag and digest. */

export interface Registry {
  readonly url: string;
  /** Method and path of every request, in order. */
  readonly asked: string[];
  /** Puts an index behind a tag. @returns its digest */
  put(image: string, platforms: readonly string[]): string;
  /** Hands out something else under a digest. */
  forge(digest: string): void;
  /** Answers every request for a manifest with this. */
  refuseWith(status: number, headers?: Readonly<Record<string, string>>): void;
  /** Answers 401 also to who brings a token. */
  distrustTokens(): void;
  /** Names a realm of another host. */
  realm: string | undefined;
  stop(): Promise<void>;
}

const TOKEN = "a-token";
const INDEX = "application/vnd.oci.image.index.v1+json";

export function indexOf(platforms: readonly string[], salt = ""): string {
  const manifests = platforms.map((platform) => {
    const [os, architecture, variant] = platform.split("/");
    return { digest: `sha256:${"0".repeat(64)}`, platform: { os, architecture, ...(variant && { variant }) } };
  });
  return JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests, annotations: { salt } });
}

export async function startRegistry(): Promise<Registry> {
  const bodies = new Map<string, string>();
  const tags = new Map<string, string>();
  const asked: string[] = [];
  let refusal: { status: number; headers: Readonly<Record<string, string>> } | undefined;
  let trusts = true;
  let made = 0;

  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url?.startsWith("/token?")) return void response.end(JSON.stringify({ token: TOKEN }));
    const [, image = "", reference = ""] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(request.url ?? "") ?? [];
    if (!isKnown(request) || !trusts) return challenge(response, image);
    if (refusal !== undefined) return void response.writeHead(refusal.status, refusal.headers).end();
    const digest = reference.startsWith("sha256:") ? reference : tags.get(`${image}:${reference}`);
    const body = digest === undefined ? undefined : bodies.get(digest);
    if (digest === undefined || body === undefined || !request.headers.accept?.includes(INDEX)) {
      return void response.writeHead(404).end();
    }
    response.writeHead(200, { "Content-Type": INDEX, "Docker-Content-Digest": digest });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  const isKnown = (request: IncomingMessage) => request.headers.authorization === `Bearer ${TOKEN}`;
  const challenge = (response: ServerResponse, image: string) => {
    const realm = registry.realm ?? `${registry.url}/token`;
    const header = `Bearer realm="${realm}",service="registry.test",scope="repository:${image}:pull"`;
    response.writeHead(401, { "WWW-Authenticate": header }).end();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const registry: Registry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    put(image, platforms) {
      made += 1;
      const body = indexOf(platforms, String(made));
      const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
      bodies.set(digest, body);
      tags.set(image, digest);
      return digest;
    },
    forge: (digest) => void bodies.set(digest, indexOf(["linux/amd64"], "forged")),
    refuseWith(status, headers = {}) {
      refusal = { status, headers };
    },
    distrustTokens() {
      trusts = false;
    },
    realm: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return registry;
}
