import { ENVIRONMENT_NAMES, type EnvironmentName } from "../../stacks/environment-record";
import { SynthesisError } from "../../stacks/synthesis/synthesis-error";
import { environmentNameOf, readFlags } from "../flags";

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

const FLAGS = {
  against: { value: "REF" },
  environment: { value: "NAME" },
  plan: { value: "FILE" },
  json: "alone",
} as const;

/** @throws SynthesisError in one sentence */
export function parseOptions(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Options {
  const flags = readFlags(args, FLAGS);
  const plans = flags.values("plan").map(planFile);
  if (plans.length > 0 && flags.has("against")) {
    throw new SynthesisError("--plan and --against exclude each other: a plan already says what it is compared with.");
  }
  return {
    help: flags.has("help"),
    json: flags.has("json"),
    against: flags.value("against"),
    environment: environmentNameOf(flags, variables),
    plans,
  };
}

function planFile(text: string): PlanFile {
  const [, stack, file] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
  if (stack !== undefined && file !== undefined) return { stack, file };
  const name = text.split(/[\\/]/).at(-1) ?? text;
  return { stack: name.replace(/(\.tfplan|\.plan)?\.json$/, ""), file: text };
}
