/**
 * The one rewriting that portable SQL needs for DuckDB: names in backticks become quoted names.
 *
 *     `marts.fact_streams`          ->  "marts"."fact_streams"
 *     `project.marts.fact_streams`  ->  "marts"."fact_streams"     a DuckDB file is its own project
 *
 * String literals and comments stay as they are. Backslash escapes are not part of the portable subset.
 */
const TOKEN = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\/|`([^`]+)`/g;

/** SQL of the portable subset with its backticked names quoted as DuckDB reads them. */
export function quoteNames(sql: string): string {
  return sql.replaceAll(TOKEN, (token, name: string | undefined) =>
    name === undefined
      ? token
      : name
          .split(".")
          .slice(-2)
          .map((part) => `"${part.replaceAll('"', '""')}"`)
          .join("."),
  );
}
