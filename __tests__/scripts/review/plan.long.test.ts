import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { markdownOf } from "../../../scripts/review/markdown";
import { exitCodeOf } from "../../../scripts/review/model";
import { reviewPlans } from "../../../scripts/review/plan";
import { describeWithTool } from "../../support/requires";

/** Terraform's built-in resource needs no provider, so that a real plan can be made without a network. */
const CONFIGURATION = {
  variable: { value: { default: "one" }, secret: { default: "hunter2", sensitive: true } },
  resource: {
    terraform_data: {
      updated: { input: "${" + "var.value}" },
      remade: { input: "x", triggers_replace: ["${" + "var.value}"] },
      secret: { input: "${" + "var.secret}" },
      same: { input: "same" },
    },
  },
};

describeWithTool("terraform", "a plan that Terraform has made", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "rhythmic-terraform-"));
    writeFileSync(path.join(folder, "main.tf.json"), JSON.stringify(CONFIGURATION));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("reads as what it does, without its secret", () => {
    const terraform = (...args: string[]) =>
      execFileSync("terraform", args, {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
      });
    terraform("init", "-input=false");
    terraform("apply", "-auto-approve", "-input=false");
    terraform("plan", "-input=false", "-var=value=two", "-var=secret=hunter3", "-out=plan");
    const file = path.join(folder, "plan.json");
    writeFileSync(file, terraform("show", "-json", "plan"));

    const review = reviewPlans([{ stack: "data", file }]);
    const page = markdownOf(review);
    expect(page.split("\n").filter((line) => /^ *- /.test(line))).toEqual([
      "- **replaced** `terraform_data.remade`, forced by `triggers_replace`.",
      "  - `triggers_replace`: − `one`, + `two`",
      "- **changed** `terraform_data.secret`.",
      "  - `input`: (sensitive) -> (sensitive, another value)",
      "- **changed** `terraform_data.updated`.",
      "  - `input`: `one` -> `two`",
    ]);
    expect(page + JSON.stringify(review)).not.toContain("hunter");
    expect(exitCodeOf(review)).toBe(3);
  }, 120_000);
});
