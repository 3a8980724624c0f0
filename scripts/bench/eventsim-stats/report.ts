import { formatTimeS } from "../../../runtime/generator/time";
import type { Comparison, Side, TestResult } from "./compare";
import type { Windows } from "./sample";

/** Pages that come more seldom than this, in both, are left out of the list. */
const LISTED_SHARE = 0.001;

/** Everything, for people. */
export function reportText(comparison: Comparison, names: readonly [string, string], windows: Windows): string {
  const { tests, testLevel, level } = comparison;
  const lines = [`first: ${names[0]}`, `second: ${names[1]}`, "", ...windowLines(windows), ""];
  for (const topic of new Set(tests.map((test) => test.topic))) {
    lines.push(topic, ...table(tests.filter((test) => test.topic === topic)), "");
  }
  const differing = tests.filter((test) => test.differs);
  lines.push(
    `${tests.length} tests; "differs" is said below p = ${testLevel.toExponential(1)} (${level} divided by their number), which chance alone reaches in one of ${Math.round(1 / level)} comparisons.`,
    differing.length === 0
      ? "Nothing differs beyond what the size of both sides explains."
      : `${differing.length} differ: ${differing.map(({ topic, what }) => `${what} (${topic})`).join("; ")}.`,
  );
  return `${lines.join("\n")}\n`;
}

/** The pages of both sides, side by side. */
export function pageMixText(first: Side, second: Side): string {
  const [a, b] = [first, second].map((side) => side.get("page_view_events")?.shares.get("pages"));
  if (a === undefined || b === undefined) return "";
  const totals = [a, b].map((side) => [...side.columns.keys()].reduce((sum, name) => sum + side.total(name), 0));
  const rows = [...new Set([...a.columns.keys(), ...b.columns.keys()])]
    .map((name) => [name, a.total(name) / (totals[0] || 1), b.total(name) / (totals[1] || 1)] as const)
    .filter(([, ofA, ofB]) => Math.max(ofA, ofB) >= LISTED_SHARE)
    .sort((one, other) => other[1] - one[1])
    .map(([name, ofA, ofB]) => [name, ...[ofA, ofB].map((share) => `${(100 * share).toFixed(2)} %`)]);
  return `${["pages, each side's share", ...aligned(rows), ""].join("\n")}\n`;
}

function windowLines(windows: Windows): string[] {
  return [...windows].map(
    ([topic, list]) =>
      `${topic}: ${list.map(({ fromS, toS }) => `${formatTimeS(fromS)} to ${formatTimeS(toS)}`).join(", ")}`,
  );
}

function table(tests: readonly TestResult[]): string[] {
  const header = ["", "n first", "n second", "statistic", "p", "", ""];
  const rows = tests.map((test) => [
    test.what,
    ...(test.sizes[0] === 0 ? ["", ""] : test.sizes.map(String)),
    statistic(test),
    probability(test.p),
    test.differs ? "differs" : "",
    test.detail,
  ]);
  return aligned([header, ...rows]);
}

function statistic({ kind, statistic, freedom }: TestResult): string {
  if (kind === "volume" || kind === "pace") return `z = ${statistic.toFixed(2)}`;
  if (kind === "shares") return `chi² = ${statistic.toFixed(1)}, df ${freedom?.toFixed(1)}`;
  return `D = ${statistic.toFixed(4)}, n_eff ${Math.round(freedom ?? 0)}`;
}

function probability(p: number): string {
  return p < 1e-15 ? "< 1e-15" : p < 0.001 ? p.toExponential(1) : p.toFixed(3);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(column === row.length - 1 ? 0 : (widths[column] ?? 0))).join("  ")}`.trimEnd(),
  );
}
