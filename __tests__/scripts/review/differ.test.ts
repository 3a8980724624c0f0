import fc from "fast-check";
import { changedFiles } from "../../../scripts/review/bundle-files";
import { attributeChanges } from "../../../scripts/review/differ";
import { changeLine, shown, withoutReferences } from "../../../scripts/review/text";

const changes = (before: Record<string, unknown>, after: Record<string, unknown>) =>
  attributeChanges(before, after).map(changeLine);

test("nothing differs from itself, in whatever order", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (attributes) => {
      const turned = Object.fromEntries(Object.entries(attributes).reverse());
      expect(attributeChanges(attributes, turned)).toEqual([]);
    }),
  );
});

test("what is absent, null and an empty list are the same", () => {
  expect(changes({ a: null, b: [] }, { c: null })).toEqual([]);
});

test("a block alone and a list of one are the same", () => {
  expect(changes({ policy: { type: "A" } }, { policy: [{ type: "A" }] })).toEqual([]);
  expect(changes({ policy: { type: "A" } }, { policy: [{ type: "B" }] })).toEqual(["`policy.type`: `A` -> `B`"]);
});

test("a list of texts tells what comes and goes", () => {
  expect(changes({ ranges: ["a", "b"] }, { ranges: ["b", "c"] })).toEqual(["`ranges`: − `a`, + `c`"]);
});

test("elements with names are paired by them, so that one that comes first moves nothing", () => {
  const before = {
    disk: [
      { name: "a", size: 1 },
      { name: "b", size: 2 },
    ],
  };
  const after = {
    disk: [
      { name: "new", size: 9 },
      { name: "a", size: 1 },
      { name: "b", size: 3 },
    ],
  };
  expect(changes(before, after)).toEqual(["`disk[b].size`: `2` -> `3`", '`disk[new]`: added, `{name: "new",size: 9}`']);
});

test("a text that holds JSON is compared by what it holds", () => {
  const dashboard = (title: string) => JSON.stringify({ displayName: "d", tiles: [{ title, width: 4 }] }, undefined, 2);
  expect(
    changes({ dashboard_json: dashboard("a") }, { dashboard_json: JSON.stringify(JSON.parse(dashboard("a"))) }),
  ).toEqual([]);
  expect(changes({ dashboard_json: '{"columns": 12}' }, { dashboard_json: '{"columns": 24}' })).toEqual([
    "`dashboard_json.columns`: `12` -> `24`",
  ]);
});

test("a long text tells the lines that differ", () => {
  expect(changes({ script: "a\nb\nc\n" }, { script: "a\nx\nc\n" })).toEqual(["`script`: − `b`, + `x`"]);
});

test("hashes are shortened, references read by name, long values cut in the middle", () => {
  expect(shown("0123456789abcdef".repeat(4))).toBe("`0123456789ab…`");
  expect(withoutReferences(`\${${"google_kms_crypto_key.keys_lake_15A6658D.id"}}`)).toBe("[keys_lake]");
  expect(withoutReferences(`serviceAccount:\${${"data.google_project.it.number"}}@x`)).toBe(
    "serviceAccount:[it's number]@x",
  );
  expect(shown("x".repeat(500)).length).toBeLessThan(80);
});

describe("the files of a bundle", () => {
  const bundle = (files: Record<string, string>) =>
    Object.entries(files)
      .map(([file, text]) => `// ${file}\n${text}\n`)
      .join("");

  test("those that differ are named, packages by their name", () => {
    const before = bundle({
      "runtime/a.ts": "1",
      "node_modules/@scope/pkg/x.js": "1",
      "node_modules/kafkajs/y.js": "1",
    });
    const after = bundle({
      "runtime/a.ts": "2",
      "node_modules/@scope/pkg/x.js": "2",
      "node_modules/kafkajs/y.js": "1",
    });
    expect(changedFiles(before, after)).toEqual(["node_modules/@scope/pkg", "runtime/a.ts"]);
  });

  test("a file whose names only got other numbers has not changed", () => {
    const before = bundle({ "runtime/a.ts": "new1();", "runtime/b.ts": "f({ level, label: parse2 });" });
    const after = bundle({ "runtime/a.ts": "other();", "runtime/b.ts": "f({ level: level2, label: parse3 });" });
    expect(changedFiles(before, after)).toEqual(["runtime/a.ts"]);
  });

  test("a file that comes or goes differs", () => {
    expect(changedFiles(bundle({}), bundle({ "runtime/a.ts": "1" }))).toEqual(["runtime/a.ts"]);
  });
});
