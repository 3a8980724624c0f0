import { parseLakeUrl } from "../../../runtime/lake/lake-url";

describe("a lake's URL", () => {
  test.each([
    ["some/where", { kind: "folder", path: "some/where" }],
    ["/mnt/lake", { kind: "folder", path: "/mnt/lake" }],
    ["gs://my-bucket", { kind: "bucket", bucket: "my-bucket", prefix: "" }],
    ["gs://my-bucket/", { kind: "bucket", bucket: "my-bucket", prefix: "" }],
    ["gs://my-bucket/a/b", { kind: "bucket", bucket: "my-bucket", prefix: "a/b" }],
    ["gs://my-bucket/a/b/", { kind: "bucket", bucket: "my-bucket", prefix: "a/b" }],
    ["gs://lake.example.org/x", { kind: "bucket", bucket: "lake.example.org", prefix: "x" }],
    ["gs://1_2", { kind: "bucket", bucket: "1_2", prefix: "" }],
  ])("%s is a place", (url, place) => {
    expect(parseLakeUrl(url)).toEqual(place);
  });

  test.each([
    ["gs://", /names the bucket "", which can't be one; allowed are 3 to 63 lowercase letters/],
    ["gs:///lake", /names the bucket ""/],
    ["gs://ab", /names the bucket "ab"/],
    [`gs://${"a".repeat(64)}`, /names the bucket "a{64}"/],
    [`gs://${"a".repeat(64)}.org`, /names the bucket/],
    ["gs://My-Bucket", /names the bucket "My-Bucket"/],
    ["gs://-bucket", /names the bucket "-bucket"/],
    ["gs://a..b", /names the bucket "a\.\.b"/],
    ["gs://10.20.0.10", /names the bucket "10\.20\.0\.10".*no IP address/],
    ["gs://goog-lake", /names the bucket "goog-lake".*neither goog at the beginning nor google anywhere/],
    ["gs://my-google-lake", /names the bucket "my-google-lake"/],
    ["gs://bucket//a", /has the prefix "\/a"; allowed are names with single slashes/],
    ["gs://bucket/a//", /has the prefix "a\/"/],
    ["gs://bucket/a/../b", /has the prefix "a\/\.\.\/b"/],
    ["gs://bucket/*", /has the prefix "\*"/],
    ["gs://bucket/a#1", /has the prefix "a#1"/],
    [`gs://bucket/${"ü".repeat(300)}`, /of at most 512 bytes/],
    ["s3://bucket/lake", /begins with s3:\/\/; allowed are a local folder and gs:\/\/bucket\[\/prefix\]/],
    ["GS://bucket", /begins with GS:\/\/; allowed are a local folder and gs:/],
  ])("%s is none, and what is allowed is said", (url, message) => {
    const attempt = () => parseLakeUrl(url);
    expect(attempt).toThrow(expect.objectContaining({ code: "bad_settings" }));
    expect(attempt).toThrow(message);
  });
});
