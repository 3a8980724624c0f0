import type { EnvironmentName } from "../../stacks/environment-record";
import { type CostReport, costOf } from "../cost/cost";
import { amountOf, groupUnpriced, usd } from "../cost/format";
import { type Blocks, markdownTable } from "./blocks";
import type { Environments } from "./platforms";

/** What `npm run cost` says of both environments. */
export function costBlocks({ dev, prod }: Environments): Blocks {
  const reports: Readonly<Record<EnvironmentName, CostReport>> = {
    dev: costOf(dev.platform, { eventsPerDay: dev.environment.expected.eventsPerDay }),
    prod: costOf(prod.platform, { eventsPerDay: prod.environment.expected.eventsPerDay }),
  };
  return { costs: costsTable(reports), unpriced: unpricedTable(reports) };
}

function costsTable({ dev, prod }: Readonly<Record<EnvironmentName, CostReport>>): string {
  const rows = prod.stacks.map(({ stack }) => [
    stack,
    amountsOf(dev, stack),
    amountsOf(prod, stack),
    stackUsd(dev, stack),
    stackUsd(prod, stack),
  ]);
  const total = ["**total**", "", "", `**${usd(dev.totalUsdPerMonth)}**`, `**${usd(prod.totalUsdPerMonth)}**`];
  const committed = (report: CostReport) => usd(report.machines.oneYearUsd - report.machines.onDemandUsd);
  return [
    markdownTable(["stack", "dev", "prod", "dev, USD a month", "prod, USD a month"], [...rows, total]),
    "",
    `With ${amountOf(dev.eventsPerDay)} events a day in dev and ${amountOf(prod.eventsPerDay)} in prod, and ` +
      `${dev.monthsKept} months of events in the lake.`,
    `Committing the machines for a year would change the totals by ${committed(dev)} and ${committed(prod)}.`,
    "",
    `Prices of ${dev.prices.date} for ${dev.prices.region}; their source:`,
    `${dev.prices.source}.`,
  ].join("\n");
}

function stackUsd({ stacks }: CostReport, name: string): string {
  return usd(stacks.find(({ stack }) => stack === name)?.usdPerMonth ?? 0);
}

/** What a stack pays for, of each kind the sum. */
function amountsOf({ lines }: CostReport, name: string): string {
  const amounts = new Map<string, number>();
  for (const { stack, what, quantity, unit } of lines) {
    if (stack !== name) continue;
    const text = unit === "GB" ? `GB ${what}` : what.replace(/^machine /, "x ");
    amounts.set(text, (amounts.get(text) ?? 0) + (quantity ?? 0));
  }
  return [...amounts].map(([text, quantity]) => `${amountOf(quantity)} ${text}`).join("; ") || "-";
}

function unpricedTable(reports: Readonly<Record<EnvironmentName, CostReport>>): string {
  const [dev, prod] = [groupUnpriced(reports.dev.unpriced), groupUnpriced(reports.prod.unpriced)];
  const keyOf = ({ stack, what, unit }: (typeof dev)[number]) => `${stack} ${what} ${unit}`;
  const keys = [...new Set([...dev, ...prod].map(keyOf))];
  const rows = keys.map((key) => {
    const [inDev, inProd] = [dev, prod].map((groups) => groups.find((group) => keyOf(group) === key));
    const { stack = "", what = "", unit = "" } = inProd ?? inDev ?? {};
    const amount = (group: typeof inDev) =>
      group === undefined ? "-" : group.quantity === undefined ? "by use" : amountOf(group.quantity);
    return { stack, cells: [stack, what, unit, amount(inDev), amount(inProd)] };
  });
  const order = reports.prod.stacks.map(({ stack }) => stack);
  const sorted = rows.toSorted((a, b) => order.indexOf(a.stack) - order.indexOf(b.stack));
  return markdownTable(
    ["stack", "what", "unit", "dev, a month", "prod, a month"],
    sorted.map(({ cells }) => cells),
  );
}
