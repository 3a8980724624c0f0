import {
  checkEnvironment,
  type Environment,
  EXAMPLE_PROJECT,
  noticeOf,
  selectEnvironment,
} from "../../stacks/environments";
import { accountIdOf, bucketNameOf } from "../../stacks/names";

const dev = selectEnvironment({});

function problemOf(change: Partial<Environment>): string {
  try {
    checkEnvironment({ ...dev, ...change });
    return "none";
  } catch (error) {
    return String(error);
  }
}

test("dev and the example project are what nobody has to choose, and it is said", () => {
  expect(dev).toMatchObject({ name: "dev", project: EXAMPLE_PROJECT, mayBeDestroyed: true });
  expect(noticeOf(dev)).toMatch(/^RHYTHMIC_PROJECT is not set: .* rhythmic-example with local state; set it to .*\.$/);
});

test("RHYTHMIC_ENV and RHYTHMIC_PROJECT choose", () => {
  const prod = selectEnvironment({ RHYTHMIC_ENV: "prod", RHYTHMIC_PROJECT: "acme-music" });
  expect(prod).toMatchObject({ name: "prod", project: "acme-music", mayBeDestroyed: false });
  expect(noticeOf(prod)).toBeUndefined();
});

test("an unknown environment is refused by name", () => {
  expect(() => selectEnvironment({ RHYTHMIC_ENV: "production" })).toThrow(
    'RHYTHMIC_ENV is "production"; allowed: dev or prod.',
  );
});

test.each(["Acme", "acme", "1acme-music", "acme-music-", "acme_music", "a".repeat(31), "my project"])(
  "the project id %s is refused with what is allowed",
  (project) => {
    expect(() => selectEnvironment({ RHYTHMIC_PROJECT: project })).toThrow(
      `RHYTHMIC_PROJECT is ${JSON.stringify(project)}; allowed: 6 to 30 lower-case letters`,
    );
  },
);

test.each<[string, Partial<Environment>, RegExp]>([
  ["a region", { region: "us_central1" }, /The region of dev is "us_central1"; allowed: a region such as us-central1/],
  ["a zone elsewhere", { zone: "europe-west1-b" }, /The zone of dev is "europe-west1-b"; allowed: .*us-central1/],
  ["a range", { subnetRange: "10.20.0.0" }, /The subnet of dev is "10.20.0.0"; allowed: an IPv4 range/],
  ["host bits in a range", { subnetRange: "10.20.0.7/24" }, /The subnet of dev/],
  ["a wrong address", { kafkaAddress: "10.20.0.300" }, /Kafka's address in dev is "10.20.0.300"/],
  ["an address outside", { kafkaAddress: "10.21.0.10" }, /allowed: an address inside 10.20.0.0\/24/],
  ["Google's own address", { kafkaAddress: "10.20.0.1" }, /Kafka's address in dev/],
  ["a retention shorter than what counts as late", { stagingRetentionDays: 29 }, /is 29; allowed: 30 .* to 416/],
  ["more partitions than BigQuery has", { stagingRetentionDays: 417 }, /is 417; allowed: 30 .* to 416/],
])("%s is refused with what was given and what is allowed", (_, change, problem) => {
  expect(problemOf({})).toBe("none");
  expect(problemOf(change)).toMatch(problem);
});

test("names that Google Cloud would refuse for their length are refused here", () => {
  expect(bucketNameOf(dev, "lake")).toBe("rhythmic-example-rhythmic-dev-lake");
  expect(() => bucketNameOf(dev, "x".repeat(34))).toThrow(/at most 63 characters/);
  expect(() => accountIdOf(dev, "x".repeat(20))).toThrow(/6 to 30 characters/);
});
