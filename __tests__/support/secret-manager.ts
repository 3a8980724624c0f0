import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

/**
 * A stand-in for Google Cloud's Secret Manager, version 1 of its REST interface, written from its reference
 * (cloud.google.com/secret-manager/docs/reference/rest) with everything in memory. Who may do what is granted by
 * bearer token, with the permissions of the predefined roles (cloud.google.com/secret-manager/docs/access-control).
 *
 * Where it departs from the real service:
 * - A grant holds at once, where the real one takes minutes; a token never expires.
 * - The tokens are those that a test has granted something to; any other is answered 401.
 * - Secrets have no replication, labels, rotation, expiry, aliases or etags, and no regional endpoints.
 * - `filter` knows `state:ENABLED|DISABLED|DESTROYED` alone.
 * - Checksums (`dataCrc32c`) are neither given nor compared, and a payload of more than 64 KiB is not refused.
 * - What was added shows at once everywhere; the real one promises that to who asks for a version by its number.
 * - Lists are in the order of creation, newest first, as the real service answers in practice; its reference does
 *   not promise it.
 */

const PERMISSIONS = {
  secretAccessor: ["versions.access"],
  secretVersionAdder: ["versions.add"],
  secretVersionManager: [
    "versions.add",
    "versions.get",
    "versions.list",
    "versions.enable",
    "versions.disable",
    "versions.destroy",
  ],
  viewer: ["secrets.get", "versions.get", "versions.list"],
  admin: [
    "secrets.create",
    "secrets.get",
    "versions.access",
    "versions.add",
    "versions.get",
    "versions.list",
    "versions.enable",
    "versions.disable",
    "versions.destroy",
  ],
} as const;

export type SecretRole = keyof typeof PERMISSIONS;
type Permission = (typeof PERMISSIONS)["admin"][number];
type State = "ENABLED" | "DISABLED" | "DESTROYED";

interface Version {
  readonly createTime: string;
  /** base64, as it was given. */
  readonly data: string;
  state: State;
}

/** The requests that have arrived, for a test to look at; never their bodies. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly token: string | undefined;
}

export interface SecretManagerStandIn {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly endpoint: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** Makes a secret without versions, as the stacks do. @param name `projects/PROJECT/secrets/SECRET` */
  makeSecret(name: string): void;
  /** Gives a token a role on one secret, or on a whole project. */
  allow(token: string, resource: string, role: SecretRole): void;
  /** Answers the next requests with this status; 0: not at all, until the client hangs up. */
  failNext(times: number, status: number): void;
  stop(): Promise<void>;
}

/** An answer that is an error, as google.rpc.Status in JSON (cloud.google.com/apis/design/errors). */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly rpcStatus: string,
    message: string,
  ) {
    super(message);
  }
}

const PROJECT_NUMBER = "371000000001";
const PATH = /^\/v1\/projects\/([^/]+)\/secrets(?:\/([^/:]+))?(?:\/(versions)(?:\/([^/:]+))?)?(?::(\w+))?$/;

