import { parseArgs } from "node:util";
import { suggestion } from "../../runtime/support/nearest";
import { ENVIRONMENT_NAMES, type EnvironmentName } from "../../stacks/environments";
import { refusal } from "../../stacks/synthesis/synthesis-error";
import { EXIT_CODES } from "./model";
import { ReviewError } from "./resources";

export const HELP = `review: says what a change does to the platform, without a cloud, and prints Markdown for a pull request.

  --against REF
      What to compare the work tree with: the commit where HEAD left REF, as a pull request means it.
      Default: origin/main where there is one, else main.
  --environment NAME
      ${ENVIRONMENT_NAMES.join(" or ")}. Default: RHYTHMIC_ENV, else dev.
  --plan FILE, --plan STACK=FILE
      Reads Terraform's own plan (the output of "terraform show -json PLAN") instead of comparing two synths; once
      for each stack. Without STACK= the stack is named after the file.
  --json
      Prints the review as JSON; docs/review.md has its shape.
  --help
      Prints this text.

Exit codes: 0 nothing changes; 3 something changes; 4 data would be lost, a guard is lowered, or access is opened:
somebody must look; 1 failure; 2 bad usage.
`;

export interface PlanFile {
  readonly stack: string;
  readonly file: string;
}

export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly against: string | undefined;
  readonly environment: EnvironmentName;
  /** Empty where two synths are compared. */
  readonly plans: readonly PlanFile[];
}

const FLAGS = "--against REF, --environment NAME, --plan FILE, --json, --help";
const FLAG_NAMES = ["--against", "--environment", "--plan", "--json", "--help"];

/** @throws ReviewError in one sentence */
export function parseOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Options {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: {
      against: { type: "string" },
      environment: { type: "string" },
      plan: { type: "string", multiple: true },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== "option") throw unknownArgument(token.kind === "positional" ? token.value : "--");
    const takesValue = ["against", "environment", "plan"].includes(token.name);
    if (!takesValue && !["json", "help"].includes(token.name)) throw unknownArgument(token.rawName);
    if (takesValue && !token.value) throw usage(`${token.rawName} needs a value; allowed: ${FLAGS}.`);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ""]);
  }
  const plans = (given.get("plan") ?? []).map(planFile);
  if (plans.length > 0 && given.has("against")) {
    throw usage("--plan and --against exclude each other: a plan already says what it is compared with.");
  }
  return {
    help: given.has("help"),
    json: given.has("json"),
    against: given.get("against")?.at(-1),
    environment: environmentOf(given.get("environment")?.at(-1), variables.RHYTHMIC_ENV),
    plans,
  };
}

function planFile(text: string): PlanFile {
  const [, stack, file] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
  if (stack !== undefined && file !== undefined) return { stack, file };
  const name = text.split(/[\\/]/).at(-1) ?? text;
  return { stack: name.replace(/(\.tfplan|\.plan)?\.json$/, ""), file: text };
}

function environmentOf(flag: string | undefined, variable: string | undefined): EnvironmentName {
  const [what, given] = flag === undefined ? ["RHYTHMIC_ENV", variable || "dev"] : ["--environment", flag];
  const known = ENVIRONMENT_NAMES.find((name) => name === given);
  if (known === undefined) throw usage(refusal(what, given, ENVIRONMENT_NAMES.join(" or ")).message);
  return known;
}

function unknownArgument(given: string): ReviewError {
  return usage(`review has no flag or argument ${given}${suggestion(given, FLAG_NAMES)}; allowed: ${FLAGS}.`);
}

function usage(message: string): ReviewError {
  return new ReviewError(message, EXIT_CODES.usage);
}
