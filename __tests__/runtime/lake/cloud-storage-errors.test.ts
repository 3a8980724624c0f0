import { CloudStorageFailure, explain, patiently, saysNoBucket } from "../../../runtime/lake/cloud-storage-errors";

/** What comes of a machine's or a person's credentials, which the stand-ins do not ask for. */

const REQUEST = { url: "gs://lake", bucket: "lake", doing: "read", permission: "storage.objects.get" } as const;
const PATIENCE = { tryMaxMs: 500, triesMax: 3, triesBeginMaxMs: 5_000, backoffMs: 1 };
const sentenceOf = (error: Error) => String((explain(new CloudStorageFailure(error, 1), REQUEST) as Error).message);

test("a metadata server without an account is no missing object and no missing bucket", () => {
  const message =
    "A Not Found error was returned while attempting to retrieve an accesstoken for the Compute Engine built-in service " +
    "account. This may be because the Compute Engine instance does not have any permission scopes specified: Could not " +
    "refresh access token: Unsuccessful response status code. Request failed with status code 404";
  const error = Object.assign(new Error(message), { status: 404, code: "404" });
  const failure = new CloudStorageFailure(error, 1);
  expect([failure.status, saysNoBucket(failure)]).toEqual([undefined, false]);
  expect(sentenceOf(error)).toMatch(
    /^The lake gs:\/\/lake can't be read: this machine gives its programs no access token \(.*\); it needs a service account/,
  );
});

test("a metadata server that is busy is asked again", async () => {
  let tries = 0;
  const answer = await patiently(PATIENCE, async () => {
    tries += 1;
    if (tries < 3) throw Object.assign(new Error("Could not refresh access token: busy"), { status: 503 });
    return "a token";
  });
  expect([answer, tries]).toEqual(["a token", 3]);
});

test.each<[string, Error, RegExp]>([
  [
    "no credentials at all",
    new Error("Could not load the default credentials. Browse to https://cloud.google.com/docs/authentication ..."),
    /there are no Google credentials that are valid now; a machine has those of its account, elsewhere run gcloud auth/,
  ],
  [
    "a login that has expired",
    Object.assign(new Error("invalid_grant"), { status: 400 }),
    /there are no Google credentials that are valid now/,
  ],
  [
    "a file of credentials that is not there",
    new Error("The file at /nowhere/key.json does not exist, or it is not a file."),
    /the file that GOOGLE_APPLICATION_CREDENTIALS names holds no credentials \(The file at \/nowhere\/key\.json/,
  ],
])("says what to do about %s, and asks once", async (_what, error, sentence) => {
  expect(sentenceOf(error)).toMatch(sentence);
  let tries = 0;
  const asked = patiently(PATIENCE, async () => {
    tries += 1;
    throw error;
  });
  await expect(asked).rejects.toBeInstanceOf(CloudStorageFailure);
  expect(tries).toBe(1);
});

test("what is no answer of Cloud Storage is handed through", () => {
  const defect = new TypeError("x is not a function");
  expect(explain(defect, REQUEST)).toBe(defect);
});
