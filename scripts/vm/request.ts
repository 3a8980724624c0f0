import { suggestion } from "../../runtime/support/nearest";
import type { EnvironmentName } from "../../stacks/environment-record";
import { refusal, SynthesisError } from "../../stacks/synthesis/synthesis-error";
import { environmentNameOf, type Flags, readFlags } from "../flags";
import { ROTATION_STEPS, type RotationStep } from "./rotate";

export const ACTIONS = ["list", "start", "stop", "logs", "ssh", "roll", "rotate"] as const;
export type Action = (typeof ACTIONS)[number];

export const LINES_DEFAULT = 50;
export const SINCE_DEFAULT = "1h";

const FLAGS = {
  environment: { value: "NAME" },
  "dry-run": "alone",
  yes: "alone",
  json: "alone",
  follow: "alone",
  lines: { value: "N" },
  since: { value: "DURATION" },
  from: { value: "STEP" },
} as const;
const WORDS = { what: "ACTION [NAME]", max: 2, rest: true } as const;

/** Flags that only some actions know; the others are everybody's. */
const ONLY_FOR: Readonly<Partial<Record<keyof typeof FLAGS, readonly Action[]>>> = {
  yes: ["start", "stop", "roll", "rotate"],
  json: ["list"],
  follow: ["logs"],
  lines: ["logs"],
  since: ["logs"],
  from: ["rotate"],
};

/** What is asked for. */
export interface VmRequest {
  readonly action: Action;
  readonly environment: EnvironmentName;
  /** The word behind the action. */
  readonly name: string | undefined;
  /** What comes after `--`. */
  readonly command: readonly string[] | undefined;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly follow: boolean;
  readonly lines: number;
  /** As gcloud has durations. */
  readonly since: string;
  readonly from: RotationStep;
}

/**
 * @returns `undefined` where the help was asked for
 * @throws SynthesisError in one sentence
 */
export function readRequest(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): VmRequest | undefined {
  const flags = readFlags(args, FLAGS, WORDS);
  if (flags.has("help")) return undefined;
  const [word, name] = flags.words;
  const action = ACTIONS.find((candidate) => candidate === word);
  if (action === undefined) {
    const what = word === undefined ? "It needs an action" : `There is no action ${word}${suggestion(word, ACTIONS)}`;
    throw new SynthesisError(`${what}; allowed: ${ACTIONS.join(", ")}.`);
  }
  for (const [flag, actions] of Object.entries(ONLY_FOR)) {
    if (!flags.has(flag) || actions.includes(action)) continue;
    throw new SynthesisError(`--${flag} is not for ${action}; allowed: with ${actions.join(", ")}.`);
  }
  if (flags.rest !== undefined && action !== "ssh") {
    throw new SynthesisError(`${action} takes nothing after --; allowed: with ssh, the command to run there.`);
  }
  const command = flags.rest === undefined || flags.rest.length === 0 ? undefined : flags.rest;
  return {
    action,
    environment: environmentNameOf(flags, variables),
    name,
    command,
    dryRun: flags.has("dry-run"),
    yes: flags.has("yes"),
    json: flags.has("json"),
    follow: flags.has("follow"),
    lines: readLines(flags),
    since: readSince(flags),
    from: readStep(flags),
  };
}

function readLines(flags: Flags): number {
  const given = flags.value("lines") ?? String(LINES_DEFAULT);
  if (!/^[1-9]\d{0,4}$/.test(given)) throw refusal("--lines", given, "a whole number from 1 to 99999");
  return Number(given);
}

function readSince(flags: Flags): string {
  const given = flags.value("since") ?? SINCE_DEFAULT;
  if (!/^[1-9]\d*[smhdw]$/.test(given)) throw refusal("--since", given, "a duration such as 30m, 2h or 1d");
  return given;
}

function readStep(flags: Flags): RotationStep {
  const given = flags.value("from") ?? ROTATION_STEPS[0];
  const step = ROTATION_STEPS.find((candidate) => candidate === given);
  if (step === undefined) throw refusal("--from", given, ROTATION_STEPS.join(", "));
  return step;
}
