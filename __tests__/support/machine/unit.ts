import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ExecLine, UnitFile } from "./unit-file";

export type UnitState =
  | "inactive"
  | "activating"
  | "active"
  /** A oneshot that has done its work and stays for who comes after it. */
  | "exited"
  | "deactivating"
  | "auto-restart"
  | "failed";

/** What a unit needs of its machine. */
export interface UnitSurroundings {
  readonly environment: Readonly<Record<string, string>>;
  /** Where /run is. */
  readonly runFolder: string;
  /** What to execute for a path such as /usr/bin/docker. */
  resolve(program: string): string;
  /** Wraps a command, where a test limits what it may do. */
  wrap(argv: readonly string[]): readonly string[];
  /** Told what the unit's processes print, a line each. */
  log(unit: string, line: string): void;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** RestartSec takes this part of its time. */
const RESTART_SCALE = 1 / 50;
const CLEAN_SIGNALS: readonly (NodeJS.Signals | null)[] = ["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"];

/**
 * One service as systemd runs it (systemd.service(5)), as far as our units ask for it. Timeouts are the unit's own;
 * only the pause before a restart is shorter.
 */
export class Unit {
  state: UnitState = "inactive";
  /** How often systemd has started it again by itself. */
  restarts = 0;
  /** How the main process has ended, each time. */
  readonly ends: Ended[] = [];
  private main: ChildProcess | undefined;
  private control: ChildProcess | undefined;
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(
    readonly file: UnitFile,
    private readonly machine: UnitSurroundings,
  ) {}

  get name(): string {
    return this.file.name;
  }

  /** The command that runs before or after the main process, where one does. */
  get controlPid(): number | undefined {
    return this.control?.pid;
  }

  /** As `systemctl start --no-block`. */
  start(): void {
    if (this.running !== undefined) return;
    if (this.file.unlessThere.some((file) => existsSync(file))) {
      this.machine.log(this.name, "systemd: start condition failed, not started");
      return;
    }
    this.stopping = false;
    this.running = this.run().finally(() => {
      this.running = undefined;
    });
  }

  /** As `systemctl stop`. @returns how long it took, milliseconds */
  async stop(): Promise<number> {
    const startedMs = performance.now();
    this.stopping = true;
    if (this.state === "active" && this.main !== undefined) {
      this.state = "deactivating";
      const variables = { MAINPID: String(this.main.pid) };
      for (const line of this.file.stop) {
        if (!(await this.execute(line, this.file.timeoutStopSeconds, variables))) break;
      }
    } else if (this.control !== undefined) {
      signal(this.control, "SIGTERM");
    }
    await this.endMain();
    await this.running;
    this.state = this.state === "failed" ? "failed" : "inactive";
    return performance.now() - startedMs;
  }

  /** As the machine's power going off. */
  async kill(): Promise<void> {
    this.stopping = true;
    for (const process of [this.control, this.main]) if (process !== undefined) signal(process, "SIGKILL");
    await this.running;
    this.state = "inactive";
  }

  private async run(): Promise<void> {
    for (;;) {
      const mayRestart = await this.once();
      if (this.stopping || !mayRestart) return;
      this.state = "auto-restart";
      this.restarts += 1;
      await sleep(this.file.restartSeconds * 1_000 * RESTART_SCALE);
      if (this.stopping) return;
    }
  }

  /** From the first command to the last. @returns whether systemd starts it again */
  private async once(): Promise<boolean> {
    const { file } = this;
    const folders = file.runtimeDirectories.map((name) => path.join(this.machine.runFolder, name));
    this.state = "activating";
    for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o755 });
    try {
      for (const line of file.startPre) {
        if (this.stopping) return false;
        if (!(await this.execute(line, file.timeoutStartSeconds))) return this.fail(this.restartsAfterFailure());
      }
      return this.stopping ? false : await this.runMain();
    } finally {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    }
  }

  private async runMain(): Promise<boolean> {
    const { file } = this;
    const main = this.spawn(file.start, {});
    this.main = main;
    const ended = endOf(main);
    if (file.type === "simple") {
      for (const line of file.startPost) {
        if (await this.execute(line, file.timeoutStartSeconds)) continue;
        await this.endMain();
        return this.fail(this.restartsAfterFailure());
      }
      if (main.exitCode === null && main.signalCode === null && !this.stopping) this.state = "active";
    }
    const end = await ended;
    this.main = undefined;
    this.ends.push(end);
    return this.afterMain(end);
  }

  private async afterMain(end: Ended): Promise<boolean> {
    const { file } = this;
    const isClean = end.code === 0 || CLEAN_SIGNALS.includes(end.signal);
    if (this.stopping) return false;
    if (file.type === "oneshot" && isClean && file.remainAfterExit) {
      this.state = "exited";
      return false;
    }
    if (isClean) {
      this.state = "deactivating";
      const variables = { EXIT_CODE: "exited", EXIT_STATUS: String(end.code ?? 0) };
      for (const line of file.stop) await this.execute(line, file.timeoutStopSeconds, variables);
      this.state = "inactive";
      return file.restart === "always";
    }
    return this.fail(this.restartsAfterFailure() && !file.restartPreventExitStatus.includes(end.code ?? -1));
  }

  private restartsAfterFailure(): boolean {
    return this.file.restart !== "no";
  }

  private fail(mayRestart: boolean): boolean {
    this.state = "failed";
    return mayRestart;
  }

  /** SIGTERM to what is left of the main process; SIGKILL when TimeoutStopSec is over. */
  private async endMain(): Promise<void> {
    const { main } = this;
    if (main === undefined) return;
    const ended = endOf(main);
    signal(main, "SIGTERM");
    const timer = setTimeout(() => signal(main, "SIGKILL"), this.file.timeoutStopSeconds * 1_000);
    await ended;
    clearTimeout(timer);
  }

  /** @returns whether the unit may go on */
  private async execute(line: ExecLine, timeoutSeconds: number, variables: Record<string, string> = {}) {
    const child = this.spawn(line, variables);
    this.control = child;
    const timer = setTimeout(() => {
      this.machine.log(this.name, `systemd: timeout of ${timeoutSeconds} s`);
      signal(child, "SIGKILL");
    }, timeoutSeconds * 1_000);
    const { code } = await endOf(child);
    clearTimeout(timer);
    this.control = undefined;
    return code === 0 || line.mayFail;
  }

  private spawn(line: ExecLine, variables: Readonly<Record<string, string>>): ChildProcess {
    const [program = "", ...args] = line.argv;
    const [command = "", ...rest] = this.machine.wrap([this.machine.resolve(program), ...args]);
    const child = spawn(command, rest, {
      env: { ...this.machine.environment, ...this.file.environment, ...variables },
      // A process group of its own, as a unit has a control group.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) this.keepLines(stream);
    child.once("error", (error) => this.machine.log(this.name, `systemd: ${error.message}`));
    return child;
  }

  private keepLines(stream: NodeJS.ReadableStream | null): void {
    let rest = "";
    stream?.on("data", (data: Buffer) => {
      const lines = (rest + data.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.machine.log(this.name, line);
    });
    stream?.once("end", () => {
      if (rest !== "") this.machine.log(this.name, rest);
    });
  }
}

function endOf(child: ChildProcess): Promise<Ended> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  }
  return new Promise((resolve) => {
    child.once("close", (code, signalName) => resolve({ code, signal: signalName }));
    child.once("error", () => resolve({ code: 203, signal: null }));
  });
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // It has ended in the meantime.
  }
}
