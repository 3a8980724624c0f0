import {
  checkEnvironment,
  ENVIRONMENT_NAMES,
  type Environment,
  EXAMPLE_PROJECT,
  noticeOf,
  selectEnvironment,
} from "../../stacks/environments";

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
  [
    "a region",
    { region: "us_central1" },
    /The region of dev is "us_central1"; allowed: .* such as us-central1, us-east1/,
  ],
  [
    "a place that is no region",
    { region: "mars-north1" },
    /"mars-north1"; allowed: .* such as us-central1, europe-west4/,
  ],
  ["a zone elsewhere", { zone: "europe-west1-b" }, /The zone of dev is "europe-west1-b"; allowed: .*us-central1-a, /],
  ["a zone that the region lacks", { region: "us-east1", zone: "us-east1-a" }, /us-east1: us-east1-b, us-east1-c/],
  ["a range", { subnetRange: "10.20.0.0" }, /The subnet of dev is "10.20.0.0"; allowed: an IPv4 range/],
  ["host bits in a range", { subnetRange: "10.20.0.7/24" }, /The subnet of dev/],
  ["a range of the internet", { subnetRange: "8.8.8.0/24" }, /allowed: a range inside 10.0.0.0\/8, 172.16.0.0\/12/],
  ["a wrong address", { kafkaAddress: "10.20.0.300" }, /Kafka's address in dev is "10.20.0.300"/],
  ["an address with a hole", { kafkaAddress: "10.20..10" }, /Kafka's address in dev is "10.20..10"/],
  ["an address outside", { kafkaAddress: "10.21.0.10" }, /allowed: an address inside 10.20.0.0\/24/],
  [
    "commits rarer than the alert allows",
    { commitIntervalSeconds: 601 },
    /The commit interval of dev, seconds, is 601; allowed: 1 to 600 \(half of/,
  ],
  ["Google's own address", { kafkaAddress: "10.20.0.1" }, /Kafka's address in dev/],
  ["a retention shorter than what counts as late", { stagingRetentionDays: 29 }, /is 29; allowed: 30 .* to 416/],
  ["more partitions than BigQuery has", { stagingRetentionDays: 417 }, /is 417; allowed: 30 .* to 416/],
  [
    "a soft deletion of a day",
    { softDeleteDays: 1 },
    /The soft deletion of dev, days, is 1; allowed: 0 \(none\), or 7 to 90/,
  ],
  [
    "cheap storage while late events come",
    { eventAgeMaxDays: 60, coldAfterDays: 59 },
    /is 59; allowed: 60 or more, since/,
  ],
  [
    "cheap storage in the first month",
    { coldAfterDays: 29 },
    /The age at which files of dev .* is 29; allowed: 30 or more/,
  ],
  [
    "keys that are never rotated",
    { keyRotationDays: 0 },
    /The rotation of the keys of dev, days, is 0; allowed: 1 to 365/,
  ],
  ["snapshots of no day", { snapshotRetentionDays: 0 }, /The retention of the snapshots of dev, days, is 0/],
  ["access logs of half a day", { accessLogsKeptDays: 0.5 }, /The retention of the access logs of dev, days, is 0.5/],
  [
    "no processor",
    { processor: { ...dev.processor, count: 0 } },
    /The number of processors of dev is 0; allowed: 1 or/,
  ],
  [
    "a disk smaller than its image",
    { loader: { ...dev.loader, bootDiskGb: 9 } },
    /The disk of the loader in dev, GB, is 9/,
  ],
])("%s is refused with what was given and what is allowed", (_, change, problem) => {
  expect(problemOf({})).toBe("none");
  expect(problemOf(change)).toMatch(problem);
});

test("a soft deletion of none is a choice", () => {
  expect(problemOf({ softDeleteDays: 0 })).toBe("none");
});

test("every environment passes its own checks", () => {
  for (const name of ENVIRONMENT_NAMES) expect(selectEnvironment({ RHYTHMIC_ENV: name }).name).toBe(name);
});

test("the state is in the cloud for a project of one's own, and here where that is asked for", () => {
  expect(dev.state).toBe("local");
  expect(selectEnvironment({ RHYTHMIC_PROJECT: "acme-music" }).state).toBe("cloud");
  expect(selectEnvironment({ RHYTHMIC_PROJECT: "acme-music", RHYTHMIC_STATE: "local" }).state).toBe("local");
  expect(() => selectEnvironment({ RHYTHMIC_STATE: "bucket" })).toThrow(
    'RHYTHMIC_STATE is "bucket"; allowed: cloud or local.',
  );
});

test("who is told of alerts is an email address, or nobody", () => {
  expect(dev.alertEmail).toBeUndefined();
  expect(selectEnvironment({ RHYTHMIC_ALERT_EMAIL: "oncall@example.com" }).alertEmail).toBe("oncall@example.com");
  expect(() => selectEnvironment({ RHYTHMIC_ALERT_EMAIL: "oncall" })).toThrow(/RHYTHMIC_ALERT_EMAIL is "oncall"/);
});

test("two environments of the same name are refused", () => {
  expect(() => selectEnvironment({}, { dev, prod: dev })).toThrow(
    'The name of the environment prod is "dev"; allowed: prod, because all names are made from it.',
  );
});

test("two environments whose addresses overlap are refused", () => {
  const prod = { ...selectEnvironment({ RHYTHMIC_ENV: "prod" }), subnetRange: "10.20.0.128/25" };
  expect(() => selectEnvironment({}, { dev, prod })).toThrow(
    'The subnet of prod is "10.20.0.128/25"; allowed: a range apart from dev\'s, which is 10.20.0.0/24.',
  );
  expect(() => selectEnvironment({}, { dev, prod: { ...prod, subnetRange: "10.20.1.0/24" } })).not.toThrow();
});
