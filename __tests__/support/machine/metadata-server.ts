import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a machine's metadata server knows of it (cloud.google.com/compute/docs/metadata/predefined-metadata-keys). */
export interface MachineMetadata {
  readonly project: string;
  readonly zone: string;
  /** Name of the machine. */
  readonly name: string;
  /** The internal address of its one network interface. */
  readonly address: string;
  /** The account that it runs as. */
  readonly email: string;
  /** By name; what the template declares. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What goes wrong with requests of a path, until it has gone wrong often enough. */
export interface MetadataFault {
  readonly path: RegExp;
  /** How many requests. @default all of them */
  readonly times?: number;
  /** Answered instead of the value. @default the value */
  readonly status?: number;
  /** @default the value */
  readonly body?: string;
  /** Waited before the answer. @default none */
  readonly lateMs?: number;
}

export interface MetadataServer {
  readonly port: number;
  /** What it answers as the token of the machine's account. */
  readonly token: string;
  /** Paths below /computeMetadata/v1 that were asked for, in order, with the status of the answer. */
  readonly requests: readonly { readonly path: string; readonly status: number }[];
  fail(...faults: readonly MetadataFault[]): void;
  /** Nothing fails from now on. */
  heal(): void;
  /** How far its clock is off ours, milliseconds: its Date header says so. */
  setClock(offMs: number): void;
  stop(): Promise<void>;
}

const BASE = "/computeMetadata/v1";

/**
 * A stand-in for the metadata server. Like the real one it wants the header Metadata-Flavor: Google, answers it, and
 * refuses what has come through a proxy (cloud.google.com/compute/docs/metadata/querying-metadata). It listens on
 * loopback at a free port, since 80 belongs to who is root.
 */
export async function startMetadataServer(machine: MachineMetadata): Promise<MetadataServer> {
  const token = `token-of-${machine.email}-${Math.random().toString(36).slice(2)}`;
  const values = valuesOf(machine, token);
  const requests: { path: string; status: number }[] = [];
  let faults: { fault: MetadataFault; left: number }[] = [];
  let clockOffMs = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", "http://metadata").pathname;
    const found = faults.find(({ fault, left }) => left > 0 && fault.path.test(path));
    if (found !== undefined) found.left -= 1;
    const fault = found?.fault;
    if (fault?.lateMs !== undefined) await sleep(fault.lateMs, undefined, { ref: false });
    const [status, body] = replyTo(request, path, values);
    const sent = fault?.status ?? status;
    requests.push({ path: path.slice(BASE.length), status: sent });
    response.writeHead(sent, {
      "Metadata-Flavor": "Google",
      Server: "Metadata Server for VM",
      Date: new Date(Date.now() + clockOffMs).toUTCString(),
      "Content-Type": body.startsWith("{") ? "application/json" : "application/text",
    });
    response.end(fault?.body ?? (sent === status ? body : `fault ${sent}`));
  };
  const server = createServer((request, response) => void answer(request, response));
  // We say what the time is.
  server.on("request", (_request, response: ServerResponse) => {
    response.sendDate = false;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    token,
    requests,
    fail: (...more) => {
      faults = [...faults, ...more.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }))];
    },
    heal: () => {
      faults = [];
    },
    setClock: (offMs) => {
      clockOffMs = offMs;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function replyTo(request: IncomingMessage, path: string, values: ReadonlyMap<string, string>): [number, string] {
  if (request.headers["x-forwarded-for"] !== undefined) return [403, "X-Forwarded-For is not allowed"];
  if (request.headers["metadata-flavor"] !== "Google") return [403, "Missing Metadata-Flavor:Google header."];
  const value = path.startsWith(BASE) ? values.get(path.slice(BASE.length).replace(/(?<=.)\/$/, "")) : undefined;
  return value === undefined ? [404, "not found"] : [200, value];
}

function valuesOf(machine: MachineMetadata, token: string): ReadonlyMap<string, string> {
  const { attributes, email } = machine;
  const account = { aliases: ["default"], email, scopes: ["https://www.googleapis.com/auth/cloud-platform"] };
  return new Map([
    ["/instance", "attributes/\nname\nnetwork-interfaces/\nservice-accounts/\nzone\n"],
    ["/instance/id", "4520031799277581759"],
    ["/instance/name", machine.name],
    ["/instance/zone", `projects/1/zones/${machine.zone}`],
    ["/instance/network-interfaces/0/ip", machine.address],
    ["/instance/service-accounts/default", JSON.stringify(account)],
    ["/instance/service-accounts/default/email", email],
    [
      "/instance/service-accounts/default/token",
      JSON.stringify({ access_token: token, expires_in: 3599, token_type: "Bearer" }),
    ],
    ["/project/project-id", machine.project],
    ["/universe/universe-domain", "googleapis.com"],
    ...Object.entries(attributes).map(([name, value]) => [`/instance/attributes/${name}`, value] as const),
  ]);
}
