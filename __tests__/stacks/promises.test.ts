import { bigQueryFields } from "../../runtime/schema/bigquery";
import { columnsOf } from "../../runtime/schema/columns";
import { EVENTS } from "../../runtime/schema/events";
import { ENVIRONMENT_NAMES } from "../../stacks/environments";
import type { Attributes, SynthesizedResource } from "../../stacks/synthesized";
import { type Synthesis, synthesizePlatform } from "./synthesis";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

afterAll(() => jest.requireActual("./fake-bundles").removeFakeBundles());

const PROGRAM_NAMES = ["generator", "processor", "loader"];

/** The first element of a block that may stand as a list or alone. */
function block(value: unknown): Attributes {
  return (Array.isArray(value) ? value[0] : value) as Attributes;
}

function accountOf(resource: SynthesizedResource): string {
  return /rhythmic-\w+-(\w+)@/.exec(String(resource.attributes.member))?.[1] ?? "";
}

describe.each(ENVIRONMENT_NAMES)("in %s", (name) => {
  let platform: Synthesis;
  beforeAll(() => {
    platform = synthesizePlatform(name);
  });
  const rulesOf = (direction: "INGRESS" | "EGRESS") =>
    platform.ofType("google_compute_firewall").filter(({ attributes }) => attributes.direction === direction);
  const grants = () => platform.resources.filter(({ type }) => type.endsWith("_iam_member"));
  const templates = () => platform.ofType("google_compute_instance_template");

  test("the lake and every other bucket refuse public access, whatever is granted", () => {
    const buckets = platform.ofType("google_storage_bucket");
    expect(buckets.map(({ attributes }) => attributes.name)).toContain(`rhythmic-example-rhythmic-${name}-lake`);
    for (const { attributes } of buckets) {
      expect(attributes).toMatchObject({ public_access_prevention: "enforced", uniform_bucket_level_access: true });
      expect(String(attributes.name)).toMatch(/^rhythmic-example-/);
    }
    for (const { attributes } of grants()) expect(String(attributes.member)).toMatch(/^serviceAccount:/);
  });

  test("no machine has an external address, and no way leads out but to Google", () => {
    expect(templates().length).toBe(4);
    for (const { attributes } of templates()) {
      const interfaces = attributes.network_interface as Attributes[];
      expect(interfaces.map((networkInterface) => Object.keys(networkInterface))).toEqual([["subnetwork"]]);
    }
    for (const { attributes } of platform.ofType("google_compute_address")) {
      expect(attributes.address_type).toBe("INTERNAL");
    }
    expect(platform.ofType("google_compute_route").map(({ attributes }) => attributes.dest_range)).toEqual([
      "199.36.153.8/30",
    ]);
    const [network] = platform.ofType("google_compute_network");
    expect(network?.attributes).toMatchObject({
      auto_create_subnetworks: false,
      delete_default_routes_on_create: true,
    });
    expect(platform.ofType("google_compute_router_nat")).toEqual([]);
  });

  test.each(["INGRESS", "EGRESS"] as const)("traffic is denied by default: %s", (direction) => {
    const everywhere = direction === "INGRESS" ? "source_ranges" : "destination_ranges";
    const denied = rulesOf(direction).filter(({ attributes }) => attributes.deny !== undefined);
    expect(denied.map(({ attributes }) => attributes)).toMatchObject([
      { [everywhere]: ["0.0.0.0/0"], deny: [{ protocol: "all" }], priority: 65_534 },
    ]);
  });

  test("what may come in comes from a named program, or through Identity-Aware Proxy, to one port", () => {
    const allowed = rulesOf("INGRESS").filter(({ attributes }) => attributes.allow !== undefined);
    const seen = allowed.map(({ attributes }) => {
      const { protocol, ports } = block(attributes.allow);
      const from = attributes.source_service_accounts ?? attributes.source_ranges;
      return `${from} -> ${attributes.target_service_accounts ?? "all"} ${protocol} ${ports}`;
    });
    const account = (program: string) => `rhythmic-${name}-${program}@rhythmic-example.iam.gserviceaccount.com`;
    expect(seen.sort()).toEqual([
      "35.235.240.0/20 -> all tcp 22",
      `${account("generator")} -> ${account("kafka")} tcp 9092`,
      `${account("processor")} -> ${account("kafka")} tcp 9092`,
    ]);
  });

  test("every machine boots verified code, takes logins from the project's identities alone, and has its own account", () => {
    for (const { attributes } of templates()) {
      expect(attributes).toMatchObject({
        shielded_instance_config: { enable_secure_boot: true, enable_vtpm: true, enable_integrity_monitoring: true },
        metadata: { "enable-oslogin": "TRUE", "block-project-ssh-keys": "TRUE", "serial-port-enable": "FALSE" },
        lifecycle: { create_before_destroy: true },
      });
    }
    const accounts = templates().map(({ attributes }) => block(attributes.service_account).email);
    expect(new Set(accounts).size).toBe(accounts.length);
  });

  test("no lifecycle rule deletes anything in the lake", () => {
    const lake = platform.ofType("google_storage_bucket").find(({ stack }) => stack === "lake");
    const actions = ((lake?.attributes.lifecycle_rule ?? []) as Attributes[]).map(({ action }) => block(action).type);
    expect(actions).toEqual(["AbortIncompleteMultipartUpload", "SetStorageClass"]);
  });

  test("every grant says why, and stands on the resource unless Google Cloud knows it on projects only", () => {
    expect(grants().length).toBeGreaterThan(10);
    for (const { attributes, type, path, why } of grants()) {
      expect({ path, why }).toEqual({ path, why: expect.stringMatching(/^[A-Z].{20,}\.$/) });
      expect(String(attributes.role)).not.toMatch(/^roles\/(owner|editor)$|admin|owner/i);
      if (type === "google_project_iam_member") {
        const onProjectsOnly = ["roles/logging.logWriter", "roles/monitoring.metricWriter", "roles/bigquery.jobUser"];
        expect(onProjectsOnly).toContain(attributes.role);
      }
    }
  });

  test("the generator can't read the lake, and the loader creates only its plans there", () => {
    const onLake = grants().filter(({ attributes }) => String(attributes.bucket).endsWith("-lake"));
    const seen = onLake.map((grant) => `${accountOf(grant)} ${grant.attributes.role}`);
    expect(seen.sort()).toEqual([
      "loader roles/storage.objectCreator",
      "loader roles/storage.objectViewer",
      "processor roles/storage.objectUser",
    ]);
    const creator = onLake.find(({ attributes }) => attributes.role === "roles/storage.objectCreator");
    expect(block(creator?.attributes.condition).expression).toMatch(/startsWith\(".*-lake\/objects\/loads\/"\)$/);
  });

  test("a program's machines roll one by one, with a new one before an old one goes, and a deploy waits for them", () => {
    const groups = platform.ofType("google_compute_instance_group_manager");
    for (const program of PROGRAM_NAMES) {
      expect(groups.find(({ path }) => path === `${program}/group`)?.attributes).toMatchObject({
        zone: expect.stringMatching(/^us-central1-[a-z]$/),
        update_policy: {
          type: "PROACTIVE",
          minimal_action: "REPLACE",
          max_surge_fixed: 1,
          max_unavailable_fixed: 0,
        },
        wait_for_instances: true,
        wait_for_instances_status: "UPDATED",
      });
    }
  });

  test("a bundle is an object under its hash, which stays when another takes its place", () => {
    const objects = platform.ofType("google_storage_bucket_object");
    expect(objects.length).toBe(PROGRAM_NAMES.length);
    for (const { attributes, stack } of objects) {
      const [, program, sha256] = /^bundles\/(\w+)\/([0-9a-f]{64})\.cjs$/.exec(String(attributes.name)) ?? [];
      expect(attributes).toMatchObject({ deletion_policy: "ABANDON", lifecycle: { create_before_destroy: true } });
      expect(platform.files.get(`stacks/${stack}/${attributes.source}`)).toBe(`// ${program}\n`);
      const template = templates().find(({ path }) => path === `${program}/template`);
      expect(template?.attributes.metadata).toMatchObject({
        "rhythmic-program": program,
        "rhythmic-bundle": `https://storage.googleapis.com/${attributes.bucket}/${attributes.name}`,
        "rhythmic-bundle-sha256": sha256,
      });
    }
  });

  test("Kafka's machine is made anew in place, and its disk and its address outlive it", () => {
    const group = platform.ofType("google_compute_instance_group_manager").find(({ path }) => path === "kafka/group");
    expect(group?.attributes.update_policy).toMatchObject({
      type: "PROACTIVE",
      replacement_method: "RECREATE",
      max_surge_fixed: 0,
    });
    const [machine] = platform.ofType("google_compute_per_instance_config");
    expect(machine?.attributes.preserved_state).toMatchObject({
      disk: [{ delete_rule: "NEVER", device_name: "kafka-data" }],
      internal_ip: [{ auto_delete: "NEVER" }],
    });
  });

  test("the staging tables are those of the schema: an hour a partition, never read whole, kept long enough", () => {
    const tables = platform.ofType("google_bigquery_table");
    expect(tables.map(({ attributes }) => attributes.table_id).sort()).toEqual(EVENTS.map(({ topic }) => topic).sort());
    for (const event of EVENTS) {
      const { attributes } = tables.find((table) => table.attributes.table_id === event.topic) ?? {};
      expect(JSON.parse(String(attributes?.schema))).toEqual(bigQueryFields(columnsOf(event)));
      expect(attributes).toMatchObject({
        time_partitioning: { type: "HOUR", field: "event_hour" },
        require_partition_filter: true,
      });
    }
  });
});

test("prod's stores can't be destroyed by accident, dev's can be", () => {
  const kept = { lifecycle: { prevent_destroy: true } };
  const forgettable = { lifecycle: { prevent_destroy: false } };
  for (const [name, protection] of [["prod", kept] as const, ["dev", forgettable] as const]) {
    const platform = synthesizePlatform(name);
    const mayGo = name === "dev";
    const expected: Readonly<Record<string, Attributes>> = {
      google_storage_bucket: { ...protection, force_destroy: mayGo },
      google_bigquery_dataset: { ...protection, delete_contents_on_destroy: mayGo },
      google_bigquery_table: { deletion_protection: !mayGo },
      google_compute_disk: protection,
      google_compute_address: protection,
    };
    for (const [type, attributes] of Object.entries(expected)) {
      const stores = platform.ofType(type);
      expect(stores.length).toBeGreaterThan(0);
      for (const store of stores) expect(store.attributes).toMatchObject(attributes);
    }
  }
});
