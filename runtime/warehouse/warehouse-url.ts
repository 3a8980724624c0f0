import { RhythmicError } from "../support/errors";

/** Where a warehouse lies, as its URL says. */
export type WarehousePlace = { readonly kind: "duckdb"; readonly path: string };

/**
 * Reads a warehouse's URL: a DuckDB file, or `bigquery://project/dataset-prefix` once its driver is there.
 * @throws RhythmicError unsupported, bad_settings
 */
export function parseWarehouseUrl(url: string): WarehousePlace {
  if (url.startsWith("bigquery://")) {
    throw new RhythmicError(
      "unsupported",
      `The warehouse ${url} is in BigQuery, whose driver is not built yet; give a local .duckdb file instead.`,
    );
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined) {
    throw new RhythmicError(
      "bad_settings",
      `The warehouse ${url} begins with ${scheme}://; allowed are a .duckdb file and bigquery://project/dataset-prefix.`,
    );
  }
  if (!url.endsWith(".duckdb")) {
    throw new RhythmicError(
      "bad_settings",
      `The warehouse ${url} does not end in .duckdb; allowed are a .duckdb file and bigquery://project/dataset-prefix.`,
    );
  }
  return { kind: "duckdb", path: url };
}
