import type { Environment } from "../../stacks/environment-record";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import type { Finding, Rule } from "./rule";
import { RULES } from "./rules";

/** A finding with the promise that it breaks. */
export interface RuleFinding extends Finding {
  /** The rule's sentence, or the id and the sentence of a check of Checkov. */
  readonly rule: string;
}

/** The rules that an environment has to keep. */
export function rulesFor(environment: Environment): readonly Rule[] {
  return RULES.filter((rule) => rule.appliesTo?.(environment) ?? true);
}

/** Everything that breaks one of our own rules. */
export function judge(platform: SynthesizedPlatform, environment: Environment): RuleFinding[] {
  return rulesFor(environment).flatMap((rule) =>
    rule.check(platform, environment).map((finding) => ({ rule: rule.name, ...finding })),
  );
}
