import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { MachineFolders } from "../paths";
import { parseFlags, UnknownArgument } from "./arguments";
import { type ImageName, imageNamed, insideOf, populateRoot, type Volume } from "./container-root";
import { type Container, findContainer, forgetContainer, type Owner, ownerOf, saveContainer } from "./state";

/**
 * `docker run`: the command itself as a process of this machine, with the container's environment and its paths below
 * a folder. What Docker would refuse is refused; what only isolates (networks, capabilities, a read-only root) is
 * accepted and does nothing.
 */

const SWITCHES = ["rm", "read-only"];
const VALUED = [
  "name",
  "log-driver",
  "log-opt",
  "user",
  "network",
  "tmpfs",
  "cap-drop",
  "security-opt",
  "env-file",
  "env",
  "volume",
];
/** Docker's own failures, such as a name that is taken. */
const EXIT_DOCKER = 125;
/** Where the process that started us has gone, nobody would ever stop the container. */
const ORPHAN_CHECK_MS = 1_000;

interface Run {
  readonly name: string;
  readonly image: string;
  readonly kind: ImageName;
  readonly user: Owner;
  readonly command: readonly string[];
  readonly volumes: readonly Volume[];
  readonly environment: Readonly<Record<string, string>>;
  readonly hasNetwork: boolean;
}

/** @returns the exit code; never returns before the container has ended */
export async function dockerRun(folders: MachineFolders, args: readonly string[]): Promise<number> {
  const run = parseRun(args);
  if (typeof run === "string") return refuse(run);
  if (!isLoggedIn(run.image)) return refuse(`unauthorized: no credentials for ${run.image.split("/")[0]}`);
  if (findContainer(folders, run.name) !== undefined) {
    return refuse(`Conflict. The container name "/${run.name}" is already in use`);
  }
  const problem = run.volumes.map((volume) => problemOf(folders, run, volume)).find((found) => found !== undefined);
  if (problem !== undefined) return refuse(problem);
  const root = path.join(folders.containers, run.name);
  rmSync(root, { recursive: true, force: true });
  populateRoot(folders, root, run.kind, run.volumes);
  return supervise(folders, run, root);
}

/** @returns why Docker itself would refuse, where it would */
function parseRun(args: readonly string[]): Run | string {
  const flags = parseFlags(args, SWITCHES, VALUED);
  const missing = flags.all("env-file").find((file) => !existsSync(file));
  if (missing !== undefined) return `open ${missing}: no such file or directory`;
  const [image, ...command] = flags.rest;
  if (image === undefined || command.length === 0) throw new UnknownArgument("docker run needs an image and a command");
  if (!flags.has("rm")) throw new UnknownArgument("docker run without --rm");
  const kind = imageNamed(image);
  const network = flags.last("network");
  if (network !== "host" && network !== "none") throw new UnknownArgument(`unknown network: ${network}`);
  return {
    name: flags.last("name") ?? `unnamed-${process.pid}`,
    image,
    kind: kind.name,
    user: flags.has("user") ? parseUser(flags.last("user") ?? "") : kind.user,
    command,
    volumes: flags.all("volume").map(parseVolume),
    environment: { ...Object.assign({}, ...flags.all("env-file").map(readEnvFile)), ...assignments(flags.all("env")) },
    hasNetwork: network === "host",
  };
}

function parseUser(value: string): Owner {
  const [, user, group] = /^(\d+):(\d+)$/.exec(value) ?? [];
  if (user === undefined) throw new UnknownArgument(`unknown user: ${value}`);
  return { user: Number(user), group: Number(group) };
}

function parseVolume(value: string): Volume {
  const [, source, target, mode] = /^([^:]+):([^:]+?)(?::(ro))?$/.exec(value) ?? [];
  if (source === undefined || target === undefined) throw new UnknownArgument(`unknown volume: ${value}`);
  return { source, target, readOnly: mode === "ro" };
}

