import { parseWarehouseUrl } from "../../../runtime/warehouse/warehouse-url";

describe("a warehouse's URL", () => {
  it("is a DuckDB file", () => {
    expect(parseWarehouseUrl("some/where/w.duckdb")).toEqual({ kind: "duckdb", path: "some/where/w.duckdb" });
  });

  it.each([
    ["bigquery://project/rhythmic", "unsupported", /driver is not built yet/],
    ["postgres://host/db", "bad_settings", /begins with postgres:\/\/; allowed are/],
    ["warehouse", "bad_settings", /does not end in \.duckdb; allowed are/],
  ])("is not %s", (url, code, message) => {
    const attempt = () => parseWarehouseUrl(url);
    expect(attempt).toThrow(expect.objectContaining({ code }));
    expect(attempt).toThrow(message);
  });
});
