import { join } from "node:path";
import { openCatalog } from "../runtime/generator/catalog/open-catalog";
import { kafkaBrokers } from "../runtime/kafka/settings";
import { messageOf, RhythmicError } from "../runtime/support/errors";
import { SILENT } from "../runtime/support/logging";
import { parseSettings } from "../runtime/support/settings";
import { DEMO_HELP, type DemoArguments, parseDemoArguments } from "./demo/arguments";
import { Demo } from "./demo/demo";
import { type DemoFolder, openDemoFolder } from "./demo/demo-folder";

/** `npm run demo`: the whole pipeline on this machine, killed in the middle, and the proof of its books. */

const ROOT = join(__dirname, "..");

/** @throws RhythmicError bad_settings, bad_usage */
function givenBrokers(secure: boolean): string | null {
  const { KAFKA_BROKERS, KAFKA_CREDENTIALS } = process.env;
  if (KAFKA_CREDENTIALS) {
    throw new RhythmicError(
      "bad_usage",
      "KAFKA_CREDENTIALS is one program's, and the demo runs several, to which it gives their own; unset it. With --secure the demo makes a Kafka with TLS and users itself.",
    );
  }
  if (!KAFKA_BROKERS) return null;
  if (secure) {
    throw new RhythmicError(
      "bad_usage",
      `--secure is about the demo's own Kafka, and KAFKA_BROKERS names another (${KAFKA_BROKERS}); leave one of them out.`,
    );
  }
  const { problems } = parseSettings({ KAFKA_BROKERS: kafkaBrokers }, { KAFKA_BROKERS });
  if (problems.length > 0) throw new RhythmicError("bad_settings", problems.join(" "));
  return KAFKA_BROKERS;
}

/** The command that goes on where this one was interrupted. */
function resumeCommand(args: DemoArguments | undefined, folder: DemoFolder | undefined): string {
  const brokers = folder?.brokers ? `KAFKA_BROKERS=${folder.brokers} ` : "";
  return `${brokers}npm run demo -- --dir ${folder?.shownPath ?? "DIR"} --keep${args?.calm ? " --calm" : ""}`;
}

async function main(): Promise<number> {
  const startedMs = Date.now();
  const stop = new AbortController();
  let folder: DemoFolder | undefined;
  let args: DemoArguments | "help" | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // Who asks twice does not want to wait: what the demo has started ends with it.
      if (stop.signal.aborted) process.exit(130);
      process.stderr.write("\nStopping: the programs finish what is in hand, Kafka writes its state down ...\n");
      stop.abort();
    });
  }
  try {
    args = parseDemoArguments(process.argv.slice(2));
    if (args === "help") {
      process.stdout.write(DEMO_HELP);
      return 0;
    }
    // What is wrong with the catalogue is better said now than by the generator.
    if (args.catalog !== undefined) await openCatalog(args.catalog, SILENT);
    folder = openDemoFolder(ROOT, args, givenBrokers(args.secure));
    return (await new Demo(args, folder, stop.signal).run(startedMs)) ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write(
        `Interrupted. Nothing is lost; to go on:  ${resumeCommand(args === "help" ? undefined : args, folder)}\n`,
      );
      return 130;
    }
    process.stderr.write(`\ndemo: ${messageOf(error)}\n`);
    if (folder !== undefined) process.stderr.write(`What is there stays in ${folder.shownPath}.\n`);
    return error instanceof RhythmicError ? error.exitCode : 1;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`demo: ${messageOf(error)}\n`);
    process.exit(1);
  },
);