/** Lines NAME=value, taken as they are (docs.docker.com/reference/cli/docker/container/run/#env). */
function readEnvFile(file: string): Record<string, string> {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return assignments(lines);
}

function assignments(lines: readonly string[]): Record<string, string> {
  const pairs = lines.map((line): [string, string] => {
    const equals = line.indexOf("=");
    if (equals < 1) throw new UnknownArgument(`not NAME=value: ${line}`);
    return [line.slice(0, equals), line.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}

/** The credential helper is configured for the image's registry: `docker-credential-gcr configure-docker` came first. */
function isLoggedIn(image: string): boolean {
  const file = path.join(process.env.HOME ?? "/", ".docker/config.json");
  if (!existsSync(file)) return false;
  const { credHelpers } = JSON.parse(readFileSync(file, "utf8")) as { credHelpers: Record<string, string> };
  return credHelpers[image.split("/")[0] ?? ""] !== undefined;
}

/** What the container's user could not do with a volume. */
function problemOf(folders: MachineFolders, { user }: Run, { source, readOnly }: Volume): string | undefined {
  if (user.user === 0) return undefined;
  // Docker makes a missing folder, for root; nobody means that.
  const stats = statSync(source, { throwIfNoEntry: false });
  if (stats === undefined) return `${source} is not there to be mounted`;
  const owner = ownerOf(folders, source);
  const shift = owner.user === user.user ? 6 : owner.group === user.group ? 3 : 0;
  const needed = (readOnly ? 0o4 : 0o6) << shift;
  if ((stats.mode & needed) === needed) return undefined;
  return `user ${user.user}:${user.group} can't ${readOnly ? "read" : "write to"} ${source}`;
}

function supervise(folders: MachineFolders, run: Run, root: string): Promise<number> {
  const below = (text: string) => insideOf(folders, root, text);
  const environment = { HOME: "/", ...run.environment };
  const environmentHere = {
    PATH: `${root}/bin:/usr/bin:/bin`,
    ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, below(value)])),
    ...(run.kind === "node" ? nodeNetwork(folders, run.hasNetwork) : {}),
  };
  const command = run.command.map(below);
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd: root,
    env: environmentHere,
    // A session of its own: only who talks to Docker ends a container.
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const { name, image, user } = run;
  const container: Container = {
    name,
    image,
    user,
    root,
    pid: child.pid ?? 0,
    command: run.command,
    environment: run.environment,
    environmentHere,
  };
  saveContainer(folders, container);
  // The command line's own habit: signals that it gets go to the container (--sig-proxy).
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
  const harness = Number(process.env.RHYTHMIC_TEST_PID);
  const watch = setInterval(() => {
    if (!isAlive(harness)) child.kill("SIGKILL");
  }, ORPHAN_CHECK_MS);
  return new Promise((resolve) => {
    child.once("error", (error) => {
      clearInterval(watch);
      forgetContainer(folders, name);
      resolve(refuse(error.message));
    });
    child.once("exit", (code, signal) => {
      clearInterval(watch);
      // With its first process the rest of a container ends.
      signalGroup(container.pid);
      forgetContainer(folders, name);
      resolve(code ?? 128 + signalNumber(signal));
    });
  });
}

/** What leads a Node program to the places of the tests' network. */
function nodeNetwork(folders: MachineFolders, hasNetwork: boolean): Record<string, string> {
  const folder = path.join(folders.state, hasNetwork ? "network" : "no-network");
  return {
    NODE_OPTIONS: `--require=${folder}/network-preload.cjs`,
    NODE_EXTRA_CA_CERTS: `${folder}/authority.pem`,
  };
}

/** Ends what a process has started. */
export function signalGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing was left.
  }
}

function signalNumber(signal: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGKILL: 9, SIGTERM: 15, SIGINT: 2 };
  return (signal === null ? undefined : numbers[signal]) ?? 1;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function refuse(message: string): number {
  process.stderr.write(`docker: Error response from daemon: ${message}\n`);
  return EXIT_DOCKER;
}
