import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { markdownOf } from "../../../scripts/review/markdown";
import { exitCodeOf, type Review } from "../../../scripts/review/model";
import { reviewPlans } from "../../../scripts/review/plan";

/**
 * Plans written by hand in the format of developer.hashicorp.com/terraform/internals/json-format (format version 1.2);
 * plan.long.test.ts reads one that Terraform itself has made.
 */

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "rhythmic-plan-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Change {
  readonly actions: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  readonly [more: string]: unknown;
}

function resourceChange(type: string, name: string, change: Change, more: object = {}) {
  return { address: `${type}.${name}`, mode: "managed", type, name, change: { after_unknown: {}, ...change }, ...more };
}

function planFile(content: unknown, name = "plan.json"): string {
  const file = path.join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function reviewOf(changes: readonly unknown[], more: object = {}): Review {
  const plan = {
    format_version: "1.2",
    terraform_version: "1.11.4",
    planned_values: {},
    resource_changes: changes,
    ...more,
  };
  return reviewPlans([{ stack: "lake", file: planFile(plan) }]);
}

const BUCKET = {
  name: "acme-lake",
  location: "US-CENTRAL1",
  force_destroy: false,
  public_access_prevention: "enforced",
  self_link: "https://storage/acme-lake",
};

test("a plan without changes is told in one line", () => {
  const review = reviewOf([
    resourceChange("google_storage_bucket", "lake", { actions: ["no-op"], before: BUCKET, after: BUCKET }),
  ]);
  expect(markdownOf(review)).toMatch(/\nplan: nothing changes\.\n$/);
  expect(exitCodeOf(review)).toBe(0);
});

test("a replaced bucket is told first, with the paths that Terraform itself names", () => {
  const { self_link: _, ...known } = BUCKET;
  const review = reviewOf([
    resourceChange("google_storage_bucket", "lake", {
      actions: ["delete", "create"],
      before: BUCKET,
      after: { ...known, location: "EUROPE-WEST1" },
      after_unknown: { self_link: true, id: true },
      replace_paths: [["location"]],
    }),
  ]);
  const page = markdownOf(review);
  expect(page).toMatch(/> - lake: bucket `acme-lake` is destroyed and made anew, empty, because of `location`;/);
  expect(page).toContain("  - `location`: `US-CENTRAL1` -> `EUROPE-WEST1`\n");
  // Links and ids that the cloud makes up anew say nothing to a reader.
  expect(page).not.toContain("self_link");
  expect(exitCodeOf(review)).toBe(4);
});

test("sensitive values are never shown, only that they differ", () => {
  const before = { settings: [{ password: "hunter2", user: "a" }], token: "same" };
  const review = reviewOf([
    resourceChange("google_monitoring_notification_channel", "it", {
      actions: ["update"],
      before,
      after: { settings: [{ password: "hunter3", user: "b" }], token: "same" },
      before_sensitive: { settings: [{ password: true }], token: true },
      after_sensitive: { settings: [{ password: true }], token: true },
    }),
  ]);
  const page = markdownOf(review) + JSON.stringify(review);
  expect(page).toContain("  - `settings.password`: (sensitive) -> (sensitive, another value)\n");
  expect(page).toContain("  - `settings.user`: `a` -> `b`\n");
  expect(page).not.toMatch(/hunter|`same`|token/);
});

test("grants, firewalls and guards are told as from a synth", () => {
  const review = reviewOf([
    resourceChange("google_storage_bucket_iam_member", "grant", {
      actions: ["create"],
      before: null,
      after: { bucket: "acme-lake", role: "roles/storage.objectViewer", member: "allUsers", condition: [] },
    }),
    resourceChange("google_storage_bucket", "lake", {
      actions: ["update"],
      before: BUCKET,
      after: { ...BUCKET, force_destroy: true, public_access_prevention: "inherited" },
    }),
  ]);
  expect(review.dangers.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    "guard: bucket `acme-lake`: destroying the bucket takes its objects along (`force_destroy`).",
    "access: bucket `acme-lake`: public access is no longer refused (`public_access_prevention`).",
    "access: EVERYBODY (allUsers) gets roles/storage.objectViewer on bucket acme-lake.",
  ]);
  expect(exitCodeOf(review)).toBe(4);
});

