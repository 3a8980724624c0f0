import { ENVIRONMENT_NAMES } from "../../stacks/environment-record";
import { EXAMPLE_PROJECT, noticeOf, selectEnvironment } from "../../stacks/environments";

const dev = selectEnvironment({});

test("dev and the example project are what nobody has to choose, and it is said", () => {
  expect(dev).toMatchObject({ name: "dev", project: EXAMPLE_PROJECT, mayBeDestroyed: true });
  expect(noticeOf(dev)).toMatch(/^RHYTHMIC_PROJECT is not set: .* rhythmic-example with local state; set it to .*\.$/);
});

test("RHYTHMIC_ENV and RHYTHMIC_PROJECT choose", () => {
  const prod = selectEnvironment({ RHYTHMIC_ENV: "prod", RHYTHMIC_PROJECT: "acme-music" });
  expect(prod).toMatchObject({ name: "prod", project: "acme-music", mayBeDestroyed: false });
  expect(noticeOf(prod)).toBeUndefined();
});

test("the notice says where the state is only where it is here", () => {
  expect(noticeOf(selectEnvironment({ RHYTHMIC_STATE: "cloud" }))).toMatch(/rhythmic-example; set it to/);
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

test("every environment passes its own checks", () => {
  for (const name of ENVIRONMENT_NAMES) expect(selectEnvironment({ RHYTHMIC_ENV: name }).name).toBe(name);
});

test("what prod promises stands in its record: what is derived from it would follow a mistake in it", () => {
  const prod = selectEnvironment({ RHYTHMIC_ENV: "prod" });
  expect(prod).toMatchObject({ mayBeDestroyed: false, customerManagedKeys: true, nat: false });
  expect(prod.keyRotationDays).toBeLessThanOrEqual(90);
  expect(prod.softDeleteDays).toBeGreaterThanOrEqual(30);
  expect(prod.snapshotRetentionDays).toBeGreaterThanOrEqual(14);
  expect(prod.accessLogsKeptDays).toBeGreaterThanOrEqual(400);
  expect(prod.processor.count).toBeGreaterThanOrEqual(2);
  expect(dev.nat).toBe(false);
});

test("a mistake in an environment that is not selected is refused too", () => {
  const prod = { ...selectEnvironment({ RHYTHMIC_ENV: "prod" }), budgetUsdPerMonth: -5 };
  expect(() => selectEnvironment({ RHYTHMIC_ENV: "dev" }, { dev, prod })).toThrow(
    /dollars of the budget in prod is -5/,
  );
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
