import { Storage } from "@google-cloud/storage";
import { report } from "../../../scripts/bootstrap";
import { ensureStateBucket } from "../../../scripts/bootstrap/state-bucket";
import { selectEnvironment } from "../../../stacks/environments";
import { type Failure, type FakeStorage, startFakeStorage } from "./fake-storage";

const environment = selectEnvironment({ RHYTHMIC_PROJECT: "acme-music" });
const NAME = "acme-music-rhythmic-state";

let fake: FakeStorage;
beforeEach(async () => {
  fake = await startFakeStorage();
});
afterEach(() => fake.stop());

/** @returns what a person reads */
async function bootstrap(dryRun = false): Promise<string> {
  // Where the endpoint is not Google's, the client asks nobody for credentials.
  const storage = new Storage({ projectId: "acme-music", apiEndpoint: fake.endpoint });
  return report(environment, await ensureStateBucket(storage, environment, dryRun));
}

test("a new bucket keeps versions and what was deleted, and can't be made public", async () => {
  const text = await bootstrap();
  expect(fake.buckets.get(NAME)).toMatchObject({
    project: "acme-music",
    location: "US-CENTRAL1",
    versioning: { enabled: true },
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: "enforced" },
    softDeletePolicy: { retentionDurationSeconds: 30 * 86_400 },
    labels: { platform: "rhythmic", purpose: "terraform-state" },
  });
  expect(text).toMatchInlineSnapshot(`
"State bucket acme-music-rhythmic-state of project acme-music:
  bucket                    made  in us-central1
  versioning                made  on
  uniform access            made  on
  public access prevention  made  enforced
  soft delete               made  30 days
  lifecycle                 made  keeps the newest 50 old versions of each state, and all current ones
  labels                    made  platform=rhythmic, purpose=terraform-state
Done."
`);
});

test("the lifecycle deletes old versions only, never a current state", async () => {
  await bootstrap();
  expect(fake.buckets.get(NAME)?.lifecycle?.rule).toEqual([
    { action: { type: "Delete" }, condition: { isLive: false, numNewerVersions: 50 } },
  ]);
});

test("a second run changes nothing, and says so", async () => {
  await bootstrap();
  const before = structuredClone(fake.buckets.get(NAME));
  const text = await bootstrap();
  expect(text).toMatch(/Nothing to change\.$/);
  expect(text).not.toMatch(/made|repaired/);
  expect(fake.buckets.get(NAME)).toEqual(before);
  expect(fake.changes.length).toBe(1);
});

test("what differs is repaired, what is not ours stays", async () => {
  await bootstrap();
  const made = fake.buckets.get(NAME);
  fake.buckets.set(NAME, {
    ...made,
    project: "acme-music",
    versioning: { enabled: false },
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: "inherited" },
    softDeletePolicy: { retentionDurationSeconds: "0" },
    lifecycle: { rule: [{ action: { type: "Delete" }, condition: { age: 30 } }] },
    labels: { team: "data", platform: "other" },
  });
  const text = await bootstrap();
  expect(text).toContain("versioning                repaired  on; was: off\n");
  expect(text).toContain("uniform access            found     on\n");
  expect(text).toContain("public access prevention  repaired  enforced; was: inherited\n");
  expect(text).toContain("soft delete               repaired  30 days; was: off\n");
  expect(text).toMatch(
    /lifecycle +repaired .*; was: other rules: \[\{"action":\{"type":"Delete"\},"condition":\{"age":30\}\}\]\n/,
  );
  expect(text).toMatch(/labels +repaired .*; was: platform=other\nDone\.$/);
  expect(fake.buckets.get(NAME)).toMatchObject({
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: "enforced" },
    lifecycle: made?.lifecycle,
    labels: { team: "data", platform: "rhythmic", purpose: "terraform-state" },
  });
  expect(fake.changes.at(-1)?.body.iamConfiguration).toEqual({ publicAccessPrevention: "enforced" });
  expect(await bootstrap()).toMatch(/Nothing to change\.$/);
});

test("a bucket that stands elsewhere stays there, and it is said", async () => {
  await bootstrap();
  fake.buckets.set(NAME, { ...fake.buckets.get(NAME), project: "acme-music", location: "EUROPE-WEST1" });
  const text = await bootstrap();
  expect(text).toContain("found  in europe-west1; dev is in us-central1, but a bucket can't move");
  expect(text).toMatch(/Nothing to change\.$/);
});

