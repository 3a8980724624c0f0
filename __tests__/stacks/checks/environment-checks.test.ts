import { checkRecord } from "../../../stacks/checks/environment-checks";
import type { EnvironmentRecord } from "../../../stacks/environment-record";
import { selectEnvironment } from "../../../stacks/environments";

const dev = selectEnvironment({});

function problemOf(change: Partial<EnvironmentRecord>): string {
  try {
    checkRecord({ ...dev, ...change });
    return "none";
  } catch (error) {
    return String(error);
  }
}

test.each<[string, Partial<EnvironmentRecord>, RegExp]>([
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
  [
    "a budget of half a dollar",
    { budgetUsdPerMonth: 150.5 },
    /dollars of the budget in dev is 150.5; allowed: a whole/,
  ],
  ["no events a day", { expected: { eventsPerDay: 0 } }, /events a day that are expected in dev is 0/],
  [
    "an alert behind a full disk",
    { alerts: { ...dev.alerts, diskUsedMaxPercent: 800 } },
    /The number of percent of Kafka's disk .* is 800; allowed: a whole number from 1 to 99/,
  ],
  ["an alert before any record waits", { alerts: { ...dev.alerts, lagRecordsMax: -1 } }, /waiting records .* is -1/],
  ["an alert of a week", { alerts: { ...dev.alerts, loadAgeMaxMinutes: 10_080 } }, /without a load .* 6 to 1440/],
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
  expect(() =>
    selectEnvironment({}, { dev, prod: { ...prod, subnetRange: "10.20.1.0/24", kafkaAddress: "10.20.1.10" } }),
  ).not.toThrow();
});
