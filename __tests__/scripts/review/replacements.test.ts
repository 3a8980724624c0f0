import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ReplacementEntry } from "../../../scripts/review/replacement";
import { tableMustBeMadeAnew } from "../../../scripts/review/replacement-rules";
import { REPLACEMENTS, replacementOf } from "../../../scripts/review/replacement-table";
import { REPOSITORY_ROOT } from "../../../stacks/constructs/bundle";
import { ENVIRONMENT_NAMES } from "../../../stacks/environment-record";
import { synthesizePlatform } from "../../stacks/synthesize-platform";

jest.mock("../../../stacks/constructs/bundle", () => jest.requireActual("../../stacks/fake-bundles").bundleModule);
afterAll(jest.requireActual("../../stacks/fake-bundles").removeFakeBundles);

test.each(ENVIRONMENT_NAMES)("every type of resource that %s declares stands in the table", (name) => {
  const types = [...new Set(synthesizePlatform(name).resources.map(({ type }) => type))];
  expect(types.length).toBeGreaterThan(20);
  expect(types.filter((type) => replacementOf(type) === undefined)).toEqual([]);
});

/** The declaration of a type in the installed bindings; the built-in provider's is cdktf's own. */
function bindingOf(type: string): string {
  if (type === "terraform_data") return "node_modules/cdktf/lib/terraform-data-resource.d.ts";
  const [provider = "", ...words] = type.split("_");
  return `node_modules/@cdktf/provider-${provider}/lib/${words.join("-")}/index.d.ts`;
}

function attributesOf({ forcing, except = [], conditions = [] }: ReplacementEntry): string[] {
  const paths = [...(forcing === "every" ? [] : forcing), ...except, ...conditions.map(({ path }) => path)];
  return [...new Set(paths.flatMap((each) => each.split(".")))];
}

test.each(Object.entries(REPLACEMENTS))("%s names attributes that the provider has", (type, entry) => {
  const file = path.join(REPOSITORY_ROOT, bindingOf(type));
  expect({ file, exists: existsSync(file) }).toEqual({ file, exists: true });
  const binding = readFileSync(file, "utf8");
  const unknown = attributesOf(entry).filter((name) => {
    const property = name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    return !new RegExp(`\\b${property}\\??:|get ${property}\\(`).test(binding);
  });
  expect(unknown).toEqual([]);
});

test("every entry names the file and the commit that it was read from", () => {
  for (const { source } of Object.values(REPLACEMENTS)) {
    expect(source.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(source.file).toMatch(/^(google|internal)\/[\w/]+\.go( \(hashicorp\/terraform\))?$/);
  }
});

describe("a table of BigQuery", () => {
  const column = (name: string, type = "STRING", mode = "NULLABLE") => ({ name, type, mode });
  const before = [column("a", "INTEGER", "REQUIRED"), column("b")];

  test.each([
    ["takes another column that may be null", [...before, column("c")], false],
    ["takes no other column that is required", [...before, column("c", "STRING", "REQUIRED")], true],
    ["may lose a column", [before[0]], false],
    ["can't lose one while another comes: it may be a new name", [before[0], column("c")], true],
    ["may have a required column become nullable", [column("a", "INTEGER"), column("b")], false],
    ["can't have a nullable column become required", [before[0], column("b", "STRING", "REQUIRED")], true],
    ["knows two names of one type", [column("a", "INT64", "REQUIRED"), column("b")], false],
    ["can't change a type", [column("a", "FLOAT", "REQUIRED"), column("b")], true],
  ])("%s", (_, after, anew) => {
    expect(tableMustBeMadeAnew(JSON.stringify(before), JSON.stringify(after))).toBe(anew);
  });
});
