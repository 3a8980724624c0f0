import path from "node:path";
import { compareSynths } from "../../../scripts/review/compare";
import { markdownOf } from "../../../scripts/review/markdown";
import type { Review } from "../../../scripts/review/model";
import type { StackJson, SynthesizedPlatform, SynthesizedProgram } from "../../../stacks/synthesis/synthesized";
import { platformOf, stackOf } from "../../../stacks/synthesis/synthesized";
import type { Synthesis } from "../../stacks/synthesize-platform";

/** Pairs of synths: the second is the first with something changed in its JSON, as a commit would change it. */

type Writable = Record<string, unknown>;
type WritableJson = {
  resource: Record<string, Record<string, Writable>>;
  data?: Record<string, Record<string, Writable>>;
} & Omit<StackJson, "resource" | "data">;

/** A platform with the JSON of one stack changed. */
export function changed(
  platform: SynthesizedPlatform,
  stack: string,
  change: (json: WritableJson) => void,
): SynthesizedPlatform {
  const stacks = platform.stacks.map((each) => {
    if (each.name !== stack) return each;
    const json = structuredClone(each.json) as WritableJson;
    change(json);
    return stackOf(each.name, each.dependencies, ".", json as StackJson);
  });
  return platformOf(stacks);
}

/** A platform with the attributes of one resource changed, found by its construct path. */
export function withResource(
  platform: SynthesizedPlatform,
  [stack, type, constructPath]: readonly [string, string, string],
  change: (attributes: Writable) => void,
): SynthesizedPlatform {
  return changed(platform, stack, (json) => {
    const found = platform.resources.find(
      (each) => each.stack === stack && each.type === type && each.path === constructPath,
    );
    const attributes = json.resource[type]?.[found?.id ?? ""];
    if (attributes === undefined) throw new Error(`no ${type} ${constructPath} in ${stack}`);
    change(attributes);
  });
}

/** A platform without one resource. */
export function without(
  platform: SynthesizedPlatform,
  [stack, type, constructPath]: readonly [string, string, string],
): SynthesizedPlatform {
  return changed(platform, stack, (json) => {
    const found = platform.resources.find(
      (each) => each.stack === stack && each.type === type && each.path === constructPath,
    );
    delete json.resource[type]?.[found?.id ?? ""];
  });
}

/** The texts of the bundles that a synth of the tests has kept. */
export function bundlesIn(
  ...syntheses: readonly Partial<Synthesis>[]
): (program: SynthesizedProgram) => string | undefined {
  return ({ program, sha256 }) => {
    const files = syntheses.flatMap(({ files = new Map<string, string>() }) => [...files]);
    return files.find(([file]) => file.endsWith(path.join(sha256, `${program}.cjs`)))?.[1];
  };
}

export function reviewOf(
  before: SynthesizedPlatform,
  after: SynthesizedPlatform,
  bundleText?: (program: SynthesizedProgram) => string | undefined,
): Review {
  return compareSynths(before, after, {
    environment: "prod",
    labels: { before: "main", after: "the work tree" },
    eventsPerDay: 1_000_000,
    ...(bundleText === undefined ? {} : { bundleText }),
  });
}

/** The lines of the page, without those that every page has. */
export function linesOf(review: Review): string[] {
  return markdownOf(review).split("\n");
}
