import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { MachineFolders } from "../paths";
import { parseFlags, UnknownArgument } from "./arguments";
import { insideOf } from "./container-root";
import { dockerRun, isAlive, signalGroup } from "./docker-run";
import { findContainer, forgetContainer } from "./state";

const POLL_MS = 20;

/** The parts of Docker's command line that our units and scripts use. */
export async function docker(folders: MachineFolders, [command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case "run":
      return dockerRun(folders, args);
    case "rm":
      return remove(folders, args);
    case "stop":
      return stop(folders, args);
    case "exec":
      return execute(folders, args);
    default:
      throw new UnknownArgument(`unknown command: docker ${command}`);
  }
}

/** docker rm --force NAME: kills it where it runs. */
function remove(folders: MachineFolders, args: readonly string[]): number {
  const flags = parseFlags(args, ["force"], []);
  const name = flags.rest[0] ?? "";
  const container = findContainer(folders, name);
  if (!flags.has("force")) throw new UnknownArgument("docker rm without --force");
  if (container === undefined) return missing(name);
  if (isAlive(container.pid)) signalGroup(container.pid);
  forgetContainer(folders, name);
  process.stdout.write(`${name}\n`);
  return 0;
}

/** docker stop --time=SECONDS NAME: SIGTERM, and SIGKILL when the seconds are over. */
async function stop(folders: MachineFolders, args: readonly string[]): Promise<number> {
  const flags = parseFlags(args, [], ["time"]);
  const name = flags.rest[0] ?? "";
  const container = findContainer(folders, name);
  if (container === undefined) return missing(name);
  const deadlineMs = Date.now() + Number(flags.last("time") ?? 10) * 1_000;
  if (isAlive(container.pid)) process.kill(container.pid, "SIGTERM");
  while (isAlive(container.pid) && Date.now() < deadlineMs) await sleep(POLL_MS);
  if (isAlive(container.pid)) signalGroup(container.pid);
  process.stdout.write(`${name}\n`);
  return 0;
}

/** docker exec NAME COMMAND...: another process in the container. */
function execute(folders: MachineFolders, args: readonly string[]): number {
  const [name = "", ...command] = parseFlags(args, [], []).rest;
  const container = findContainer(folders, name);
  if (container === undefined) return missing(name);
  const [program = "", ...rest] = command.map((word) => insideOf(folders, container.root, word));
  const { status } = spawnSync(program, rest, {
    cwd: container.root,
    env: container.environmentHere,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return status ?? 1;
}

function missing(name: string): number {
  process.stderr.write(`Error response from daemon: No such container: ${name}\n`);
  return 1;
}
