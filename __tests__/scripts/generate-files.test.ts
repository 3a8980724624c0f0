import { readFileSync } from "node:fs";
import path from "node:path";
import { EVENTS } from "../../runtime/schema/events";
import { fillBlocks, markdownTable } from "../../scripts/generate-files/blocks";
import { grantBlocks } from "../../scripts/generate-files/grant-blocks";
import { quotingPages } from "../../scripts/generate-files/pages";
import { PERSONAL } from "../../scripts/generate-files/personal-data";
import { declareAll, type Environments } from "../../scripts/generate-files/platforms";
import { constantIn } from "../../scripts/generate-files/source-constants";
import { platformOf, type SynthesizedResource } from "../../stacks/synthesis/synthesized";
import { removeFakeBundles } from "../stacks/fake-bundles";

jest.mock("../../stacks/constructs/bundle", () => require("../stacks/fake-bundles").bundleModule);
afterAll(removeFakeBundles);

const ROOT = path.join(__dirname, "../..");
let environments: Environments;
beforeAll(() => {
  environments = declareAll();
});

describe("pages that quote the platform", () => {
  test.each([
    "docs/deploy.md",
    "docs/security.md",
    "docs/metrics.md",
    "docs/gcp_optimization.md",
    "docs/kafka_optimization.md",
  ])("%s quotes what the stacks declare (npm run generate-files writes it)", (page) => {
    const must = new Map(quotingPages(environments)).get(page);
    expect(readFileSync(path.join(ROOT, page), "utf8")).toBe(must);
  });

  test("every grant stands in the table of grants with its reason", () => {
    const { grants = "" } = grantBlocks(environments);
    const rows = grants.split("\n").slice(2);
    for (const row of rows) expect(row.split(" | ")[4]).toMatch(/^[A-Z].*[.]$/);
    const { platform } = environments.prod;
    const declared = platform.resources.filter(({ type }) => /_iam_(member|binding|policy)$/.test(type));
    expect(rows.filter((row) => !row.endsWith("dev only |"))).toHaveLength(declared.length);
  });

  test("a grant that only one environment has says so", () => {
    const added: SynthesizedResource = {
      stack: "lake",
      type: "google_storage_bucket_iam_member",
      id: "x",
      path: "x",
      why: "To see whether it is noticed.",
      attributes: { bucket: "b", role: "roles/storage.admin", member: "user:a@example.com" },
    };
    const { platform, environment } = environments.dev;
    const stacks = platform.stacks.map((stack) => ({ ...stack, resources: [...stack.resources, added] }));
    const dev = { environment, platform: platformOf(stacks.slice(0, 1)) };
    const { grants } = grantBlocks({ ...environments, dev });
    expect(grants).toContain(
      "| lake | `user:a@example.com` | `storage.admin` | storage bucket `b` | To see whether it is noticed. | dev only |",
    );
  });
});

test("every field of the events is judged: does it say something of a person?", () => {
  const columns = new Set(EVENTS.flatMap(({ fields }) => fields.map(({ column }) => column)));
  expect(Object.keys(PERSONAL).sort()).toEqual([...columns].sort());
});

describe("generated parts", () => {
  const page = "before\n<!-- generated: a, by npm run generate-files -->\nold\n<!-- end of a -->\nafter\n";

  test("are replaced, and nothing else is", () => {
    expect(fillBlocks("p.md", page, { a: "new" })).toBe(page.replace("old", "new"));
  });

  test("that a page lacks, or that nothing generates, are errors", () => {
    expect(() => fillBlocks("p.md", page, { a: "new", b: "x" })).toThrow(
      "p.md has no part b; add its two marker lines.",
    );
    expect(() => fillBlocks("p.md", page, {})).toThrow("p.md has a part a, which nothing generates.");
  });

  test("hold tables whose cells can't break them", () => {
    expect(markdownTable(["x"], [["a|b"]])).toBe("| x |\n|---|\n| a\\|b |");
  });

  test("quote constants from the source, and refuse what is no number", () => {
    expect(constantIn("runtime/kafka/kafkajs-sink.ts", "BATCH_BYTES_MAX")).toBeGreaterThan(1024);
    expect(() => constantIn("runtime/kafka/kafkajs-sink.ts", "HEADERS")).toThrow(/has no constant HEADERS/);
  });
});
