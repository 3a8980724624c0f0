import type { CostLine, CostReport } from "./report";

/** Dollars with cents. */
export function usd(amount: number): string {
  return amount.toFixed(2);
}

/** A quantity with as many digits as say something. */
export function amountOf(quantity: number): string {
  return quantity.toLocaleString("en", { maximumFractionDigits: quantity < 100 ? 1 : 0 });
}

/** Lines of the same kind in a stack, as one: `4 of them` in place of four. */
export interface UnpricedGroup {
  readonly stack: string;
  readonly what: string;
  readonly quantity: number | undefined;
  readonly unit: string;
  readonly count: number;
}

export function groupUnpriced(lines: readonly CostLine[]): UnpricedGroup[] {
  const groups = new Map<string, UnpricedGroup>();
  for (const { stack, what, quantity, unit } of lines) {
    const key = `${stack} ${what} ${unit}`;
    const before = groups.get(key);
    const known = quantity !== undefined && (before === undefined || before.quantity !== undefined);
    groups.set(key, {
      stack,
      what,
      unit,
      quantity: known ? quantity + (before?.quantity ?? 0) : undefined,
      count: (before?.count ?? 0) + 1,
    });
  }
  return [...groups.values()];
}

/** Rows in columns; numbers at the right. */
function table(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The report for a person. */
export function formatReport(report: CostReport, environment: string): string {
  const { prices, lines, unpriced, stacks, totalUsdPerMonth, machines } = report;
  const rows = stacks.flatMap(({ stack, usdPerMonth }) => {
    const own = lines.filter((line) => line.stack === stack);
    return [
      [stack, "", "", "", "", usd(usdPerMonth)],
      ...own.map(({ resource, what, quantity, unit, unitPriceUsd, usdPerMonth: amount }) => [
        `  ${resource}`,
        what,
        `${amountOf(quantity ?? 0)} ${unit}`,
        "x",
        String(unitPriceUsd),
        usd(amount ?? 0),
      ]),
    ];
  });
  const missing = groupUnpriced(unpriced).map(({ stack, what, quantity, unit, count }) => [
    `  ${stack}`,
    what,
    quantity === undefined ? `by use, ${unit}` : `${amountOf(quantity)} ${unit}`,
    quantity === undefined && count > 1 ? `at ${count} places` : "",
  ]);
  return [
    `What ${environment} costs a month, US dollars`,
    "",
    table([...rows, ["total", "", "", "", "", usd(totalUsdPerMonth)]], [2, 4, 5]),
    "",
    "Not in the total, because the list has no price of it or only use shows how much:",
    table(missing, []),
    "",
    "Assumptions:",
    ...report.assumptions.map((sentence) => `  - ${sentence}`),
    "",
    `The machines alone: ${usd(machines.onDemandUsd)} on demand; committed for a year ${usd(machines.oneYearUsd)}, for ` +
      `three ${usd(machines.threeYearsUsd)};`,
    `as spot machines, which Google may stop at any time, ${usd(machines.spotUsd)}. The stacks declare them on demand.`,
    "",
    `Prices of ${prices.date} for ${prices.region}: ${prices.source}.`,
    "",
  ].join("\n");
}
