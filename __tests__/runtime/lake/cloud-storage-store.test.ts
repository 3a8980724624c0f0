import { type CloudStorageOptions, createCloudStorageStore } from "../../../runtime/lake/cloud-storage-store";
import type { ObjectStore } from "../../../runtime/lake/object-store";
import {
  type CloudStorageStandIn,
  hangUp,
  json,
  media,
  refusal,
  silence,
  startCloudStorageStandIn,
} from "../../support/cloud-storage-stand-in";
import { eventually } from "../../support/eventually";
import { bytes, names, text } from "./object-store-contract";

/** What fake-gcs-server never answers: refusals, failures, silence. The rest is in cloud-storage-store.long.test.ts. */

const UPLOADED = json({ name: "object", generation: "1" });
const TAKEN = refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
const BUSY = refusal(503, "backendError", "We encountered an internal error. Please try again.");
const ACCOUNT = "rhythmic-dev-processor@rhythmic-example.iam.gserviceaccount.com";
const forbidden = (permission: string) =>
  refusal(
    403,
    "forbidden",
    `${ACCOUNT} does not have ${permission} access to the Google Cloud Storage object. Permission '${permission}' ` +
      "denied on resource (or it may not exist).",
  );
/** Three tries without much waiting. */
const QUICK: CloudStorageOptions = { tryMaxMs: 1_000, triesMax: 3, triesBeginMaxMs: 5_000, backoffMs: 5 };

let server: CloudStorageStandIn;
let store: ObjectStore;

beforeAll(async () => {
  server = await startCloudStorageStandIn();
});
afterAll(() => server.stop());
beforeEach(async () => {
  server.answers(json({}));
  store = await createCloudStorageStore("lake", "", { apiEndpoint: server.endpoint, ...QUICK });
});

