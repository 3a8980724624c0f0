/**
 * Reads OpenMetrics 1.0 strictly, as far as counters, gauges, histograms and summaries go (the specification:
 * github.com/prometheus/OpenMetrics, specification/OpenMetrics.md, "ABNF" and "Metric types"). Anything that a strict
 * parser may refuse is a problem here.
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string | undefined;
  readonly samples: readonly Sample[];
}

type Draft = MetricFamily & { help: string | undefined; samples: Sample[] };

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const METADATA = new RegExp(`^# (TYPE|HELP|UNIT) (${NAME}) (.*)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`);
/** Escapes of a text in quotes, and of a help: backslash, newline, quote; nothing else. */
const TEXT = /^(?:[^\\"\n]|\\\\|\\n|\\")*$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^\\"\n]|\\\\|\\n|\\")*)"(?:,|$)/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^[+-]?inf(?:inity)?$|^nan$/i;

/** What the samples of a type are called, behind the family's name. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_bucket", "_count", "_sum", "_created"],
  summary: ["", "_count", "_sum", "_created"],
};

/** @throws Error at the first line that is not as it must be */
export function parseOpenMetrics(text: string): ReadonlyMap<string, MetricFamily> {
  if (!text.endsWith("\n# EOF\n")) throw new Error("it does not end with the line # EOF");
  const lines = text.slice(0, -"# EOF\n".length).split("\n").slice(0, -1);
  const families = new Map<string, Draft>();
  let current: Draft | undefined;
  for (const line of lines) {
    const metadata = METADATA.exec(line);
    if (metadata !== null)
      current = readMetadata(families, current, line, metadata.slice(1) as [string, string, string]);
    else if (line.startsWith("#")) throw new Error(`no comments are allowed: ${line}`);
    else readSample(current, line);
  }
  for (const family of families.values()) check(family, families);
  return families;
}

function readMetadata(
  families: Map<string, Draft>,
  current: Draft | undefined,
  line: string,
  [kind, name, rest]: readonly [string, string, string],
): Draft {
  const family = current?.name === name ? current : { name, type: "", help: undefined, samples: [] };
  // "Metric families must not be interleaved", and each has one set of metadata, before its samples.
  if (family !== current && families.has(name)) throw new Error(`a second time: ${line}`);
  if (family.samples.length > 0) throw new Error(`behind the samples: ${line}`);
  families.set(name, family);
  if (kind === "UNIT" && !name.endsWith(`_${rest}`)) throw new Error(`the name does not end with its unit: ${line}`);
  if (kind === "HELP") {
    if (family.help !== undefined || !TEXT.test(rest)) throw new Error(`a help twice, or escaped wrongly: ${line}`);
    family.help = rest;
    return family;
  }
  if (kind !== "TYPE") return family;
  if (family.type !== "" || SUFFIXES[rest] === undefined) throw new Error(`a type twice, or unknown: ${line}`);
  const typed = { ...family, type: rest };
  families.set(name, typed);
  return typed;
}

function readSample(family: Draft | undefined, line: string): void {
  const [, name = "", labels, value = ""] = SAMPLE.exec(line) ?? [];
  if (name === "") throw new Error(`neither metadata nor a sample: ${JSON.stringify(line)}`);
  if (family === undefined) throw new Error(`a sample without a family: ${line}`);
  if (!(SUFFIXES[family.type] ?? []).some((suffix) => name === family.name + suffix)) {
    throw new Error(`the ${family.type} ${family.name} has no such sample: ${line}`);
  }
  if (!NUMBER.test(value)) throw new Error(`no number: ${line}`);
  const number = Number(value.replace(/^\+?inf.*$/i, "Infinity").replace(/^nan$/i, "NaN"));
  family.samples.push({ name, labels: readLabels(labels ?? "", line), value: number });
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ""; ) {
    const [whole = "", name = "", value = ""] = LABEL.exec(rest) ?? [];
    if (whole === "" || name in labels) throw new Error(`labels that are wrong: ${line}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(whole.length);
    if (rest === "" && whole.endsWith(",")) throw new Error(`a comma behind the last label: ${line}`);
  }
  return labels;
}

function check({ name, type, samples }: MetricFamily, families: ReadonlyMap<string, MetricFamily>): void {
  if (type === "") throw new Error(`${name} has no type`);
  const seen = new Set<string>();
  for (const sample of samples) {
    const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(key)) throw new Error(`twice: ${key}`);
    seen.add(key);
    if (sample.name !== name && families.has(sample.name)) throw new Error(`${sample.name} is of two families`);
    const mayBeBelowZero = type === "gauge" || type === "summary";
    if (!mayBeBelowZero && !(sample.value >= 0)) throw new Error(`a ${type} below zero: ${key} ${sample.value}`);
  }
}
