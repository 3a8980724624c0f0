/**
 * A systemd unit as our templates write it (systemd.service(5), systemd.unit(5)). A directive that is not known here
 * fails, so that no unit grows a line that no test runs.
 */
export interface UnitFile {
  readonly name: string;
  readonly wants: readonly string[];
  readonly requires: readonly string[];
  readonly after: readonly string[];
  /** The unit does not start while one of these files is there. */
  readonly unlessThere: readonly string[];
  readonly type: "simple" | "oneshot";
  readonly remainAfterExit: boolean;
  readonly environment: Readonly<Record<string, string>>;
  /** Folders below /run that are made at the start and removed at the end. */
  readonly runtimeDirectories: readonly string[];
  readonly startPre: readonly ExecLine[];
  readonly start: ExecLine;
  readonly startPost: readonly ExecLine[];
  readonly stop: readonly ExecLine[];
  readonly restart: "no" | "always" | "on-failure";
  readonly restartSeconds: number;
  readonly restartPreventExitStatus: readonly number[];
  /** Of each command before and after the main process. */
  readonly timeoutStartSeconds: number;
  readonly timeoutStopSeconds: number;
}

export interface ExecLine {
  readonly argv: readonly string[];
  /** The line began with a dash: a failure does not matter. */
  readonly mayFail: boolean;
}

const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  Unit: ["Description", "Wants", "Requires", "After", "ConditionPathExists", "StartLimitIntervalSec"],
  Service: [
    "Type",
    "RemainAfterExit",
    "Environment",
    "RuntimeDirectory",
    "ExecStartPre",
    "ExecStart",
    "ExecStartPost",
    "ExecStop",
    "TimeoutStartSec",
    "TimeoutStopSec",
    "Restart",
    "RestartSec",
    "RestartPreventExitStatus",
  ],
};
/** systemd's own defaults. */
const TIMEOUT_DEFAULT_SECONDS = 90;
const RESTART_DEFAULT_SECONDS = 0.1;

/** @throws Error naming the line that is not understood */
export function parseUnitFile(name: string, text: string): UnitFile {
  const values = valuesOf(name, text);
  const all = (key: string) => values.get(key) ?? [];
  const words = (key: string) => all(key).flatMap((value) => value.split(/\s+/).filter((word) => word !== ""));
  const last = <T extends string>(key: string, allowed: readonly T[], fallback: T): T => {
    const given = all(key).at(-1) ?? fallback;
    const found = allowed.find((value) => value === given);
    if (found === undefined) throw new Error(`${name}: ${key}=${given}; known: ${allowed.join(", ")}`);
    return found;
  };
  const seconds = (key: string, fallback: number) => {
    const given = all(key).at(-1);
    if (given === undefined) return fallback;
    if (!/^\d+$/.test(given)) throw new Error(`${name}: ${key}=${given} is no number of seconds`);
    return Number(given);
  };
  const exec = (key: string) => all(key).map((line) => parseExec(name, line));
  const [start, ...others] = exec("ExecStart");
  if (start === undefined || others.length > 0) throw new Error(`${name} needs one ExecStart`);
  return {
    name,
    wants: words("Wants"),
    requires: words("Requires"),
    after: words("After"),
    unlessThere: words("ConditionPathExists").map((word) => {
      if (!word.startsWith("!/")) throw new Error(`${name}: ConditionPathExists=${word}; known: !/path`);
      return word.slice(1);
    }),
    type: last("Type", ["simple", "oneshot"], "simple"),
    remainAfterExit: last("RemainAfterExit", ["yes", "no"], "no") === "yes",
    environment: Object.fromEntries(all("Environment").map((line) => assignment(name, line))),
    runtimeDirectories: words("RuntimeDirectory"),
    startPre: exec("ExecStartPre"),
    start,
    startPost: exec("ExecStartPost"),
    stop: exec("ExecStop"),
    restart: last("Restart", ["no", "always", "on-failure"], "no"),
    restartSeconds: seconds("RestartSec", RESTART_DEFAULT_SECONDS),
    restartPreventExitStatus: words("RestartPreventExitStatus").map(Number),
    timeoutStartSeconds: seconds("TimeoutStartSec", TIMEOUT_DEFAULT_SECONDS),
    timeoutStopSeconds: seconds("TimeoutStopSec", TIMEOUT_DEFAULT_SECONDS),
  };
}

function valuesOf(name: string, text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  let known: readonly string[] | undefined;
  for (const line of text.split("\n")) {
    if (line.trim() === "" || /^[#;]/.test(line)) continue;
    const section = /^\[(\w+)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      known = SECTIONS[section];
      if (known === undefined) throw new Error(`${name}: unknown section [${section}]`);
      continue;
    }
    const [, key = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (known?.includes(key) !== true) throw new Error(`${name}: the machines of the tests don't know: ${line}`);
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

function assignment(name: string, line: string): [string, string] {
  const [, key, value] = /^(\w+)=([^\s"']*)$/.exec(line) ?? [];
  if (key === undefined || value === undefined) throw new Error(`${name}: one NAME=value a line, not ${line}`);
  return [key, value];
}

/** A command line as systemd splits it: quotes, no shell. Specifiers and variables are refused but for $$ and %%. */
function parseExec(name: string, line: string): ExecLine {
  const mayFail = line.startsWith("-");
  const argv: string[] = [];
  const rest = line.slice(mayFail ? 1 : 0).trim();
  const word = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"']+))(?=\s|$)/y;
  while (word.lastIndex < rest.length) {
    const match = word.exec(rest);
    if (match === null) throw new Error(`${name}: can't split ${line}`);
    argv.push(withoutEscapes(name, match[1] ?? match[2] ?? match[3] ?? ""));
  }
  if (argv[0]?.startsWith("/") !== true) throw new Error(`${name}: not an absolute path of a program: ${line}`);
  return { argv, mayFail };
}

function withoutEscapes(name: string, word: string): string {
  if (/[$%]/.test(word.replaceAll("$$", "").replaceAll("%%", ""))) {
    throw new Error(`${name}: a $ or % that systemd would expand, in ${word}; double it`);
  }
  return word
    .replaceAll("$$", "$")
    .replaceAll("%%", "%")
    .replaceAll(/\\(["'\\])/g, "$1");
}
