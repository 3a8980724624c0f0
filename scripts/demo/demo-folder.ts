import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { RhythmicError } from "../../runtime/support/errors";
import type { DemoArguments } from "./arguments";

/** One run of the generator in a demo's folder. */
export interface DemoRun {
  readonly seed: number;
  readonly users: number;
  readonly events: number;
  /** Folder of the catalogue, absolute; `null`: the made-up one. */
  readonly catalog: string | null;
  /** What the generator counted when it was done; `null` while it runs, and for ever where it was interrupted. */
  readonly generated: number | null;
  /** Everything of it is in the marts, and the books were shown. */
  readonly finished: boolean;
}

/**
 * What a demo leaves:
 *
 *   demo.json           this: the runs, whose topics they used, and whether Kafka is secure
 *   kafka/              the broker's data, configuration and log; of a secure one also the authority and the secrets
 *   lake/               the Delta tables, the loader's plans
 *   warehouse.duckdb    staging and marts
 *   logs/               what the programs said
 */
export interface DemoFolder {
  readonly path: string;
  /** As a person would type it. */
  readonly shownPath: string;
  readonly kafka: string;
  readonly lake: string;
  readonly warehouse: string;
  readonly logs: string;
  readonly runs: readonly DemoRun[];
  /** In front of the topics' names on brokers that are not the demo's own. */
  readonly topicPrefix: string;
  /** The brokers that hold the topics, as KAFKA_BROKERS named them; `null`: the demo's own. */
  readonly brokers: string | null;
  /** Does the demo's own Kafka speak TLS, and know a user for each program? */
  readonly secure: boolean;
  save(runs: readonly DemoRun[]): void;
}

interface State {
  readonly topicPrefix: string;
  readonly brokers: string | null;
  readonly secure: boolean;
  readonly runs: readonly DemoRun[];
}

/** Folders of demos that were not given one, below the repository's root. */
export const DEMOS_FOLDER = ".rhythmic";

/**
 * Opens the folder of a demo: a new one, or with `keep` that of an earlier demo.
 * @param args of `secure` a folder remembers what its demo began with; to ask for it later is refused
 * @param brokers as KAFKA_BROKERS names them; `null` for the demo's own
 * @throws RhythmicError bad_usage: not empty without `keep`, or with it no demo's, or that of a demo with other brokers
 *   or without security; lake_unusable: can't be made
 */
export function openDemoFolder(
  root: string,
  { dir, keep, secure }: Pick<DemoArguments, "dir" | "keep" | "secure">,
  brokers: string | null,
): DemoFolder {
  const path = dir === undefined ? join(root, DEMOS_FOLDER, `demo-${timestamp()}`) : resolve(dir);
  const stateFile = join(path, "demo.json");
  refuseOthers(path, stateFile, keep);
  try {
    mkdirSync(join(path, "logs"), { recursive: true });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new RhythmicError("lake_unusable", `The folder ${path} can't be made (${reason}); choose another --dir.`);
  }
  const state = existsSync(stateFile)
    ? readState(stateFile)
    : { topicPrefix: `demo-${timestamp()}-`, brokers, secure, runs: [] };
  if (state.brokers !== brokers) {
    const as = state.brokers === null ? "without KAFKA_BROKERS" : `with KAFKA_BROKERS=${state.brokers}`;
    throw new RhythmicError(
      "bad_usage",
      `The demo in ${path} has its topics ${state.brokers === null ? "on a Kafka of its own" : `at ${state.brokers}`}; go on ${as}, or in another --dir.`,
    );
  }
  if (secure && !state.secure) {
    throw new RhythmicError(
      "bad_usage",
      `The demo in ${path} was begun without --secure, and its Kafka stays as it is; go on without it, or in another --dir.`,
    );
  }
  const save = (runs: readonly DemoRun[]) => {
    // Whole or not at all, also where the demo is killed meanwhile.
    writeFileSync(`${stateFile}.new`, `${JSON.stringify({ ...state, runs }, null, 2)}\n`);
    renameSync(`${stateFile}.new`, stateFile);
  };
  save(state.runs);
  const fromHere = relative(process.cwd(), path);
  return {
    path,
    shownPath: fromHere.startsWith("..") ? path : fromHere || ".",
    kafka: join(path, "kafka"),
    lake: join(path, "lake"),
    warehouse: join(path, "warehouse.duckdb"),
    logs: join(path, "logs"),
    topicPrefix: state.topicPrefix,
    brokers: state.brokers,
    secure: state.secure,
    runs: state.runs,
    save,
  };
}

function refuseOthers(path: string, stateFile: string, keep: boolean): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) throw new RhythmicError("bad_usage", `--dir ${path} is a file; give a folder.`);
  if (readdirSync(path).length === 0) return;
  if (!keep) {
    const goOn = existsSync(stateFile) ? "; it holds an earlier demo: with --keep this one goes on in it" : "";
    throw new RhythmicError(
      "bad_usage",
      `--dir ${path} is not empty, and nothing in it is ever removed: give another${goOn}.`,
    );
  }
  if (!existsSync(stateFile)) {
    throw new RhythmicError("bad_usage", `--keep: ${path} holds no earlier demo (no demo.json); give another --dir.`);
  }
}

function readState(file: string): State {
  try {
    const state = JSON.parse(readFileSync(file, "utf8")) as Partial<State>;
    const hasBrokers = state.brokers === null || typeof state.brokers === "string";
    if (typeof state.topicPrefix === "string" && hasBrokers && Array.isArray(state.runs)) {
      // Demos from before there was such a thing were not secure.
      return { ...(state as State), secure: state.secure === true };
    }
  } catch {
    // The sentence below says it.
  }
  throw new RhythmicError("bad_configuration", `${file} is damaged; start a new demo in another --dir.`);
}

function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
}