/** @param options key and certificate, PEM, for https @default http */
export async function startSecretManager(
  options: { readonly key?: string; readonly cert?: string } = {},
): Promise<SecretManagerStandIn> {
  const service = new Service();
  const requests: SeenRequest[] = [];
  let failures: { status: number }[] = [];

  const listener: RequestListener = (request, response) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    requests.push({ method: request.method ?? "", path: request.url ?? "", token });
    const failure = failures.shift();
    if (failure?.status === 0) return;
    void (async () => {
      const body = await bodyOf(request);
      const { status, answer } = failure
        ? refused(new Refusal(failure.status, "UNAVAILABLE", "The service is currently unavailable."))
        : respond(service, request, token, body);
      response.writeHead(status, { "content-type": "application/json; charset=UTF-8" }).end(JSON.stringify(answer));
    })();
  };
  const secure = options.key !== undefined;
  const server = secure ? createSecureServer(options, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${secure ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    requests,
    makeSecret: (name) => service.makeSecret(name),
    allow: (token, resource, role) => service.allow(token, resource, role),
    failNext(times, status) {
      failures = Array.from({ length: times }, () => ({ status }));
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
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function refused({ status, rpcStatus, message }: Refusal) {
  return { status, answer: { error: { code: status, message, status: rpcStatus } } };
}

function respond(
  service: Service,
  request: IncomingMessage,
  token: string | undefined,
  body: string,
): { readonly status: number; readonly answer: unknown } {
  try {
    return { status: 200, answer: service.answer(request.method ?? "", request.url ?? "", token, body) };
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    return refused(new Refusal(400, "INVALID_ARGUMENT", String(error)));
  }
}

class Service {
  /** By `projects/NUMBER/secrets/SECRET`: a project's id and its number name the same. */
  private readonly secrets = new Map<string, Version[]>();
  private readonly grants: { readonly token: string; readonly resource: string; readonly role: SecretRole }[] = [];

  makeSecret(name: string): void {
    this.secrets.set(byNumber(name), []);
  }

  allow(token: string, resource: string, role: SecretRole): void {
    this.grants.push({ token, resource: byNumber(resource), role });
  }

  answer(method: string, target: string, token: string | undefined, body: string): unknown {
    const { pathname, searchParams } = new URL(target, "http://stand-in");
    const match = PATH.exec(decodeURIComponent(pathname));
    if (match === null) throw new Refusal(404, "NOT_FOUND", `no such method: ${method} ${pathname}`);
    const [, , secretId, versions, number, verb] = match;
    const name = `projects/${PROJECT_NUMBER}/secrets/${secretId}`;
    switch (
      `${method} ${versions ?? "secret"}${number === undefined ? "" : "/N"}${verb === undefined ? "" : `:${verb}`}`
    ) {
      case "POST secret":
        return this.create(`projects/${PROJECT_NUMBER}/secrets/${searchParams.get("secretId")}`, token);
      case "GET secret":
        this.require(token, name, "secrets.get");
        this.versionsOf(name);
        return { name };
      case "POST secret:addVersion":
        return this.add(name, token, body);
      case "GET versions":
        return this.list(name, token, searchParams);
      case "GET versions/N":
        this.require(token, name, "versions.get");
        return view(name, ...this.find(name, number));
      case "GET versions/N:access":
        return this.access(name, token, number);
      case "POST versions/N:enable":
      case "POST versions/N:disable":
      case "POST versions/N:destroy":
        return this.change(name, token, number, verb as "enable" | "disable" | "destroy");
      default:
        throw new Refusal(404, "NOT_FOUND", `no such method: ${method} ${pathname}`);
    }
  }

  /** The real service does not say whether a secret is there to whom it would not show it. */
  private require(token: string | undefined, name: string, permission: Permission): void {
    const own = this.grants.filter((grant) => grant.token === token);
    if (own.length === 0) {
      const message = "Request had invalid authentication credentials. Expected OAuth 2 access token.";
      throw new Refusal(401, "UNAUTHENTICATED", message);
    }
    const allowed = own.some(
      ({ resource, role }) =>
        (name === resource || name.startsWith(`${resource}/`)) &&
        (PERMISSIONS[role] as readonly string[]).includes(permission),
    );
    if (allowed) return;
    const message = `Permission 'secretmanager.${permission}' denied for resource '${name}' (or it may not exist).`;
    throw new Refusal(403, "PERMISSION_DENIED", message);
  }

  private versionsOf(name: string): Version[] {
    const versions = this.secrets.get(name);
    if (versions === undefined) throw new Refusal(404, "NOT_FOUND", `Secret [${name}] not found or has no versions.`);
    return versions;
  }

  /** `latest` is the newest version, whatever its state. */
  private find(name: string, number: string | undefined): [number: number, version: Version] {
    const versions = this.versionsOf(name);
    const index = (number === "latest" ? versions.length : Number(number)) - 1;
    const version = versions[index];
    if (version !== undefined) return [index + 1, version];
    throw new Refusal(
      404,
      "NOT_FOUND",
      number === "latest"
        ? `Secret [${name}] not found or has no versions.`
        : `Secret Version [${name}/versions/${number}] not found.`,
    );
  }

  private create(name: string, token: string | undefined): unknown {
    this.require(token, name, "secrets.create");
    if (this.secrets.has(name)) throw new Refusal(409, "ALREADY_EXISTS", `Secret [${name}] already exists.`);
    this.makeSecret(name);
    return { name };
  }

  private add(name: string, token: string | undefined, body: string): unknown {
    this.require(token, name, "versions.add");
    const versions = this.versionsOf(name);
    const { payload } = JSON.parse(body) as { readonly payload?: { readonly data?: string } };
    const version: Version = { data: payload?.data ?? "", state: "ENABLED", createTime: new Date().toISOString() };
    return view(name, versions.push(version), version);
  }

  private list(name: string, token: string | undefined, query: URLSearchParams): unknown {
    this.require(token, name, "versions.list");
    const state = /^state:(ENABLED|DISABLED|DESTROYED)$/.exec(query.get("filter") ?? "")?.[1];
    if (query.has("filter") && state === undefined) throw new Refusal(400, "INVALID_ARGUMENT", "unknown filter");
    const all = this.versionsOf(name)
      .map((version, index) => ({ version, number: index + 1 }))
      .filter(({ version }) => state === undefined || version.state === state)
      .reverse();
    const from = Number(query.get("pageToken") ?? 0);
    const size = Number(query.get("pageSize") ?? 0) || 25_000;
    const page = all.slice(from, from + size);
    return {
      ...(page.length > 0 && { versions: page.map(({ version, number }) => view(name, number, version)) }),
      ...(from + size < all.length && { nextPageToken: String(from + size) }),
      totalSize: all.length,
    };
  }

  private access(name: string, token: string | undefined, wanted: string | undefined): unknown {
    this.require(token, name, "versions.access");
    const [number, { state, data }] = this.find(name, wanted);
    const versionName = `${name}/versions/${number}`;
    if (state !== "ENABLED") {
      throw new Refusal(400, "FAILED_PRECONDITION", `Secret Version [${versionName}] is in ${state} state.`);
    }
    return { name: versionName, payload: { data } };
  }

  private change(
    name: string,
    token: string | undefined,
    wanted: string | undefined,
    verb: "enable" | "disable" | "destroy",
  ): unknown {
    this.require(token, name, `versions.${verb}`);
    const [number, version] = this.find(name, wanted);
    if (version.state === "DESTROYED") {
      const message = `Secret Version [${name}/versions/${number}] is in DESTROYED state.`;
      throw new Refusal(400, "FAILED_PRECONDITION", message);
    }
    version.state = ({ enable: "ENABLED", disable: "DISABLED", destroy: "DESTROYED" } as const)[verb];
    return view(name, number, version);
  }
}

function view(name: string, number: number, { state, createTime }: Version): unknown {
  return { name: `${name}/versions/${number}`, createTime, state };
}

/** Answers name a project by its number, whichever way the request did. */
function byNumber(name: string): string {
  return name.replace(/^projects\/[^/]+/, `projects/${PROJECT_NUMBER}`);
}
