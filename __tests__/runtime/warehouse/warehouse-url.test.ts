import { duckDbPathOf, parseWarehouseUrl } from "../../../runtime/warehouse/warehouse-url";

describe("a warehouse's URL", () => {
  it("is a DuckDB file", () => {
    const place = parseWarehouseUrl("some/where/w.duckdb");
    expect(place).toEqual({ kind: "duckdb", path: "some/where/w.duckdb" });
    expect(duckDbPathOf(place)).toBe("some/where/w.duckdb");
  });

  it("is a project and what its datasets begin with, for which there is no driver yet", () => {
    const url = "bigquery://rhythmic-example/rhythmic_dev";
    const place = parseWarehouseUrl(url);
    expect(place).toEqual({ kind: "bigquery", url, project: "rhythmic-example", datasetPrefix: "rhythmic_dev" });
    const attempt = () => duckDbPathOf(place);
    expect(attempt).toThrow(expect.objectContaining({ code: "unsupported" }));
    expect(attempt).toThrow(/rhythmic_dev is in BigQuery, whose driver is not built yet; give a local \.duckdb file/);
  });

  it.each([
    ["bigquery://project", /does not name a project and, after a slash, letters/],
    ["bigquery://project/data-set", /does not name a project and, after a slash, letters/],
    ["postgres://host/db", /begins with postgres:\/\/; allowed are/],
    ["warehouse", /does not end in \.duckdb; allowed are/],
  ])("is not %s", (url, message) => {
    const attempt = () => parseWarehouseUrl(url);
    expect(attempt).toThrow(expect.objectContaining({ code: "bad_settings" }));
    expect(attempt).toThrow(message);
  });
});
