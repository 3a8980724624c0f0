import { type ChildProcess, execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { withAdmin } from "../../runtime/kafka/kafkajs-admin";
import type { KafkaSecurity } from "../../runtime/kafka/security";
import { ensureIdentity } from "../../runtime/keeper/identity";
import { messageOf, RhythmicError } from "../../runtime/support/errors";
import { SILENT } from "../../runtime/support/logging";
import {
  type BrokerFiles,
  type BrokerPorts,
  brokerFiles,
  jvmOptions,
  LOG_PROPERTIES,
  serverProperties,
} from "./configuration";
import { spawnGuarded } from "./guarded-process";
import type { Jars } from "./jars";
import type { Java } from "./java";
import { freePorts, isPortFree, LOOPBACK } from "./ports";

const run = promisify(execFile);

/** A start takes one to six seconds; a machine that needs ten times as long has another problem. */
const READY_WITHIN_MS = 60_000;
const POLL_INTERVAL_MS = 25;
/** A clean stop takes about two seconds; Kafka writes its state down meanwhile. */
const STOP_WITHIN_MS = 20_000;
const LAUNCHES_MAX = 3;
const LOG_TAIL_BYTES = 32_768;
const LOG_TAIL_LINES = 12;
/** A broker that a developer leaves running has its certificate renewed at its next start. */
const CERTIFICATE_DAYS = 90;

export interface LaunchOptions {
  /** Data, configuration and log. Made where it is missing; where a broker has been there, it goes on. */
  readonly dir: string;
  readonly java: Java;
  readonly jars: Jars;
  /** Beyond those that every broker has. */
  readonly jvmOptions: readonly string[];
  /** @default a free one */
  readonly port?: number;
  /** TLS, users and permissions, as on Kafka's machine. @default false */
  readonly secure?: boolean;
}

/** How a secure broker is administered: where, and who may. */
export interface Administrator {
  /** host:port of the listener for administration. */
  readonly brokers: string;
  readonly security: KafkaSecurity;
}

export interface Launched {
  /** host:port, for clients. */
  readonly brokers: string;
  /** Of the Java process itself. */
  readonly pid: number;
  /** Of a secure broker; `undefined`: everybody may do everything. */
  readonly administrator: Administrator | undefined;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends it cleanly. Safe to call again, and when it has ended already. */
  stop(): Promise<void>;
  /** Kills it with -9, as a crash would. */
  kill(): void;
}

/**
 * Starts Kafka and waits until it answers.
 * @throws RhythmicError broker_failed with the end of Kafka's log; bad_usage: the port is in use
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  if (options.port !== undefined && !(await isPortFree(options.port))) {
    const problem = `Port ${options.port} of ${LOOPBACK} is in use; give another one.`;
    throw new RhythmicError("bad_usage", problem);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await launchOnce(options);
    } catch (error) {
      // Between our finding a free port and Kafka's taking it, somebody else took it.
      const isPortLost = error instanceof RhythmicError && error.message.includes("Address already in use");
      if (!isPortLost || attempt === LAUNCHES_MAX) throw error;
    }
  }
}

async function launchOnce(options: LaunchOptions): Promise<Launched> {
  const files = brokerFiles(options.dir);
  const [anyPort, controller, adminPort] = await freePorts(3);
  if (anyPort === undefined || controller === undefined || adminPort === undefined) throw new Error("no free ports");
  const port = options.port ?? anyPort;
  const security = options.secure === true ? await prepareSecurity(files) : undefined;
  await writeConfiguration(files, { broker: port, controller, admin: security && adminPort });
  const java = [...jvmOptions(files), ...options.jvmOptions, "-cp", options.jars.classPath];
  await formatOnce(files, options.java.command, java);
  const logBytesBefore = (await stat(files.log).catch(() => undefined))?.size ?? 0;
  const child = spawnGuarded(options.java.command, [...java, "kafka.Kafka", files.serverProperties], {
    cwd: files.dir,
    logFile: files.log,
    // glibc keeps a pool of memory per thread otherwise, which Kafka's many threads never give back.
    environment: { MALLOC_ARENA_MAX: "2" },
  });
  const administrator = security && { brokers: `${LOOPBACK}:${adminPort}`, security };
  const launched = handleOf(child, `${LOOPBACK}:${port}`, administrator);
  if (await isReady(launched, port)) return launched;
  const hasEnded = child.exitCode !== null || child.signalCode !== null;
  launched.kill();
  await launched.exited;
  throw notReady(files, hasEnded, await lastLines(files.log, logBytesBefore));
}

async function writeConfiguration(files: BrokerFiles, ports: BrokerPorts): Promise<void> {
  try {
    await mkdir(files.dir, { recursive: true });
    await writeFile(files.serverProperties, serverProperties(files, ports));
    await writeFile(files.logProperties, LOG_PROPERTIES);
  } catch (cause) {
    const problem = `Kafka's folder ${files.dir} can't be written (${messageOf(cause)}); give another one.`;
    throw new RhythmicError("broker_failed", problem, { cause });
  }
}

/** A uuid as Kafka writes it: 16 bytes in base64url. One that begins with a dash would be taken for a flag. */
export function newClusterId(random: () => Buffer = () => randomBytes(16)): string {
  for (;;) {
    const id = random().toString("base64url");
    if (!id.startsWith("-")) return id;
  }
}

/** Gives the folder its cluster id. Only once: with another id Kafka would refuse its own data. */
async function formatOnce(files: BrokerFiles, java: string, javaOptions: readonly string[]): Promise<void> {
  if ((await stat(`${files.data}/meta.properties`).catch(() => undefined)) !== undefined) return;
  const clusterId = newClusterId();
  // An archive can't be written by two runs of the JVM, and this one is not worth it.
  const options = javaOptions.filter((option) => !option.startsWith("-XX:ArchiveClassesAtExit"));
  const tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", clusterId];
  try {
    await run(java, [...options, ...tool, "-c", files.serverProperties]);
  } catch (cause) {
    // The tool's own words; the message has the command as well, which is pages long.
    const { stderr } = cause as { readonly stderr?: string };
    const problem = `Kafka's folder ${files.data} could not be formatted: ${stderr?.trim() || messageOf(cause)}`;
    throw new RhythmicError("broker_failed", problem, { cause });
  }
}

/** Of a secure broker's certificates, for its keeper. */
export function identityOptions(files: BrokerFiles) {
  return { folder: files.keeper, tlsFolder: files.tls, hosts: [LOOPBACK], days: CERTIFICATE_DAYS };
}

/** Makes what a secure broker needs before it can start: what the keeper's --prepare does on Kafka's machine. */
async function prepareSecurity(files: BrokerFiles): Promise<KafkaSecurity> {
  const { keeper } = await ensureIdentity({ ...identityOptions(files), nowMs: Date.now() });
  return { ca: keeper.ca, identity: { certificate: keeper.certificate, key: keeper.key } };
}

function handleOf(child: ChildProcess, brokers: string, administrator: Administrator | undefined): Launched {
  let running = true;
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      running = false;
      resolve();
    };
    child.once("exit", end);
    child.once("error", end);
  });
  return {
    brokers,
    pid: child.pid ?? 0,
    administrator,
    exited,
    async stop() {
      if (running) child.kill("SIGTERM");
      const stopped = await Promise.race([exited.then(() => true), sleep(STOP_WITHIN_MS, false, { ref: false })]);
      if (!stopped) child.kill("SIGKILL");
      await exited;
    },
    kill() {
      if (running) child.kill("SIGKILL");
    },
  };
}

