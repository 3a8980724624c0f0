import { ProgramAccount } from "../../stacks/constructs/program-account";
import { FoundationStack } from "../../stacks/foundation-stack";
import { LakeStack } from "../../stacks/lake-stack";
import { keyNameOf } from "../../stacks/names";
import { PlatformStack } from "../../stacks/platform-stack";
import { blockOf, environmentFor, resourceAt, synthesizeOnly } from "./one-stack";

class Programs extends PlatformStack {}

/** The lake, and two programs with their grants on it. */
const lakeOf = (name: "dev" | "prod") =>
  synthesizeOnly((app) => {
    const environment = environmentFor(name);
    const lake = new LakeStack(app, environment, { foundation: new FoundationStack(app, environment) });
    const programs = new Programs(app, "programs", environment, [lake]);
    lake.grantTables(new ProgramAccount(programs, "processor", environment, "processor", "Writes."));
    lake.grantLoads(new ProgramAccount(programs, "loader", environment, "loader", "Loads."));
  });
const dev = lakeOf("dev");
const prod = lakeOf("prod");
const BUCKET = "projects/_/buckets/acme-music-rhythmic-dev-lake";

const conditionOf = (path: string) =>
  blockOf(resourceAt(dev, "google_storage_bucket_iam_member", path).attributes.condition)?.expression;

test("nothing but old data files of tables changes its storage class, and no rule deletes anything", () => {
  for (const platform of [dev, prod]) {
    expect(resourceAt(platform, "google_storage_bucket", "lake/bucket").attributes.lifecycle_rule).toEqual([
      { action: { type: "AbortIncompleteMultipartUpload" }, condition: { age: 7 } },
      {
        action: { type: "SetStorageClass", storage_class: "NEARLINE" },
        condition: {
          age: 90,
          matches_prefix: ["events/", "dead_letters/"],
          matches_suffix: [".parquet"],
          matches_storage_class: ["STANDARD"],
        },
      },
    ]);
  }
});

test("the lake is private, logs who reads and writes it, and takes back what was deleted", () => {
  expect(resourceAt(prod, "google_storage_bucket", "lake/bucket").attributes).toMatchObject({
    uniform_bucket_level_access: true,
    public_access_prevention: "enforced",
    logging: { log_bucket: "acme-music-rhythmic-prod-logs", log_object_prefix: "lake" },
    soft_delete_policy: { retention_duration_seconds: 30 * 86_400 },
  });
});

test("prod's lake is encrypted with its own key and can't be destroyed by accident; dev's is neither", () => {
  expect(resourceAt(prod, "google_storage_bucket", "lake/bucket").attributes).toMatchObject({
    encryption: { default_kms_key_name: keyNameOf(environmentFor("prod"), "lake") },
    lifecycle: { prevent_destroy: true },
    force_destroy: false,
  });
  expect(resourceAt(dev, "google_storage_bucket", "lake/bucket").attributes).not.toHaveProperty("encryption");
});

test("the processor owns the tables, and nothing else: it may list, for Cloud Storage grants that on buckets only", () => {
  expect(conditionOf("processor/own-tables")).toBe(
    `resource.name.startsWith("${BUCKET}/objects/events/") || ` +
      `resource.name.startsWith("${BUCKET}/objects/dead_letters/") || resource.name == "${BUCKET}"`,
  );
});

test("the loader creates objects under loads/ alone, and reads the rest", () => {
  const roles = dev
    .ofType("google_storage_bucket_iam_member")
    .filter(({ path }) => path.startsWith("loader/"))
    .map(({ attributes }) => attributes.role);
  expect(roles.sort()).toEqual([
    "roles/storage.legacyBucketReader",
    "roles/storage.objectCreator",
    "roles/storage.objectViewer",
  ]);
  expect(conditionOf("loader/write-plans")).toBe(`resource.name.startsWith("${BUCKET}/objects/loads/")`);
});

test("whoever has deployed it is told how to look into it", () => {
  const outputs = dev.stacks.find(({ name }) => name === "lake")?.outputs ?? {};
  expect(outputs.lake_url?.value).toBe("gs://acme-music-rhythmic-dev-lake");
  expect(Object.keys(outputs).sort()).toEqual(["lake_url", "latest_commits", "tables"]);
});

test("a bucket's name that is too long stops the synthesis with the construct's path", () => {
  const project = "p".repeat(46);
  const declare = () =>
    synthesizeOnly((app) => {
      const environment = environmentFor("prod", { project });
      new LakeStack(app, environment, {
        foundation: new FoundationStack(app, { ...environment, project: "acme-music" }),
      });
    });
  expect(declare).toThrow(`lake/lake/bucket: name is "${project}-rhythmic-prod-lake"; allowed: 3 to 63 lower-case`);
});
