import { grantsOf } from "../../scripts/policy/grants";
import { rulesFor } from "../../scripts/policy/judge";
import { RULE_GROUPS } from "../../scripts/policy/rules";
import { ENVIRONMENT_NAMES } from "../../stacks/environment-record";
import { selectEnvironment } from "../../stacks/environments";
import { type Synthesis, synthesizePlatform } from "./synthesize-platform";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

/**
 * What the platform promises, over what is really synthesized: a test a rule, titled by its sentence, then counts. The
 * rules are those of `npm run policy`; mutants.test.ts proves that each can be broken, and __tests__/main.test.ts
 * shows every stack on a page.
 */

afterAll(() => jest.requireActual("./fake-bundles").removeFakeBundles());

describe.each(ENVIRONMENT_NAMES)("in %s", (name) => {
  const environment = selectEnvironment({ RHYTHMIC_ENV: name });
  const kept = rulesFor(environment);
  let platform: Synthesis;
  beforeAll(() => {
    platform = synthesizePlatform(name);
  });

  for (const [about, group] of Object.entries(RULE_GROUPS)) {
    const rules = group.filter((rule) => kept.includes(rule)).map((rule) => [rule.name, rule] as const);
    if (rules.length === 0) continue;
    describe(about, () => {
      test.each(rules)("%s", (_, rule) => {
        expect(rule.check(platform, environment)).toEqual([]);
      });
    });
  }

  test("there is as much as a reviewer expects, no more and no less", () => {
    const countOf = (...types: readonly string[]) =>
      platform.resources.filter(({ type }) => types.includes(type)).length;
    expect({
      templates: countOf("google_compute_instance_template"),
      groups: countOf("google_compute_instance_group_manager"),
      accounts: countOf("google_service_account"),
      bundles: countOf("google_storage_bucket_object"),
      buckets: countOf("google_storage_bucket"),
      datasets: countOf("google_bigquery_dataset"),
      tables: countOf("google_bigquery_table"),
      dataDisks: countOf("google_compute_disk"),
      firewallRules: countOf("google_compute_firewall"),
      routes: countOf("google_compute_route"),
      zones: countOf("google_dns_managed_zone"),
      keys: countOf("google_kms_crypto_key"),
      containers: countOf("docker_container"),
      alerts: countOf("google_monitoring_alert_policy"),
      budgets: countOf("google_billing_budget"),
      probes: countOf("google_compute_health_check"),
      secrets: countOf("google_secret_manager_secret"),
      // What Terraform declares stands in its state.
      secretVersions: countOf("google_secret_manager_secret_version"),
    }).toEqual({
      templates: 4,
      groups: 4,
      accounts: 4,
      bundles: 4,
      buckets: 3,
      datasets: 4,
      tables: 4,
      dataDisks: 1,
      firewallRules: 11,
      routes: 1,
      zones: 4,
      keys: name === "prod" ? 5 : 0,
      containers: name === "prod" ? 0 : 4,
      alerts: 9,
      budgets: 1,
      probes: 3,
      secrets: 3,
      secretVersions: 0,
    });
  });

  test("each account has as many grants as its program needs", () => {
    const counts: Record<string, number> = {};
    for (const { who } of grantsOf(platform, environment)) counts[who] = (counts[who] ?? 0) + 1;
    expect(counts).toEqual({
      kafka: 7,
      generator: 5,
      processor: 6,
      loader: 13,
      "lake-connection": 2,
      "storage-logs": 1,
      ...(name === "prod" ? { "storage-agent": 2, "bigquery-agent": 1, "compute-agent": 1, "secrets-agent": 1 } : {}),
    });
  });
});
