import { parseArgs } from "node:util";
import { RhythmicError } from "../../runtime/support/errors";
import { suggestion } from "../../runtime/support/nearest";

export interface DemoArguments {
  /** Records over the four topics together. */
  readonly events: number;
  /** Listeners that are simulated. */
  readonly users: number;
  /** `undefined`: 1, or in a folder of earlier runs the next that none of them had. */
  readonly seed: number | undefined;
  /** Folder of the Million Song Dataset's files, or of a prepared catalogue; a synthetic one where left out. */
  readonly catalog: string | undefined;
  /** Where everything goes; a new folder under .rhythmic/ where left out. */
  readonly dir: string | undefined;
  /** Goes on in a folder of an earlier demo. */
  readonly keep: boolean;
  /** Leaves out the kill -9. */
  readonly calm: boolean;
  /** TLS to Kafka, and a user for each program. */
  readonly secure: boolean;
}

export const DEMO_HELP = `npm run demo -- [flags]: the whole pipeline on this machine, and the proof of its books.

  --events N     Records over the four topics together; default 200000.
  --users N      Listeners that are simulated; default one for fifty events, from 100 to 30000.
  --seed S       Of the random numbers; default 1, with --keep the next one.
  --catalog DIR  Songs, places and names from the Million Song Dataset: its public files, or what npm run prepare-data has
                 made of them; default made up.
  --dir DIR      Where everything goes; default a new folder under .rhythmic/. A folder that is not empty is refused.
  --keep         Goes on in the --dir of an earlier demo, and counts everything in it. A run that was interrupted
                 is brought to its end as it was begun; otherwise another run comes on top.
  --calm         Leaves out the kill -9 of the processor in the middle.
  --secure       Kafka as on its machine: TLS, a user with a password (SCRAM-SHA-512) for each program, and permissions.
                 The folder remembers it for --keep.
  --help         Prints this text.

KAFKA_BROKERS names brokers to use instead of an own one, without TLS and users; topics are made there for this run.
Standard error has the progress; standard output ends with one line of JSON. Exit codes: 0 balanced, 1 not balanced or
failed, 2 bad usage, 130 Ctrl-C.
`;

const EVENTS_DEFAULT = 200_000;
const EVENTS_MAX = 1_000_000_000;
const USERS_DEFAULT_MAX = 30_000;
const USERS_MAX = 10_000_000;
const SEED_MAX = 2 ** 31 - 1;

const OPTIONS = {
  events: { type: "string" },
  users: { type: "string" },
  seed: { type: "string" },
  catalog: { type: "string" },
  dir: { type: "string" },
  keep: { type: "boolean" },
  calm: { type: "boolean" },
  secure: { type: "boolean" },
  help: { type: "boolean" },
} as const;

function bad(message: string): RhythmicError {
  return new RhythmicError("bad_usage", `${message} See npm run demo -- --help.`);
}

function wholeNumber(
  flag: string,
  given: string | undefined,
  fallback: number,
  minimum: number,
  maximum: number,
): number {
  if (given === undefined) return fallback;
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw bad(`--${flag} is ${JSON.stringify(given)}; allowed is a whole number from ${minimum} to ${maximum}.`);
}

/**
 * @returns "help" where that was asked for
 * @throws RhythmicError bad_usage
 */
export function parseDemoArguments(argv: readonly string[]): DemoArguments | "help" {
  const { values, tokens } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, tokens: true });
  const known = Object.keys(OPTIONS).map((name) => `--${name}`);
  for (const token of tokens) {
    if (token.kind === "positional") throw bad(`The demo takes no argument ${JSON.stringify(token.value)}.`);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(OPTIONS, token.name) ? OPTIONS[token.name as keyof typeof OPTIONS] : undefined;
    if (option === undefined) throw bad(`The demo has no flag ${token.rawName}${suggestion(token.rawName, known)}.`);
    if (option.type === "string" && !token.value) throw bad(`${token.rawName} needs a value.`);
  }
  if (values.help === true) return "help";
  const text = (name: keyof typeof OPTIONS) => (typeof values[name] === "string" ? values[name] : undefined);
  if (values.keep === true && text("dir") === undefined) throw bad("--keep needs --dir: the folder to go on in.");
  const events = wholeNumber("events", text("events"), EVENTS_DEFAULT, 1, EVENTS_MAX);
  const usersDefault = Math.min(USERS_DEFAULT_MAX, Math.max(100, Math.round(events / 50)));
  return {
    events,
    users: wholeNumber("users", text("users"), usersDefault, 1, USERS_MAX),
    seed: text("seed") === undefined ? undefined : wholeNumber("seed", text("seed"), 0, 0, SEED_MAX),
    catalog: text("catalog"),
    dir: text("dir"),
    keep: values.keep === true,
    calm: values.calm === true,
    secure: values.secure === true,
  };
}
