import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { TOPICS } from "../runtime/kafka/topics";
import { caFileOf } from "../runtime/keeper/identity";
import { messageOf, RhythmicError } from "../runtime/support/errors";
import { suggestion } from "../runtime/support/nearest";
import { EXIT_BAD_USAGE, EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED } from "../runtime/support/program";
import { type Broker, startBroker } from "./kafka/broker";
import { brokerFiles } from "./kafka/configuration";
import { LOOPBACK } from "./kafka/ports";
import type { BrokerSecurity } from "./kafka/secure";

const DIR_DEFAULT = join(".rhythmic", "kafka");
/** Kafka's own default. */
const PORT_DEFAULT = 9092;

const HELP = `kafka: Apache Kafka on this machine, in the foreground, with the platform's topics.

  --dir DIR
      Data and log. Made where it is missing; where a broker has been there, it goes on. Default ${DIR_DEFAULT}.
  --port PORT
      Of ${LOOPBACK}, from 1 to 65535. Default ${PORT_DEFAULT}.
  --secure
      TLS, a user for each program, and permissions, as on Kafka's machine. Remembered: a folder that was secure once
      is refused without it.
  --help
      Prints this text.

Stops cleanly on Ctrl-C or SIGTERM. Exit codes: 0 stopped, 2 bad usage, 1 failure, 130 Ctrl-C.
`;

interface Arguments {
  readonly dir: string;
  readonly port: number;
  readonly secure: boolean;
}

/** @returns "help" where that was asked for. @throws RhythmicError bad_usage */
function parseArguments(argv: readonly string[]): Arguments | "help" {
  const options = {
    dir: { type: "string" },
    port: { type: "string" },
    secure: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  const { values, tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const bad = (problem: string) => new RhythmicError("bad_usage", `${problem}; see npm run kafka -- --help.`);
  const known = Object.keys(options).map((name) => `--${name}`);
  for (const token of tokens) {
    if (token.kind === "positional") throw bad(`kafka takes no argument ${JSON.stringify(token.value)}`);
    if (token.kind !== "option") continue;
    if (!Object.hasOwn(options, token.name)) {
      throw bad(`kafka has no flag ${token.rawName}${suggestion(token.rawName, known)}; allowed: ${known.join(", ")}`);
    }
    const takesValue = options[token.name as keyof typeof options].type === "string";
    if (takesValue && !token.value) throw bad(`${token.rawName} needs a value`);
  }
  if (values.help === true) return "help";
  const dir = typeof values.dir === "string" ? values.dir : DIR_DEFAULT;
  const port = typeof values.port === "string" ? values.port : String(PORT_DEFAULT);
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw bad(`--port is ${JSON.stringify(port)}; it must be a whole number from 1 to 65535`);
  }
  return { dir: resolve(dir), port: Number(port), secure: values.secure === true };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function describe(broker: Broker, dir: string): string {
  const topics = TOPICS.map(({ name, partitions }) => `${name} (${partitions} partitions)`).join(", ");
  return [
    `Kafka is ready at ${broker.brokers}${broker.secure ? ", over TLS, with a user for each program" : ""}`,
    `  topics   ${topics}`,
    `  data     ${dir}`,
    `  connect  KAFKA_BROKERS=${broker.brokers}, or --brokers ${broker.brokers}`,
    ...(broker.secure ? describeSecurity(broker.secure, dir) : []),
    "  stop     Ctrl-C",
  ].join("\n");
}

function describeSecurity({ administrator, credentials }: BrokerSecurity, dir: string): string[] {
  const { keeper, tls } = brokerFiles(dir);
  return [
    ...Object.entries(credentials).map(([client, folder]) => `           ${client}: KAFKA_CREDENTIALS=${folder}`),
    `  admin    ${administrator.brokers}, with the certificate ${join(keeper, "keeper.pem")}`,
    `  trust    ${caFileOf(tls)}`,
  ];
}

/** Runs the broker until a signal or until it ends by itself. @returns the exit code */
async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseArguments(argv);
  if (parsed === "help") {
    process.stdout.write(HELP);
    return EXIT_DONE;
  }
  // Before the start, so that a Ctrl-C while Kafka starts is not lost; Kafka ends with this process in any case.
  const signal = new Promise<NodeJS.Signals>((done) => {
    process.once("SIGINT", done);
    process.once("SIGTERM", done);
  });
  say(`starting Kafka in ${parsed.dir}`);
  const starting = startBroker({ ...parsed, log: say, topics: TOPICS });
  const started = await Promise.race([starting, signal]);
  if (typeof started !== "string") {
    process.stdout.write(`${describe(started, parsed.dir)}\n`);
    const ended = await Promise.race([signal, started.exited]);
    if (ended === undefined) {
      throw new RhythmicError("broker_failed", `Kafka ended by itself; its log is ${join(parsed.dir, "kafka.log")}.`);
    }
    say("stopping Kafka");
    await started.stop();
    say("Kafka has stopped; the same command goes on with its data");
  }
  return (await signal) === "SIGINT" ? EXIT_INTERRUPTED : EXIT_DONE;
}

void main(process.argv.slice(2))
  .catch((error: unknown) => {
    say(`kafka: ${error instanceof RhythmicError ? error.message : messageOf(error)}`);
    return error instanceof RhythmicError && error.exitCode === EXIT_BAD_USAGE ? EXIT_BAD_USAGE : EXIT_FAILED;
  })
  .then((code) => process.exit(code));
