import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { BucketMetadata } from "@google-cloud/storage";

/**
 * The three calls of Cloud Storage's JSON API that the bootstrap makes, on loopback: list, insert and patch of buckets
 * (cloud.google.com/storage/docs/json_api/v1/buckets). Buckets belong to projects; a name is there once for all.
 */
export interface FakeStorage {
  /** As the client's apiEndpoint. */
  readonly endpoint: string;
  /** By name. */
  readonly buckets: Map<string, FakeBucket>;
  /** Method and path of every call that changes something, with its body. */
  readonly changes: { readonly call: string; readonly body: BucketMetadata }[];
  /** Answers the next calls of a method with an error instead. */
  failNext(method: string, failure: Failure): void;
  stop(): Promise<void>;
}

export type FakeBucket = BucketMetadata & { readonly project: string };

export interface Failure {
  readonly status: number;
  readonly message: string;
  readonly reason: string;
  /** Done before the answer, as when an answer is lost. */
  readonly before?: (buckets: Map<string, FakeBucket>) => void;
}

export async function startFakeStorage(): Promise<FakeStorage> {
  const buckets = new Map<string, FakeBucket>();
  const changes: FakeStorage["changes"] = [];
  const failures = new Map<string, Failure>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = failureOf(request) ?? handle(request, body);
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer.body));
    });
  });

  function failureOf(request: IncomingMessage) {
    const failure = failures.get(request.method ?? "");
    if (failure === undefined) return undefined;
    failures.delete(request.method ?? "");
    failure.before?.(buckets);
    return error(failure);
  }

  function handle(request: IncomingMessage, body: BucketMetadata) {
    const url = new URL(request.url ?? "", "http://localhost");
    const name = body.name ?? url.pathname.split("/").at(-1) ?? "";
    const project = url.searchParams.get("project") ?? "";
    if (request.method === "GET" && url.pathname === "/storage/v1/b") {
      const prefix = url.searchParams.get("prefix") ?? "";
      const items = [...buckets.values()].filter((one) => one.project === project && one.name?.startsWith(prefix));
      return { status: 200, body: { kind: "storage#buckets", items: items.map((one) => ({ ...one, id: one.name })) } };
    }
    changes.push({ call: `${request.method} ${url.pathname}`, body });
    const found = buckets.get(name);
    if (request.method === "POST") {
      if (found !== undefined) return error({ status: 409, message: "The name is not available.", reason: "conflict" });
      const location = body.location?.toUpperCase();
      buckets.set(name, { ...body, location, project, metageneration: "1" });
      return { status: 200, body: buckets.get(name) };
    }
    const expected = url.searchParams.get("ifMetagenerationMatch");
    if (found === undefined || (expected !== null && expected !== found.metageneration)) {
      return error({ status: 412, message: "A precondition did not hold.", reason: "conditionNotMet" });
    }
    const patched = patch(found, body) as FakeBucket;
    buckets.set(name, { ...patched, metageneration: String(Number(found.metageneration) + 1) });
    return { status: 200, body: buckets.get(name) };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    buckets,
    changes,
    failNext: (method, failure) => failures.set(method, failure),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function error({ status, message, reason }: Failure) {
  return { status, body: { error: { code: status, message, errors: [{ domain: "global", reason, message }] } } };
}

/** RFC 7396, as PATCH has it: objects are merged, everything else is replaced. */
function patch(before: unknown, change: unknown): unknown {
  if (typeof change !== "object" || change === null || Array.isArray(change)) return change;
  const merged: Record<string, unknown> = { ...(before as object | undefined) };
  for (const [key, value] of Object.entries(change)) merged[key] = patch(merged[key], value);
  return merged;
}

async function bodyOf(request: IncomingMessage): Promise<BucketMetadata> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : (JSON.parse(text) as BucketMetadata);
}