describe("creating", () => {
  test("is one request that says: only where there is none, and with this checksum", async () => {
    server.answers(UPLOADED);
    expect(await store.create("a/b.json", bytes("123456789"))).toBe("created");
    expect(server.asked).toHaveLength(1);
    const [{ method, url, body } = { method: "", url: "", body: "" }] = server.asked;
    expect([method, url]).toEqual(["POST", expect.stringMatching(/uploadType=multipart/)]);
    expect(url).toMatch(/ifGenerationMatch=0/);
    // The check value of CRC-32C, 0xe3069283, in base64 (RFC 3720, appendix B.4).
    expect(body).toContain('"crc32c":"4waSgw=="');
    expect(body).toContain("123456789");
  });

  test("tries again where Cloud Storage is busy, with the same bytes", async () => {
    server.answers(BUSY, refusal(429, "rateLimitExceeded", "Too many requests."), UPLOADED);
    expect(await store.create("object", bytes("the bytes"))).toBe("created");
    expect(server.asked.map(({ body }) => body.includes("the bytes"))).toEqual([true, true, true]);
  });

  test("says exists where its own first try landed and the answer was lost: who must know reads it", async () => {
    server.answers(hangUp, TAKEN);
    expect(await store.create("object", bytes("x"))).toBe("exists");
    expect(server.asked).toHaveLength(2);
  });

  test("tries again where what arrived was damaged on the way", async () => {
    const damaged = 'Provided CRC32C "4waSgw==" doesn\'t match calculated CRC32C "AAAAAA==".';
    server.answers(refusal(400, "invalid", damaged), UPLOADED);
    expect(await store.create("object", bytes("123456789"))).toBe("created");
  });

  test("takes a refusal for a taken name where the object is there: that answers who may not delete", async () => {
    server.answers(forbidden("storage.objects.delete"), json({ name: "object", generation: "1" }));
    expect(await store.create("object", bytes("x"))).toBe("exists");
    expect(server.asked.map(({ method }) => method)).toEqual(["POST", "GET"]);
  });

  test("hands the refusal on where there is no such object: who lacks what, and where", async () => {
    server.answers(forbidden("storage.objects.create"), refusal(404, "notFound", "No such object: lake/object"));
    await expect(store.create("object", bytes("x"))).rejects.toMatchObject({
      code: "lake_unusable",
      message:
        `The lake gs://lake can't be written: the account ${ACCOUNT} lacks the permission storage.objects.create on ` +
        "the bucket lake; grant it, wait a minute, and start again.",
    });
  });

  test("gives up in bounded time where nobody answers, and says so", async () => {
    server.answers(silence);
    const startedMs = performance.now();
    await expect(store.create("object", bytes("x"))).rejects.toMatchObject({
      code: "lake_unreachable",
      message: expect.stringMatching(/^The lake gs:\/\/lake can't be written: .* in 3 tries \(.*\); check the network/),
    });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(server.asked).toHaveLength(3);
  });
});

describe("reading", () => {
  const CHECKED = { "x-goog-stored-content-encoding": "identity", "x-goog-hash": "crc32c=4waSgw==" };

  test("reads again what has another checksum than the object", async () => {
    server.answers(media("123456780", CHECKED), media("123456789", CHECKED));
    expect(text(await store.get("object"))).toBe("123456789");
    expect(server.asked).toHaveLength(2);
  });

  test("never hands out what stays damaged", async () => {
    server.answers(media("123456780", CHECKED));
    await expect(store.get("object")).rejects.toMatchObject({ code: "lake_unusable" });
    expect(server.asked).toHaveLength(3);
  });

  test("reads a range again where fewer bytes came than were promised", async () => {
    const range = { "content-range": "bytes 2-5/10" };
    server.answers(media("23", range, 206), media("2345", range, 206));
    expect(text(await store.getRange("object", 2, 6))).toBe("2345");
  });

  test("never takes the whole object for its range", async () => {
    server.answers(media("0123456789"));
    await expect(store.getRange("object", 2, 6)).rejects.toMatchObject({ code: "lake_unusable" });
  });

  test("a range beyond the end is empty", async () => {
    server.answers(refusal(416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied."));
    expect(await store.getRange("object", 20, 30)).toHaveLength(0);
  });

  test("reads again where the connection breaks in the middle", async () => {
    server.answers((response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("01234");
      setTimeout(() => response.destroy(), 20);
    }, media("0123456789"));
    expect(text(await store.get("object"))).toBe("0123456789");
  });

  test("reads again where an answer begins and then stops, and lets go of the first", async () => {
    let isLetGo = false;
    server.answers((response) => {
      response.on("close", () => {
        isLetGo = true;
      });
      response.writeHead(200, { "content-length": "10" });
      response.write("01234");
    }, media("0123456789"));
    expect(text(await store.get("object"))).toBe("0123456789");
    await eventually("the first connection is closed", () => isLetGo);
  });

  test("a missing object is no missing bucket", async () => {
    server.answers(media("No such object: lake/object", {}, 404));
    expect(await store.get("object")).toBeUndefined();
    server.answers(refusal(404, "notFound", "The specified bucket does not exist."));
    await expect(store.get("object")).rejects.toThrow(/there is no bucket lake;/);
    await expect(store.getRange("object", 0, 1)).rejects.toMatchObject({ code: "lake_unusable" });
    await expect(store.remove("object")).rejects.toMatchObject({ code: "lake_unusable" });
  });
});

describe("listing", () => {
  const page = (name: string, nextPageToken?: string) =>
    json({ items: [{ name, size: "5", timeCreated: "2026-01-01T00:00:00.000Z" }], nextPageToken });

  test("asks for a page when the one before has been used, and for no more than it needs", async () => {
    server.answers(page("a", "token-2"), page("b", "token-3"), page("c"));
    for await (const { name } of store.list("", { from: "a" })) if (name === "b") break;
    expect(server.asked.map(({ url }) => new URL(url, server.endpoint).searchParams.get("pageToken"))).toEqual([
      null,
      "token-2",
    ]);
    expect(server.asked[0]?.url).toMatch(/startOffset=a/);
  });

  test("goes on after a page that failed", async () => {
    server.answers(page("a", "token-2"), BUSY, page("b"));
    expect(await names(store, "")).toEqual(["a", "b"]);
  });
});

describe("opening says in one sentence", () => {
  const opening = () => createCloudStorageStore("lake", "part", { apiEndpoint: server.endpoint, ...QUICK });

  test.each([
    [
      "who may not list",
      forbidden("storage.objects.list"),
      /^The lake gs:\/\/lake\/part can't be listed: the account rhythmic-dev-processor@\S+ lacks the permission storage\.objects\.list on the bucket lake;/,
    ],
    [
      "that nobody asked",
      refusal(
        401,
        "required",
        "Anonymous caller does not have storage.objects.list access to the Google Cloud Storage bucket.",
      ),
      /there are no Google credentials that are valid now; .* gcloud auth application-default login\.$/,
    ],
    [
      "that the bucket is not there",
      refusal(404, "notFound", "The specified bucket does not exist."),
      /there is no bucket lake; check the name, and that the environment's lake stack has been deployed\.$/,
    ],
    [
      "that the API is off",
      refusal(403, "accessNotConfigured", "Cloud Storage JSON API has not been used in project 1 before."),
      /API is off in its project; run gcloud services enable storage\.googleapis\.com/,
    ],
    [
      "that nobody pays",
      refusal(403, "accountDisabled", "The billing account for the owning project is disabled in state absent"),
      /no billing account in force; link one\.$/,
    ],
    [
      "that Cloud Storage is down",
      BUSY,
      /did not answer as it should, in 3 tries \(We encountered an internal error\. Please try again\); check the network/,
    ],
    [
      "what it never heard of",
      refusal(418, "teapot", "I am a teapot."),
      /Cloud Storage refused storage\.objects\.list \(I am a teapot\)\.$/,
    ],
  ])("%s", async (_what, answer, message) => {
    server.answers(answer);
    // Who is down may come back without anybody's doing.
    const code = answer === BUSY ? "lake_unreachable" : "lake_unusable";
    await expect(opening()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("that nothing listens there", async () => {
    const other = await startCloudStorageStandIn();
    await other.stop();
    await expect(createCloudStorageStore("lake", "", { apiEndpoint: other.endpoint, ...QUICK })).rejects.toThrow(
      /did not answer as it should, in 3 tries \(.*ECONNREFUSED.*\); check the network/,
    );
  });
});
