import { martsGraph, nameOf } from "../../../runtime/marts/graph";

const action = (name: string, dependencies: readonly string[] = [], more: Record<string, unknown> = {}) => ({
  target: { schema: "marts", name },
  type: "table",
  query: "SELECT 1 AS x",
  dependencyTargets: dependencies.map((dependency) => ({ schema: "marts", name: dependency })),
  ...more,
});

describe("the graph of the marts", () => {
  it("puts dependencies first, and names in order where nothing else decides", () => {
    const tables = [action("d", ["b"]), action("c"), action("a", ["d"]), action("b")];
    const { actions } = martsGraph({ tables, operations: [], assertions: [] });
    expect(actions.map(({ target }) => nameOf(target))).toEqual(["marts.b", "marts.c", "marts.d", "marts.a"]);
  });

  it("refuses a circle", () => {
    const tables = [action("a", ["b"]), action("b", ["a"])];
    expect(() => martsGraph({ tables, operations: [], assertions: [] })).toThrow(
      /depend on each other: marts.a, marts.b/,
    );
  });

  it.each([
    ["a kind of table", { type: "materialized" }, /is of type materialized/],
    ["a feature", { postOps: ["SELECT 1"] }, /uses postOps/],
  ])("refuses %s that the executor does not know, instead of leaving it out", (_, more, message) => {
    expect(() => martsGraph({ tables: [action("a", [], more)], operations: [], assertions: [] })).toThrow(message);
  });
});
