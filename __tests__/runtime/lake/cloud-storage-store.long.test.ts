import { createCloudStorageStore } from "../../../runtime/lake/cloud-storage-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import { type FakeGcsServer, startFakeGcsServer } from "../../support/fake-gcs-server";
import { describeWithTool } from "../../support/requires";
import { bytes, names, objectStoreContract, text } from "./object-store-contract";

/** Cloud Storage's driver on fake-gcs-server; what that never answers is in cloud-storage-store.test.ts. */

describeWithTool("go", "Cloud Storage's driver", () => {
  let server: FakeGcsServer;
  let buckets = 0;

  beforeAll(async () => {
    server = await startFakeGcsServer();
  }, 180_000);
  afterAll(() => server?.stop());

  async function newBucket(): Promise<string> {
    buckets += 1;
    const bucket = `rhythmic-test-${buckets}`;
    await server.makeBucket(bucket);
    return bucket;
  }
  const open = (bucket: string, prefix = ""): Promise<ObjectStore> =>
    createCloudStorageStore(bucket, prefix, { apiEndpoint: server.endpoint });

  objectStoreContract("a bucket", async () => open(await newBucket()));
  objectStoreContract("a part of a bucket", async () => open(await newBucket(), "some/prefix"));

  test("keeps two lakes of one bucket apart, also where one's name begins like the other's", async () => {
    const bucket = await newBucket();
    const [one, other] = [await open(bucket, "lake"), await open(bucket, "lake-2")];
    await one.create("a", bytes("one"));
    await other.create("a", bytes("other"));
    expect(await names(one, "")).toEqual(["a"]);
    expect(text(await other.get("a"))).toBe("other");
    expect(await names(await open(bucket), "")).toEqual(["lake-2/a", "lake/a"]);
    expect(one.url).toBe(`gs://${bucket}/lake`);
    expect(one.uri("a")).toBe(`gs://${bucket}/lake/a`);
  });

  test("lists more than a page, in order and from a name on", async () => {
    const store = await open(await newBucket());
    const all = Array.from({ length: 2_345 }, (_, index) => `log/${String(index).padStart(20, "0")}.json`);
    for (let from = 0; from < all.length; from += 100) {
      await Promise.all(all.slice(from, from + 100).map((name) => store.create(name, bytes("{}"))));
    }
    expect(await names(store, "log/")).toEqual(all);
    expect(await names(store, "log/", all[1_111])).toEqual(all.slice(1_111));
  }, 60_000);

  test("brings megabytes there and back as they were", async () => {
    const store = await open(await newBucket());
    const large = new Uint8Array(20 * 1_048_576).map((_, index) => (index * 2_654_435_761) >>> 13);
    await store.create("large.parquet", large);
    expect(Buffer.compare((await store.get("large.parquet")) ?? new Uint8Array(), large)).toBe(0);
    const end = await store.getRange("large.parquet", large.length - 8, large.length);
    expect(Buffer.compare(end, large.subarray(-8))).toBe(0);
  });

  test("says which bucket is not there", async () => {
    await expect(open("no-such-bucket")).rejects.toMatchObject({
      code: "lake_unusable",
      message: expect.stringMatching(
        /^The lake gs:\/\/no-such-bucket can't be listed: there is no bucket no-such-bucket;/,
      ),
    });
  });
});
