import type { CheckovVerdict } from "./checkov";
import type { RuleFinding } from "./judge";

/** What one environment's judgement came to. */
export interface Judgement {
  readonly environment: string;
  /** How many of our own rules were asked. */
  readonly rules: number;
  readonly resources: number;
  readonly findings: readonly RuleFinding[];
  /** @default Checkov was not asked */
  readonly checkov?: { readonly version: string; readonly passed: number; readonly skipped: CheckovVerdict["skipped"] };
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;

/** The page that a person reads: what breaks a promise, stack by stack, and one line of counts. */
export function pageOf(judgement: Judgement): string {
  const { environment, rules, resources, findings, checkov } = judgement;
  const stacks = [...new Set(findings.map(({ stack }) => stack))].sort();
  const asked = [
    `${count(resources, "resource")}, ${count(rules, "rule")} of our own`,
    checkov === undefined
      ? "Checkov not asked"
      : `Checkov ${checkov.version}: ${count(checkov.passed, "check")} passed, ${checkov.skipped.length} skipped with a reason`,
  ];
  return [
    ...stacks.flatMap((stack) => [
      `${environment}, ${stack}`,
      ...linesOf(findings.filter((one) => one.stack === stack)),
    ]),
    `${environment}: ${asked.join("; ")}; ${count(findings.length, "finding")}`,
  ].join("\n");
}

function linesOf(findings: readonly RuleFinding[]): string[] {
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  return rules.flatMap((rule) => [
    `  ${rule}`,
    ...findings
      .filter((finding) => finding.rule === rule)
      .flatMap(({ where, given, allowed }) => [`    ${where}`, `      given    ${given}`, `      allowed  ${allowed}`]),
  ]);
}
