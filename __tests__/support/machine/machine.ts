import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePorts } from "../../../scripts/kafka/ports";
import { parseCloudConfig } from "./cloud-config";
import { STAND_INS } from "./commands/list";
import { allContainers, type Call, type Container, findContainer, recordedCalls } from "./commands/state";
import type { DataDisk } from "./data-disk";
import { provideKafkaImage } from "./kafka-image";
import { ownAddress } from "./loopback";
import { type MetadataServer, startMetadataServer } from "./metadata-server";
import { buildForNode, type Network, writeNetwork } from "./network";
import { foldersOf, isOurs, type MachineFolders, pathsBelow } from "./paths";
import type { MachineTemplate } from "./template";
import { Unit } from "./unit";
import { parseUnitFile } from "./unit-file";

export interface MachineOptions {
  readonly template: MachineTemplate;
  /** What it reaches besides its metadata server and itself. */
  readonly network?: Network;
  /** Authority of the certificates of what it reaches, PEM. */
  readonly authority?: string;
  /** By the name under which the machine finds it: /dev/disk/by-id/google-<name>. */
  readonly disks?: Readonly<Record<string, DataDisk>>;
  /** The address that the stacks give the machine, which stands in its files; here it has another one. */
  readonly declaredAddress?: string;
  /** The address that it has here. @default one of its own */
  readonly address?: string;
  readonly hasKafkaImage?: boolean;
}

const runFile = promisify(execFile);

interface LogLine {
  readonly atMs: number;
  readonly unit: string;
  readonly text: string;
}

/** Units of the system, which are there before ours. */
const SYSTEM_UNITS = ["network-online.target", "docker.service"];
const SHARED_PLACE = /(?<![\d.])127\.0\.0\.1:\d+/g;
const UNIT_FOLDER = "etc/systemd/system";
const POLL_MS = 20;
const LOG_TAIL_LINES = 20;

/** A hundredth of the seconds that a script asks for. */
const SLEEP = `#!/bin/sh
exec /bin/sleep "$(printf '%d.%02d' $(($1 / 100)) $(($1 % 100)))"
`;

let standIns: string | undefined;

/**
 * A machine of the platform as processes of this one: what a synth declares for it (cloud-config, metadata) is applied
 * with nothing changed but paths, its own addresses, and where the network's names are.
 */
export class Machine {
  readonly units = new Map<string, Unit>();
  private lines: LogLine[] = [];
  private callsSeen = 0;
  /** What its files may not grow beyond, blocks of 512 bytes: a disk that is full. */
  private fileBlocksMax: number | undefined;

  private constructor(
    private readonly options: MachineOptions,
    readonly folders: MachineFolders,
    /** Its internal address: loopback's, of its own. */
    readonly address: string,
    readonly metadata: MetadataServer,
    private readonly placesHere: (text: string) => string,
  ) {}

  static async create(options: MachineOptions): Promise<Machine> {
    const folders = foldersOf(mkdtempSync(path.join(tmpdir(), `rhythmic-machine-${options.template.what}-`)));
    const address = options.address ?? ownAddress();
    const { project, email, what } = options.template;
    const placesHere = await placesOf(options, address);
    const entries = Object.entries(options.template.attributes);
    const attributes = Object.fromEntries(entries.map(([key, value]) => [key, placesHere(value)]));
    const name = `rhythmic-dev-${what}-0`;
    const metadata = await startMetadataServer({ project, zone: "us-central1-a", name, address, email, attributes });
    const machine = new Machine(options, folders, address, metadata, placesHere);
    for (const folder of [folders.host, folders.bin, folders.state, folders.containers]) mkdirSync(folder);
    machine.installStandIns();
    machine.setNetwork(options.network ?? {});
    writeNetwork(path.join(folders.state, "no-network"), {}, options.authority ?? "");
    if (options.hasKafkaImage === true) await provideKafkaImage(folders);
    return machine;
  }

  /** What the machine's programs reach from now on, connections that they have left as they are. */
  setNetwork(network: Network): void {
    const metadata = `127.0.0.1:${this.metadata.port}`;
    const all = {
      "metadata.google.internal:80": metadata,
      "169.254.169.254:80": metadata,
      ...network,
      [`${this.address}:*`]: this.address,
      "127.0.0.1:*": "127.0.0.1",
    };
    writeNetwork(path.join(this.folders.state, "network"), all, this.options.authority ?? "");
  }

  /** Nothing on the machine can write a file beyond so many bytes; `undefined`: as much as there is. */
  setFileBytesMax(bytes: number | undefined): void {
    this.fileBlocksMax = bytes === undefined ? undefined : Math.ceil(bytes / 512);
  }