/** Waits until Kafka answers by protocol; its log would only say what it intends. */
async function isReady(broker: Launched, port: number): Promise<boolean> {
  let ended = false;
  void broker.exited.then(() => {
    ended = true;
  });
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  while (!ended && Date.now() < deadlineMs) {
    if ((await accepts(port)) && (await answers(broker))) return !ended;
    await sleep(POLL_INTERVAL_MS);
  }
  return false;
}

function notReady(files: BrokerFiles, hasEnded: boolean, logTail: string): RhythmicError {
  const what = hasEnded ? "ended while it was starting" : `did not answer within ${READY_WITHIN_MS / 1000} s`;
  const why = logTail.includes("Failed to acquire lock")
    ? `Another Kafka runs on ${files.dir}: stop it, or give another folder.`
    : `The end of its log (${files.log}): ${logTail || "empty"}`;
  return new RhythmicError("broker_failed", `Kafka ${what}. ${why}`, { context: { log: files.log } });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** Does the broker count itself as part of the cluster? Before that it would refuse to make topics. */
async function answers({ brokers, administrator }: Launched): Promise<boolean> {
  try {
    const at = administrator?.brokers ?? brokers;
    const client = { brokers: [at], clientId: "rhythmic-ready", log: SILENT, security: administrator?.security };
    return await withAdmin(client, "not ready", async (admin) => (await admin.describeCluster()).brokers.length > 0);
  } catch {
    return false;
  }
}

/** The last lines that Kafka has logged since its start, without the frames of its stack traces, which say nothing to a person. */
async function lastLines(path: string, fromBytes: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const from = Math.max(fromBytes, size - LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_TAIL_BYTES), 0, LOG_TAIL_BYTES, from);
    const lines = buffer.toString("utf8", 0, bytesRead).trim().split("\n");
    return lines
      .filter((line) => !/^\s+(at|\.\.\.) /.test(line))
      .slice(-LOG_TAIL_LINES)
      .join("\n");
  } finally {
    await file.close();
  }
}
