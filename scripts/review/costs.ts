import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import { type CostLine, costOf } from "../cost/cost";
import type { MonthlyCost } from "./model";

/** What both sides cost a month, with the same number of events, so that only the declarations make a difference. */
export function costChange(
  before: SynthesizedPlatform,
  after: SynthesizedPlatform,
  eventsPerDay: number,
): MonthlyCost | { readonly problem: string } {
  try {
    const [old, next] = [before, after].map((platform) => costOf(platform, { eventsPerDay }));
    if (old === undefined || next === undefined) throw new Error("nothing was reckoned");
    const names = [...new Set([...next.stacks, ...old.stacks].map(({ stack }) => stack))];
    const of = ({ stacks }: typeof old, name: string) => stacks.find(({ stack }) => stack === name)?.usdPerMonth ?? 0;
    return {
      beforeUsd: old.totalUsdPerMonth,
      afterUsd: next.totalUsdPerMonth,
      eventsPerDay,
      stacks: names.map((stack) => ({ stack, beforeUsd: of(old, stack), afterUsd: of(next, stack) })),
      lines: lineChanges(old.lines, next.lines),
    };
  } catch (error) {
    // A price that is missing must not hide what the change does.
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function lineChanges(before: readonly CostLine[], after: readonly CostLine[]): MonthlyCost["lines"] {
  const [old, next] = [sums(before), sums(after)];
  return [...new Set([...next.keys(), ...old.keys()])]
    .map((key) => {
      const [stack = "", what = ""] = key.split("\n");
      return { stack, what, beforeUsd: old.get(key) ?? 0, afterUsd: next.get(key) ?? 0 };
    })
    .filter(({ beforeUsd, afterUsd }) => Math.abs(beforeUsd - afterUsd) >= 0.005);
}

function sums(lines: readonly CostLine[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { stack, resource, what, usdPerMonth = 0 } of lines) {
    const key = `${stack}\n${resource}: ${what}`;
    found.set(key, (found.get(key) ?? 0) + usdPerMonth);
  }
  return found;
}