  /** Boots as Container-Optimized OS does: /etc, /run and mounts are made anew, /var and the disks are what they were. */
  boot(): void {
    const { host } = this.folders;
    for (const folder of ["etc", "run", "mnt", "dev"])
      rmSync(path.join(host, folder), { recursive: true, force: true });
    rmSync(path.join(this.folders.state, "iptables"), { force: true });
    this.units.clear();
    for (const folder of ["run", "mnt/disks", "dev/disk/by-id", UNIT_FOLDER]) {
      mkdirSync(path.join(host, folder), { recursive: true });
    }
    for (const [name, disk] of Object.entries(this.options.disks ?? {})) {
      writeFileSync(path.join(host, "dev/disk/by-id", `google-${name}`), disk.folder);
    }
    const config = parseCloudConfig(this.userData);
    for (const { name } of config.users) mkdirSync(path.join(host, "home", name), { recursive: true });
    for (const file of config.files) this.write(file.path, file.content, file.mode);
    this.runCommands(config.commands);
  }

  unit(name: string): Unit {
    const unit = this.units.get(`${name}.service`);
    if (unit === undefined) throw new Error(`no unit ${name}; known: ${[...this.units.keys()].join(", ")}`);
    return unit;
  }

  /** Stops every unit, those that came last first, as a machine does that is shut down. */
  async shutDown(): Promise<void> {
    for (const unit of [...this.units.values()].reverse()) await unit.stop();
  }

  /** The power goes off. */
  async crash(): Promise<void> {
    const ended = [...this.units.values()].map((unit) => unit.kill());
    for (const { pid } of allContainers(this.folders)) kill(pid);
    await Promise.all(ended);
  }

  /** Ends everything and leaves nothing behind, but for the disks. */
  async remove(): Promise<void> {
    await this.crash();
    await this.metadata.stop();
    rmSync(this.folders.root, { recursive: true, force: true });
  }

  /** Where a place that the stacks declare for this machine, such as 127.0.0.1:9094, is here. */
  placeOf(declared: string): string {
    return this.placesHere(declared);
  }

  /** Runs a program of Node's on the machine, outside of any container. @returns what it prints, however it ends */
  async runNode(file: string, args: readonly string[], settings: Readonly<Record<string, string>>): Promise<string> {
    const network = path.join(this.folders.state, "network");
    const env = {
      ...this.environment,
      ...settings,
      NODE_OPTIONS: `--require=${network}/network-preload.cjs`,
      NODE_EXTRA_CA_CERTS: `${network}/authority.pem`,
    };
    const ended = runFile(process.execPath, [file, ...args], { env });
    const { stdout, stderr } = await ended.catch((error: { stdout: string; stderr: string }) => error);
    if (stdout === "") throw new Error(`${file} printed nothing: ${stderr}`);
    return stdout;
  }

  /** A container that runs. */
  container(name: string): Container | undefined {
    const found = findContainer(this.folders, name);
    const plain = (word: string) => word.replaceAll(this.folders.host, "");
    return found === undefined ? undefined : { ...found, command: found.command.map(plain) };
  }

  /** How a stand-in was called, each time, with the machine's own paths. */
  calls(command: string): readonly string[] {
    const plain = (call: Call) => call.args.join(" ").replaceAll(this.folders.host, "");
    return recordedCalls(this.folders)
      .filter((call) => call.command === command)
      .map(plain);
  }

  /** What a unit's processes have printed, or all of them, with the machine's own paths. */
  log(unit?: string): readonly string[] {
    const wanted = this.lines.filter((line) => unit === undefined || line.unit === `${unit}.service`);
    return wanted.map(({ text }) => text.replaceAll(this.folders.host, ""));
  }

  /** Waits until a condition holds; fails with what was waited for and the end of the machine's log. */
  async until(what: string, condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
    const deadlineMs = Date.now() + withinMs;
    while (!(await condition())) {
      const unknown = this.lines.find(({ text }) => /^stand-in \S+: /.test(text));
      if (unknown !== undefined || Date.now() > deadlineMs) {
        throw new Error(this.describe(`in vain until ${what}`, unknown?.text ?? ""));
      }
      await sleep(POLL_MS);
    }
  }

  /** What a person needs to see why something did not happen; all of the log goes into a file that stays. */
  private describe(...lines: readonly string[]): string {
    const states = [...this.units.values()].map(({ name, state }) => `${name} ${state}`).join(", ");
    const all = this.lines.map(({ atMs, unit, text }) => `${new Date(atMs).toISOString()} ${unit}: ${text}`);
    const file = `${this.folders.root}.log`;
    writeFileSync(file, all.join("\n"));
    return [...lines, states, ...all.slice(-LOG_TAIL_LINES), `All of it: ${file}`].join("\n");
  }

