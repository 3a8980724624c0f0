import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";

/**
 * Loaded into a machine's Node programs before they start (NODE_OPTIONS=--require). Connections by name go to where
 * the file network.json beside it says; it is read each time, so that a test can take a part of the network away.
 */

interface Target {
  readonly host?: string;
  readonly port?: number | string;
}

type Connect = (this: Socket, ...args: unknown[]) => Socket;

const FILE = path.join(__dirname, "network.json");
const connect = Socket.prototype.connect as Connect;

function connectWithinNetwork(this: Socket, ...args: unknown[]): Socket {
  // net.connect and tls.connect pass what they have normalized: one array of options and listener.
  const normalized = Array.isArray(args[0]);
  const [first, ...rest] = normalized ? (args[0] as unknown[]) : args;
  if (typeof first !== "object" || first === null || typeof Reflect.get(first, "path") === "string") {
    return connect.apply(this, args);
  }
  const target = placeOf(first as Target);
  if (target instanceof Error) {
    process.nextTick(() => this.destroy(target));
    return this;
  }
  // A copy: TLS checks the certificate against the host that its own options name.
  const replaced = Object.assign([{ ...first, ...target }, ...rest], symbolsOf(args[0]));
  return connect.apply(this, normalized ? [replaced] : replaced);
}

function placeOf(target: Target): Target | Error {
  // Google's clients end the metadata server's name with DNS's dot.
  const name = `${target.host?.replace(/\.$/, "") ?? "localhost"}:${target.port ?? ""}`;
  const network = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, string>;
  // A machine reaches itself at every port.
  if (network[`${target.host}:*`] !== undefined) return target;
  const place = network[name];
  if (place === undefined) {
    return Object.assign(new Error(`getaddrinfo ENOTFOUND ${target.host} (${name} is not in this machine's network)`), {
      code: "ENOTFOUND",
      errno: -3008,
      syscall: "getaddrinfo",
      hostname: target.host,
    });
  }
  const [host = "", port] = place.split(":");
  return { host, port: Number(port) };
}

/** Node marks its normalized arguments by a symbol on the array. */
function symbolsOf(value: unknown): object {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.getOwnPropertySymbols(value).map((symbol) => [symbol, Reflect.get(value, symbol) as unknown]),
  );
}

Socket.prototype.connect = connectWithinNetwork as typeof Socket.prototype.connect;
