import { DAY_S, HOUR_S, MINUTE_S } from "../time";

const SIGNIFICANT_DIGITS = 3;
const BYTE_UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const;

/** A whole number with commas. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** An estimate: no more digits than it deserves. */
export function about(value: number): string {
  const rounded = Number(value.toPrecision(SIGNIFICANT_DIGITS));
  return rounded.toLocaleString("en-US", { maximumFractionDigits: rounded >= 10 ? 0 : 2 });
}

export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < BYTE_UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${about(rest)} ${BYTE_UNITS[unit]}`;
}

/** A share as per cent; what is not nothing is never shown as 0. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.01) return "< 0.01 %";
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} %`;
}

export function duration(seconds: number): string {
  if (seconds >= DAY_S) return `${about(seconds / DAY_S)} days`;
  if (seconds >= HOUR_S) return `${about(seconds / HOUR_S)} hours`;
  return seconds >= MINUTE_S ? `${about(seconds / MINUTE_S)} minutes` : `${about(seconds)} seconds`;
}

/** A table in Markdown, its columns in line, so that it reads well on a terminal too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const safe = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")));
  const widths = head.map((_, column) => Math.max(3, ...safe.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const [first = [], ...rest] = safe;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}
