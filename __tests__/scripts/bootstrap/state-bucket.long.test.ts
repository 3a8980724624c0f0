import { Storage } from "@google-cloud/storage";
import { ensureStateBucket } from "../../../scripts/bootstrap/state-bucket";
import { selectEnvironment } from "../../../stacks/environments";
import { startFakeGcsServer } from "../../support/fake-gcs-server";
import { describeWithTool } from "../../support/requires";

const environment = selectEnvironment({ RHYTHMIC_PROJECT: "acme-music" });

describeWithTool("go", "on a server that is not ours", () => {
  let server: Awaited<ReturnType<typeof startFakeGcsServer>>;
  beforeAll(async () => {
    server = await startFakeGcsServer();
  }, 600_000);
  afterAll(() => server.stop());

  test("the bucket is made where it should be, with versions, and found again", async () => {
    const storage = new Storage({ projectId: "acme-music", apiEndpoint: server.endpoint });
    const made = await ensureStateBucket(storage, environment, false);
    expect(new Set(made.map(({ done }) => done))).toEqual(new Set(["made"]));
    const found = await ensureStateBucket(storage, environment, true);
    expect(found[0]).toEqual({ what: "bucket", done: "found", now: "in us-central1" });
    expect(found.find(({ what }) => what === "versioning")?.done).toBe("found");
    // It forgets the rest (labels, lifecycle, who may read) and takes no part of a bucket for the whole of it, so what
    // is repaired there is tested on a double of our own.
  });
});
