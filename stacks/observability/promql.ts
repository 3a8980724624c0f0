import { SynthesisError } from "../synthesis/synthesis-error";

declare const MADE_OF_METRICS: unique symbol;

/**
 * A query in PromQL that begins at a metric which the programs declare (signals.ts) or Google measures itself
 * (platform-metrics.ts). A plain text is none, so an alert on a metric that nobody exports does not compile.
 */
export type PromQl = string & { readonly [MADE_OF_METRICS]: true };

/** For the two files that know metrics by their names, and for nobody else. */
export function onMetric(query: string): PromQl {
  return query as PromQl;
}

/** What metrics' names have in PromQL (cloud.google.com/monitoring/promql/promql-mapping), in either way to write them. */
const NAME_OF_A_METRIC = /googleapis/;

/** A text in double quotes, which PromQL takes for a label's value and never for a metric. */
type QuotedText = `"${string}"`;

/**
 * A query around at least one other: promql`sum(${lag}) > ${limit}`.
 * @throws SynthesisError: a metric that is named in the text, beside the declarations
 */
export function promql(
  texts: TemplateStringsArray,
  first: PromQl,
  ...others: readonly (PromQl | number | QuotedText)[]
): PromQl {
  const named = texts.find((text) => NAME_OF_A_METRIC.test(text));
  if (named !== undefined) {
    throw new SynthesisError(
      `A query names a metric in its text: ${named.trim()}; take it from signals.ts or platform-metrics.ts.`,
    );
  }
  return onMetric(String.raw({ raw: texts }, first, ...others));
}

/** Whatever one of them gives. */
export function eitherOf(queries: readonly PromQl[]): PromQl {
  return onMetric(queries.join(" or "));
}
