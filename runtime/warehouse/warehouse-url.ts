import { RhythmicError } from "../support/errors";

/** Where a warehouse lies, as its URL says. */
export type WarehousePlace =
  | { readonly kind: "duckdb"; readonly path: string }
  /** Datasets `<datasetPrefix>_staging` and so on of a project. */
  | { readonly kind: "bigquery"; readonly url: string; readonly project: string; readonly datasetPrefix: string };

const ALLOWED = "allowed are a .duckdb file and bigquery://project/dataset-prefix";
/**
 * cloud.google.com/resource-manager/docs/creating-managing-projects: 6 to 30 characters, older ones below a domain;
 * cloud.google.com/bigquery/docs/datasets#dataset-naming.
 */
const BIGQUERY = /^bigquery:\/\/((?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9])\/([A-Za-z0-9_]{1,200})$/;

/**
 * Reads a warehouse's URL: a DuckDB file, or `bigquery://project/dataset-prefix`.
 * @throws RhythmicError bad_settings
 */
export function parseWarehouseUrl(url: string): WarehousePlace {
  const wrong = (how: string) => new RhythmicError("bad_settings", `The warehouse ${url} ${how}; ${ALLOWED}.`);
  if (url.startsWith("bigquery://")) {
    const [, project, datasetPrefix] = BIGQUERY.exec(url) ?? [];
    if (project === undefined || datasetPrefix === undefined) {
      throw wrong("does not name a project and, after a slash, letters, digits and underscores");
    }
    return { kind: "bigquery", url, project, datasetPrefix };
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1];
  if (scheme !== undefined) throw wrong(`begins with ${scheme}://`);
  if (!url.endsWith(".duckdb")) throw wrong("does not end in .duckdb");
  return { kind: "duckdb", path: url };
}

/**
 * The file of a warehouse, for who has a driver for files alone.
 * @throws RhythmicError unsupported
 */
export function duckDbPathOf(place: WarehousePlace): string {
  if (place.kind === "duckdb") return place.path;
  throw new RhythmicError(
    "unsupported",
    `The warehouse ${place.url} is in BigQuery, whose driver is not built yet; give a local .duckdb file instead.`,
  );
}