test("a template that is made anew is told as a roll", () => {
  const template = (machine_type: string) => ({
    name_prefix: "rhythmic-dev-loader-",
    machine_type,
    metadata: { "rhythmic-program": "loader" },
  });
  const group = {
    name: "rhythmic-dev-loader",
    base_instance_name: "rhythmic-dev-loader",
    update_policy: [{ type: "PROACTIVE", max_surge_fixed: 1, max_unavailable_fixed: 0 }],
  };
  const review = reviewOf([
    resourceChange("google_compute_instance_template", "loader_template", {
      actions: ["create", "delete"],
      before: template("e2-small"),
      after: template("e2-medium"),
      after_unknown: { self_link_unique: true },
      replace_paths: [["machine_type"]],
    }),
    resourceChange("google_compute_instance_group_manager", "loader_group", {
      actions: ["update"],
      before: { ...group, version: [{ instance_template: "old" }] },
      after: { ...group, version: [{}] },
      after_unknown: { version: [{ instance_template: true }] },
    }),
  ]);
  const page = markdownOf(review);
  expect(page).toContain("- **rolled** loader. One new machine first, then an old one goes.\n");
  expect(page).toContain("  - because of the machine: `machine_type`: `e2-small` -> `e2-medium`\n");
  expect(page).toMatch(/\nplan: 0 created, 0 changed, 0 replaced, 0 destroyed; rolls loader; /);
});

test("drift, forgotten resources, reasons and an incomplete plan are said", () => {
  const review = reviewOf(
    [
      resourceChange(
        "terraform_data",
        "tainted",
        { actions: ["delete", "create"], before: {}, after: {} },
        { action_reason: "replace_because_tainted" },
      ),
      resourceChange("google_service_account", "kept", { actions: ["forget"], before: {}, after: null }),
    ],
    {
      errored: true,
      resource_drift: [resourceChange("google_dns_policy", "drifted", { actions: ["update"], before: {}, after: {} })],
    },
  );
  const page = markdownOf(review);
  expect(page).toContain("- **replaced** `terraform_data.tainted`, forced by `replace because tainted`.");
  expect(page).toContain("- lake: Terraform ended this plan with an error, so that it is not complete.");
  expect(page).toContain("- lake: changed in the cloud by somebody else: `google_dns_policy.drifted`.");
  expect(page).toContain("- lake: Terraform forgets `google_service_account.kept`, and leaves it in the cloud.");
});

test.each<[string, unknown, RegExp]>([
  ["text", "Terraform will perform", /is not the JSON of a plan; make it with: terraform show -json PLAN > FILE\.$/],
  ["other JSON", { version: 4 }, /is JSON, but not a plan; make it with/],
  ["nothing but null", "null", /is JSON, but not a plan/],
  ["another format", { format_version: "2.0", planned_values: {} }, /has the format version 2\.0; allowed: 1\.x\.$/],
])("%s is refused in one sentence", (_, content, message) => {
  expect(() => reviewPlans([{ stack: "lake", file: planFile(content) }])).toThrow(message);
});

test("a file that isn't there, and two plans of one name, are refused", () => {
  expect(() => reviewPlans([{ stack: "lake", file: path.join(folder, "nothing") }])).toThrow(
    /^The plan .* can't be read: ENOENT/,
  );
  const twice = [1, 2].map((number) => ({ stack: "lake", file: planFile("{}", `${number}.json`) }));
  expect(() => reviewPlans(twice)).toThrow("Two plans are named lake; tell them apart with --plan STACK=FILE.");
});