  /** @returns the status of a GET at the machine's own address; 0 where nobody answers */
  async probe(route: string, port = 8080, withinMs = 2_000): Promise<number> {
    const signal = AbortSignal.timeout(withinMs);
    return fetch(`http://${this.address}:${port}${route}`, { signal }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
  }

  private installStandIns(): void {
    standIns ??= buildForNode("__tests__/support/machine/commands/main.ts");
    const program = path.join(this.folders.state, "stand-ins.cjs");
    writeFileSync(program, standIns);
    for (const command of STAND_INS) {
      if (command === "sleep") continue;
      const line = `exec '${process.execPath}' '${program}' '${this.folders.root}' ${command} "$@"`;
      const text = `#!/bin/sh\nRHYTHMIC_TEST_PID=${process.pid} ${line}\n`;
      writeFileSync(path.join(this.folders.bin, command), text, { mode: 0o755 });
    }
    writeFileSync(path.join(this.folders.bin, "sleep"), SLEEP, { mode: 0o755 });
  }

  private write(file: string, content: string, mode: number): void {
    if (!isOurs(file))
      throw new Error(`cloud-config writes ${file}, which the machines of the tests have no place for`);
    const target = path.join(this.folders.host, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, pathsBelow(content, this.folders.host), { mode });
  }

  private get userData(): string {
    return this.placesHere(this.options.template.attributes["user-data"] ?? "");
  }

  private get environment(): Readonly<Record<string, string>> {
    return {
      PATH: `${this.folders.bin}:${process.env.PATH}`,
      LANG: "C",
      CURL_HOME: path.join(this.folders.state, "network"),
    };
  }

  private runCommands(commands: readonly string[]): void {
    const script = pathsBelow(commands.join("\n"), this.folders.host);
    const { stderr } = spawnSync("/bin/sh", ["-c", script], { env: this.environment, encoding: "utf8" });
    if (stderr !== "") throw new Error(`the commands of cloud-config failed: ${stderr}`);
    this.obeySystemctl();
  }

  /** Does what `systemctl` was asked for since the last time. */
  private obeySystemctl(): void {
    const calls = recordedCalls(this.folders).filter(({ command }) => command === "systemctl");
    for (const { args } of calls.slice(this.callsSeen)) {
      const [command, ...rest] = args;
      if (command === "daemon-reload" && rest.length === 0) this.loadUnits();
      else if (command === "start" && rest[0] === "--no-block") {
        for (const name of rest.slice(1)) this.start(name);
      } else throw new Error(`the machines of the tests know no systemctl ${args.join(" ")}`);
    }
    this.callsSeen = calls.length;
  }

  private loadUnits(): void {
    const folder = path.join(this.folders.host, UNIT_FOLDER);
    const config = parseCloudConfig(this.userData);
    for (const { path: file } of config.files.filter((one) => one.path.startsWith(`/${UNIT_FOLDER}/`))) {
      const name = path.basename(file);
      const text = readFileSync(path.join(folder, name), "utf8");
      const unit = new Unit(parseUnitFile(name, text), {
        environment: this.environment,
        runFolder: path.join(this.folders.host, "run"),
        resolve: (program) => this.resolve(program),
        wrap: (argv) => this.wrap(argv),
        log: (from, line) => this.lines.push({ atMs: Date.now(), unit: from, text: line }),
      });
      this.units.set(name, unit);
    }
  }

  /** Starts a unit after those that it comes after, and what it wants. */
  private start(name: string): void {
    const unit = this.units.get(name);
    if (unit === undefined) throw new Error(`systemctl start ${name}: no such unit`);
    const { wants, requires, after } = unit.file;
    const others = [...wants, ...requires, ...after].filter((other) => !SYSTEM_UNITS.includes(other));
    const unknown = others.find((other) => !this.units.has(other));
    if (unknown !== undefined) throw new Error(`${name} names ${unknown}, which is nowhere declared`);
    for (const other of [...wants, ...requires]) if (this.units.get(other)?.state === "inactive") this.start(other);
    const before = after.flatMap((other) => this.units.get(other) ?? []);
    void this.startAfter(unit, before);
  }

  private async startAfter(unit: Unit, before: readonly Unit[]): Promise<void> {
    while (before.some(({ state }) => state === "activating")) await sleep(POLL_MS);
    const required = before.filter(({ name }) => unit.file.requires.includes(name));
    if (required.every(({ state }) => state === "active" || state === "exited")) unit.start();
  }

  private resolve(program: string): string {
    const name = path.basename(program);
    const standIn = path.join(this.folders.bin, name);
    return existsSync(standIn) ? standIn : program;
  }

  private wrap(argv: readonly string[]): readonly string[] {
    if (this.fileBlocksMax === undefined) return argv;
    // The signal is ignored, so that writing fails with EFBIG as a full disk does with ENOSPC.
    return ["/bin/sh", "-c", `trap '' XFSZ; ulimit -f ${this.fileBlocksMax}; exec "$@"`, "limited", ...argv];
  }
}

/**
 * How places that the template declares are written here: all the machine's addresses, and the declared one, are its
 * own of loopback. Ports at 127.0.0.1, which the machines of the tests share, are others that are free.
 */
async function placesOf({ template, declaredAddress }: MachineOptions, address: string) {
  const texts = Object.values(template.attributes);
  const shared = [...new Set(texts.flatMap((text) => [...text.matchAll(SHARED_PLACE)].map(([place]) => place)))];
  const ports = await freePorts(shared.length);
  return (text: string) => {
    const own = text
      .replaceAll(/(?<![\d.])0\.0\.0\.0(?=:\d)/g, address)
      .replaceAll(SHARED_PLACE, (place) => `127.0.0.1:${ports[shared.indexOf(place)]}`);
    return declaredAddress === undefined ? own : own.replaceAll(declaredAddress, address);
  };
}

function kill(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