test("a dry run looks, says what it would do, and changes nothing", async () => {
  const make = await bootstrap(true);
  expect(make).toContain("bucket                    would make  in us-central1\n");
  expect(make).toMatch(/Nothing was changed: this is a dry run\.$/);
  expect(fake.changes).toEqual([]);
  await bootstrap();
  fake.buckets.set(NAME, { ...fake.buckets.get(NAME), project: "acme-music", versioning: { enabled: false } });
  expect(await bootstrap(true)).toContain("versioning                would repair  on; was: off\n");
  expect(fake.changes.length).toBe(1);
});

test("a bucket of this name in another project is refused, not used", async () => {
  fake.buckets.set(NAME, { name: NAME, project: "somebody-else", metageneration: "1" });
  await expect(bootstrap()).rejects.toMatchObject({
    reason: "taken",
    message: expect.stringMatching(
      /belongs to somebody else, not to acme-music: .* nothing was done\. .*another id\.$/,
    ),
  });
  expect(fake.buckets.get(NAME)).toEqual({ name: NAME, project: "somebody-else", metageneration: "1" });
});

test("a bucket whose making was answered with a conflict because an answer got lost is ours", async () => {
  fake.failNext("POST", {
    status: 409,
    message: "Your previous request to create the named bucket succeeded and you already own it.",
    reason: "conflict",
    before: (buckets) => buckets.set(NAME, { name: NAME, project: "acme-music", metageneration: "1" }),
  });
  expect(await bootstrap()).toMatch(/Done\.$/);
});

test.each<[string, string, Failure, string, RegExp]>([
  [
    "no credentials",
    "GET",
    { status: 401, message: "Anonymous caller does not have storage.buckets.list access.", reason: "required" },
    "credentials",
    /run gcloud auth application-default login, then this again\.$/,
  ],
  [
    "credentials that have expired",
    "GET",
    { status: 400, message: "invalid_grant", reason: "invalid" },
    "credentials",
    /run gcloud auth application-default login/,
  ],
  [
    "no right to list",
    "GET",
    { status: 403, message: "jo@acme.example does not have storage.buckets.list access.", reason: "forbidden" },
    "permission",
    /may not do storage\.buckets\.list in acme-music; ask an owner of the project for roles\/storage\.admin/,
  ],
  [
    "no right to make buckets",
    "POST",
    { status: 403, message: "jo@acme.example does not have storage.buckets.create access.", reason: "forbidden" },
    "permission",
    /may not do storage\.buckets\.create in acme-music/,
  ],
  [
    "an API that is off",
    "GET",
    {
      status: 403,
      message: "Cloud Storage JSON API has not been used in project 1 before or it is disabled.",
      reason: "accessNotConfigured",
    },
    "api_off",
    /run gcloud services enable storage\.googleapis\.com --project acme-music/,
  ],
  [
    "no billing",
    "POST",
    { status: 403, message: "The billing account for the owning project is disabled.", reason: "accountDisabled" },
    "billing",
    /gcloud billing projects link acme-music/,
  ],
  [
    "a project that isn't there",
    "GET",
    { status: 400, message: "Unknown project id: acme-music", reason: "invalid" },
    "no_project",
    /check RHYTHMIC_PROJECT against gcloud projects list\.$/,
  ],
])("%s is one sentence with a remedy", async (_, method, failure, reason, message) => {
  fake.failNext(method, failure);
  await expect(bootstrap()).rejects.toMatchObject({ reason, message: expect.stringMatching(message) });
  expect(fake.buckets.size).toBe(0);
});

test("a change by somebody else in the same moment is not overwritten", async () => {
  await bootstrap();
  fake.buckets.set(NAME, { ...fake.buckets.get(NAME), project: "acme-music", versioning: { enabled: false } });
  fake.failNext("PATCH", { status: 412, message: "A precondition did not hold.", reason: "conditionNotMet" });
  await expect(bootstrap()).rejects.toMatchObject({
    reason: "changed",
    message: expect.stringContaining("run this again"),
  });
});
