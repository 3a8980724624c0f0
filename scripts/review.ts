import { REPOSITORY_ROOT } from "../stacks/constructs/bundle";
import { selectEnvironment } from "../stacks/environments";
import { SynthesisError } from "../stacks/synthesis/synthesis-error";
import { compareSynths } from "./review/compare";
import { markdownOf } from "./review/markdown";
import { EXIT_CODES, exitCodeOf, type Review } from "./review/model";
import { HELP, type Options, parseOptions } from "./review/options";
import { reviewPlans } from "./review/plan";
import { type Base, findBase, shortOf } from "./review/repository";
import { ReviewError } from "./review/resources";
import { bundleText, withSynths } from "./review/synths";

/**
 * Compares the work tree with the commit where HEAD left a branch.
 * @param root the repository
 * @throws ReviewError, SynthesisError
 */
export async function reviewAgainst(
  { against, environment }: Pick<Options, "against" | "environment">,
  root: string = REPOSITORY_ROOT,
  say: (line: string) => void = () => {},
): Promise<Review> {
  const base = findBase(root, against);
  const labels = labelsOf(base);
  if (base.isHead && !base.dirty) return nothingToCompare(environment, labels, base);
  const { expected } = selectEnvironment({ ...process.env, RHYTHMIC_ENV: environment });
  return withSynths({ root, commit: base.commit, environment, say }, (before, after) =>
    compareSynths(before, after, { environment, labels, eventsPerDay: expected.eventsPerDay, bundleText }),
  );
}

function labelsOf({ ref, commit, head, dirty, isHead }: Base): { readonly before: string; readonly after: string } {
  const point = shortOf(commit);
  return {
    before: isHead ? `HEAD (${point})` : `${ref} at ${point}, where HEAD left it`,
    after: `the work tree at ${head}${dirty ? " with what is not committed" : ""}`,
  };
}

/** Everything of HEAD is in REF already, and nothing is added. */
function nothingToCompare(environment: string, labels: ReturnType<typeof labelsOf>, { ref, head }: Base): Review {
  return {
    format: 1,
    source: "synth",
    environment,
    ...labels,
    dangers: [],
    stacks: [],
    cost: undefined,
    notes: [
      `Nothing was compared: ${ref} holds ${head} already and nothing in the work tree is uncommitted. ` +
        "Give an older commit with --against to see what came since.",
    ],
  };
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(HELP);
      return EXIT_CODES.nothing;
    }
    const say = (line: string) => process.stderr.write(`${line}\n`);
    const review =
      options.plans.length > 0 ? reviewPlans(options.plans) : await reviewAgainst(options, REPOSITORY_ROOT, say);
    process.stdout.write(options.json ? `${JSON.stringify(review, undefined, 2)}\n` : markdownOf(review));
    return exitCodeOf(review);
  } catch (error) {
    process.stderr.write(`review: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof ReviewError) return error.exitCode;
    return error instanceof SynthesisError ? EXIT_CODES.usage : EXIT_CODES.failure;
  }
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}
