import { quoteNames } from "../../../runtime/warehouse/backticks";

describe("names in backticks", () => {
  it.each([
    ["FROM `marts.fact_streams` AS f", 'FROM "marts"."fact_streams" AS f'],
    ["FROM `my-project.marts.fact_streams`", 'FROM "marts"."fact_streams"'],
    ["SELECT '`marts.x`', 'it''s `y`' FROM `z`", "SELECT '`marts.x`', 'it''s `y`' FROM \"z\""],
    ["SELECT 1 -- of `marts.x`\nFROM `a.b`", 'SELECT 1 -- of `marts.x`\nFROM "a"."b"'],
    ["SELECT /* `marts.x`\n`y` */ 1 FROM `a.b`", 'SELECT /* `marts.x`\n`y` */ 1 FROM "a"."b"'],
    ['FROM `a."b`', 'FROM "a"."""b"'],
    ['SELECT "a" FROM t', 'SELECT "a" FROM t'],
  ])("%j becomes %j", (portable, duckDb) => {
    expect(quoteNames(portable)).toBe(duckDb);
  });
});
