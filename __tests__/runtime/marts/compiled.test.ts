import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { compiledMarts } from "../../../runtime/marts/compiled";
import compiled from "../../../runtime/marts/compiled.json";
import { nameOf } from "../../../runtime/marts/graph";
import { EVENTS } from "../../../runtime/schema/events";
import { compileMarts } from "../../../scripts/generate-files/compile-marts";

/** Functions that mean the same in GoogleSQL and, with the driver's macros, in DuckDB. */
const PORTABLE_FUNCTIONS = [
  ..."CAST COUNT DATE DIV EXTRACT IF IFNULL LAG LEAD LENGTH MAX MD5 MIN MOD ROUND ROW_NUMBER SAFE_DIVIDE SUM".split(
    " ",
  ),
  ..."TIMESTAMP_MICROS TIMESTAMP_MILLIS TO_HEX UNIX_MILLIS UNIX_SECONDS".split(" "),
];
/** Words that may stand before a bracket and are no functions. */
const KEYWORDS = "AND AS BY FROM IN NOT OR OVER SELECT UNION USING WHERE HAVING ON".split(" ");

const texts = [...compiled.tables, ...compiled.assertions].flatMap((action) => {
  const { query, incrementalQuery, incrementalPreOps } = action as {
    query: string;
    incrementalQuery?: string;
    incrementalPreOps?: string[];
  };
  return [query, incrementalQuery ?? "", ...(incrementalPreOps ?? [])].map(
    (sql) => [nameOf(action.target), sql] as const,
  );
});

describe("the compiled marts", () => {
  it("are those of the Dataform project", async () => {
    const committed = await readFile(resolve(__dirname, "../../../runtime/marts/compiled.json"), "utf8");
    // Where this fails: npm run generate-files
    expect(await compileMarts()).toBe(committed);
  });

  it("hold the marts that the architecture promises", () => {
    const names = compiledMarts.actions.map((action) => nameOf(action.target));
    expect(names).toEqual(
      expect.arrayContaining(
        ["dim_users", "dim_songs", "dim_artists", "dim_location", "dim_datetime", "fact_streams", "wide_streams"]
          .concat(["listens_hourly", "top_songs", "top_artists", "active_users_daily", "conversions_daily"])
          .map((name) => `marts.${name}`),
      ),
    );
  });

  it("run after everything that they read", () => {
    const seen = new Set(compiled.declarations.map((declaration) => nameOf(declaration.target)));
    for (const action of compiledMarts.actions) {
      expect(action.dependencies.filter((name) => !seen.has(name))).toEqual([]);
      seen.add(nameOf(action.target));
    }
  });

  it("read every topic's staging table, and none that is not there", () => {
    const declared = compiled.declarations.map((declaration) => nameOf(declaration.target));
    expect(declared).toEqual(["control.touched_hours", ...EVENTS.map((event) => `staging.${event.topic}`).sort()]);
  });

  it.each(compiled.tables.map((table) => [nameOf(table.target), table] as const))(
    "%s says in sentences what it and its columns are",
    (_, table) => {
      const { description, columns } = table.actionDescriptor;
      expect(description.length).toBeGreaterThan(10);
      expect(columns.length).toBeGreaterThan(0);
      for (const column of columns) expect(column.description).toMatch(/[.?]$/);
    },
  );

  it.each(compiled.tables.filter((table) => table.target.schema === "marts" && table.type !== "view"))(
    "$target.name asserts that its key is unique",
    (table) => {
      const asserted = compiled.assertions.map((assertion) => assertion.target.name);
      expect(asserted).toContain(`marts_${table.target.name}_assertions_uniqueKey_0`);
    },
  );

  it.each(texts)("%s calls portable functions alone", (_, sql) => {
    const called = [...sql.replaceAll(/'[^']*'/g, "''").matchAll(/\b([A-Za-z_][A-Za-z_0-9]*)\s*\(/g)].map(
      ([, name]) => name,
    );
    // The names of common table expressions stand before a bracket only in lower case.
    expect(called.filter((name) => !PORTABLE_FUNCTIONS.includes(name ?? "") && !KEYWORDS.includes(name ?? ""))).toEqual(
      [],
    );
  });

  it.each(texts)("%s avoids what needs rewriting or means two things", (_, sql) => {
    const code = sql.replaceAll(/'[^']*'/g, "''");
    for (const avoided of [
      /"/,
      /\bUNNEST\b/i,
      /\* EXCEPT\b/i,
      /\[/,
      /\bNUMERIC\b/i,
      /\bAS TIMESTAMP\b/i,
      /@/,
      /\bDAYOFWEEK\b/i,
      /\\/,
    ]) {
      expect(code).not.toMatch(avoided);
    }
  });
});
