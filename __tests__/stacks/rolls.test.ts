import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { declarePlatform } from "../../main";
import type { Environment } from "../../stacks/environment-record";
import { selectEnvironment } from "../../stacks/environments";
import { synthesizeInto } from "../../stacks/synthesis/synthesize";
import type { SynthesizedPlatform } from "../../stacks/synthesis/synthesized";
import { removeFakeBundles, setBundle } from "./fake-bundles";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

/** What a deploy does to machines, by comparing two synths: a managed group rolls when its template is another. */

/** Of a real project: the example's has containers beside it. */
const DEV = selectEnvironment({ RHYTHMIC_PROJECT: "acme-music" });

afterEach(removeFakeBundles);

function synthesize(change: Partial<Environment> = {}): SynthesizedPlatform {
  const outdir = mkdtempSync(path.join(tmpdir(), "rhythmic-rolls-"));
  try {
    return synthesizeInto((app) => declarePlatform(app, { ...DEV, ...change }), outdir);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const templatesOf = (platform: SynthesizedPlatform) =>
  new Map(
    platform
      .ofType("google_compute_instance_template")
      .map(({ path: where, attributes }) => [where.split("/")[0], JSON.stringify(attributes)]),
  );

/** The machines that would be made anew. */
function rolled(before: SynthesizedPlatform, after: SynthesizedPlatform): string[] {
  const old = templatesOf(before);
  const names = [...templatesOf(after)].filter(([name, text]) => old.get(name) !== text).map(([name]) => String(name));
  expect(old.size).toBe(4);
  return names.sort();
}

/** The resources that differ at all, as `stack type`. */
function changed(before: SynthesizedPlatform, after: SynthesizedPlatform): string[] {
  const textOf = ({ resources }: SynthesizedPlatform) =>
    new Map(resources.map((resource) => [`${resource.stack}/${resource.path}`, resource]));
  const old = textOf(before);
  const found = [...textOf(after)].filter(
    ([key, { attributes }]) => JSON.stringify(old.get(key)?.attributes) !== JSON.stringify(attributes),
  );
  return [...new Set(found.map(([, { stack, type }]) => `${stack} ${type}`))].sort();
}

test.each(["generator", "processor", "loader"] as const)(
  "another %s rolls that program's machines, and touches nothing of Kafka's",
  (program) => {
    const before = synthesize();
    setBundle(program, `// another ${program}\n`);
    const after = synthesize();
    expect(rolled(before, after)).toEqual([program]);
    const stack = { generator: "kafka", processor: "stream", loader: "batch" }[program];
    expect(changed(before, after)).toEqual([
      `${stack} google_compute_instance_template`,
      `${stack} google_storage_bucket_object`,
    ]);
  },
);

test("another keeper restarts Kafka's machine, and touches no other", () => {
  const before = synthesize();
  setBundle("keeper", "// another keeper\n");
  const after = synthesize();
  expect(rolled(before, after)).toEqual(["kafka"]);
  expect(changed(before, after)).toEqual([
    "kafka google_compute_instance_template",
    "kafka google_storage_bucket_object",
  ]);
});

test("deploying the older commit is the way back: its template and its bundle, to the last byte", () => {
  const before = synthesize();
  setBundle("processor", "// a processor that is never ready\n");
  expect(rolled(before, synthesize())).toEqual(["processor"]);
  setBundle("processor", "// processor\n");
  const back = synthesize();
  expect(changed(before, back)).toEqual([]);
  // The older bundle is still in its bucket, which a newer one never takes it from.
  for (const { attributes } of back.ofType("google_storage_bucket_object")) {
    expect(attributes.deletion_policy).toBe("ABANDON");
  }
});

test("a program that is never ready fails its deploy within the half hour, and no old machine goes before", () => {
  for (const { path: where, attributes } of synthesize({ processor: { ...DEV.processor, count: 3 } }).ofType(
    "google_compute_instance_group_manager",
  )) {
    if (where.startsWith("kafka/")) continue;
    const [policy] = [attributes.auto_healing_policies].flat() as [{ readonly initial_delay_sec: number }];
    const { update } = attributes.timeouts as { readonly update: string };
    expect(update).toMatch(/^\d+m$/);
    const limitSeconds = Number.parseInt(update, 10) * 60;
    // Long enough for a good machine to become ready, which the group waits for.
    expect(limitSeconds).toBeGreaterThan(policy.initial_delay_sec);
    expect(limitSeconds).toBeLessThanOrEqual(30 * 60);
    expect(attributes).toMatchObject({
      update_policy: { max_surge_fixed: 1, max_unavailable_fixed: 0 },
      wait_for_instances: true,
      wait_for_instances_status: "UPDATED",
    });
  }
});

test.each<[string, Partial<Environment>, string[]]>([
  [
    "where the alerts begin",
    {
      alerts: { commitAgeMaxMinutes: 20, lagRecordsMax: 7, loadAgeMaxMinutes: 90, diskUsedMaxPercent: 60 },
      budgetUsdPerMonth: 5,
    },
    [
      "observability google_billing_budget",
      "observability google_monitoring_alert_policy",
      "observability google_monitoring_dashboard",
    ],
  ],
  ["who is told", { alertEmail: "oncall@example.com" }, expect.anything()],
  [
    "how long what was deleted is kept",
    { softDeleteDays: 14 },
    ["foundation google_storage_bucket", "lake google_storage_bucket"],
  ],
  ["how long snapshots are kept", { snapshotRetentionDays: 3 }, ["kafka google_compute_resource_policy"]],
])("a change of %s rolls no machine", (_, change, expected) => {
  const before = synthesize();
  const after = synthesize(change);
  expect(rolled(before, after)).toEqual([]);
  expect(changed(before, after)).toEqual(expected);
});

test("a larger machine rolls that machine alone", () => {
  const before = synthesize();
  expect(rolled(before, synthesize({ loader: { type: "e2-medium", bootDiskGb: 10 } }))).toEqual(["loader"]);
});

test("the generator's rate rolls the generator, and Kafka goes on", () => {
  const before = synthesize();
  const after = synthesize({ generator: { ...DEV.generator, eventsPerSecondMax: 7 } });
  expect(rolled(before, after)).toEqual(["generator"]);
});

test("more processors come beside those that run", () => {
  const before = synthesize();
  const after = synthesize({ processor: { ...DEV.processor, count: 4 } });
  expect(rolled(before, after)).toEqual([]);
  expect(changed(before, after)).toEqual([
    // It says how many there must be.
    "observability google_monitoring_alert_policy",
    "stream google_compute_instance_group_manager",
  ]);
});

test("a larger data disk of Kafka restarts nothing: the disk grows in place", () => {
  const before = synthesize();
  const after = synthesize({ kafka: { type: "e2-medium", bootDiskGb: 10, dataDiskGb: 100 } });
  expect(rolled(before, after)).toEqual([]);
  expect(changed(before, after)).toEqual(["kafka google_compute_disk"]);
});
