import compiled from "../../runtime/marts/compiled.json";
import { columnsOf } from "../../runtime/schema/columns";
import { EVENTS } from "../../runtime/schema/events";
import { ProgramAccount } from "../../stacks/constructs/program-account";
import type { Environment } from "../../stacks/environment-record";
import { FoundationStack } from "../../stacks/foundation-stack";
import { LakeStack } from "../../stacks/lake-stack";
import { keyNameOf } from "../../stacks/names";
import { PlatformStack } from "../../stacks/platform-stack";
import { WarehouseStack } from "../../stacks/warehouse-stack";
import { environmentFor, resourceAt, synthesizeOnly } from "./one-stack";

class Programs extends PlatformStack {}

/** The warehouse, and a loader with its grants on it. */
const warehouseOf = (name: "dev" | "prod", change: Partial<Environment> = {}) =>
  synthesizeOnly((app) => {
    const environment = environmentFor(name, change);
    const foundation = new FoundationStack(app, environment);
    const lake = new LakeStack(app, environment, { foundation });
    const warehouse = new WarehouseStack(app, environment, { foundation, lake });
    const programs = new Programs(app, "programs", environment, [warehouse]);
    warehouse.grantLoads(new ProgramAccount(programs, "loader", environment, "loader", "Loads."));
  });
const dev = warehouseOf("dev");
const prod = warehouseOf("prod");

test("there is a staging table a topic: an hour a partition, clustered, with a filter, and gone after its time", () => {
  const tables = dev.ofType("google_bigquery_table");
  expect(tables.map(({ attributes }) => attributes.table_id).sort()).toEqual(EVENTS.map(({ topic }) => topic).sort());
  for (const { attributes } of tables) {
    expect(attributes).toMatchObject({
      time_partitioning: { type: "HOUR", field: "event_hour", expiration_ms: 60 * 86_400_000 },
      clustering: ["user_id", "kafka_partition", "kafka_offset"],
      require_partition_filter: true,
    });
    const event = EVENTS.find(({ topic }) => topic === attributes.table_id);
    const fields = JSON.parse(String(attributes.schema)) as { readonly name: string }[];
    expect(fields.map(({ name }) => name)).toEqual(event && columnsOf(event).map(({ name }) => name));
  }
});

test("more hours than BigQuery has partitions for are refused with the table's path", () => {
  expect(() => warehouseOf("dev", { stagingRetentionDays: 417 })).toThrow(
    /^warehouse\/\w+_events: time_partitioning.expiration_ms is 36028800000; allowed: at most 36000000000, since a table/,
  );
});

test("prod's datasets and tables are encrypted with the warehouse's key, and none can be destroyed by accident", () => {
  const key = keyNameOf(environmentFor("prod"), "warehouse");
  const datasets = prod.ofType("google_bigquery_dataset");
  expect(datasets.map(({ attributes }) => attributes.dataset_id).sort()).toEqual(
    ["control", "lake", "marts", "staging"].map((schema) => `rhythmic_prod_${schema}`),
  );
  for (const { attributes } of datasets) {
    expect(attributes).toMatchObject({
      default_encryption_configuration: { kms_key_name: key },
      lifecycle: { prevent_destroy: true },
      delete_contents_on_destroy: false,
    });
  }
  for (const { attributes } of prod.ofType("google_bigquery_table")) {
    expect(attributes).toMatchObject({ encryption_configuration: { kms_key_name: key }, deletion_protection: true });
  }
  for (const { attributes } of dev.ofType("google_bigquery_dataset")) {
    expect(attributes).not.toHaveProperty("default_encryption_configuration");
  }
});

test("BigQuery reads the lake by an account of the connection's own, which may read and nothing else", () => {
  const { id, attributes } = resourceAt(dev, "google_bigquery_connection", "connection");
  expect(attributes).toMatchObject({ connection_id: "rhythmic-dev-lake", location: "us-central1", cloud_resource: {} });
  const grants = dev.ofType("google_storage_bucket_iam_member").filter(({ path }) => path.startsWith("reader/"));
  expect(grants.map((grant) => grant.attributes.role).sort()).toEqual([
    "roles/storage.legacyBucketReader",
    "roles/storage.objectViewer",
  ]);
  for (const grant of grants) {
    const account = `\${google_bigquery_connection.${id}.cloud_resource[0].service_account_id}`;
    expect(grant.attributes).toMatchObject({
      bucket: "acme-music-rhythmic-dev-lake",
      member: `serviceAccount:${account}`,
    });
  }
});

test("the loader may make tables over the connection, by a role of that one permission", () => {
  const role = resourceAt(dev, "google_project_iam_custom_role", "delegate").attributes;
  expect(role.permissions).toEqual(["bigquery.connections.delegate"]);
  expect(
    resourceAt(dev, "google_bigquery_connection_iam_member", "loader/delegate-connection").attributes,
  ).toMatchObject({
    connection_id: "rhythmic-dev-lake",
    location: "us-central1",
    role: `projects/acme-music/roles/${role.role_id}`,
  });
});

test("the loader writes the four datasets, each by a grant of its own, and runs jobs", () => {
  const grants = dev.ofType("google_bigquery_dataset_iam_member");
  expect(grants.map(({ attributes }) => `${attributes.dataset_id} ${attributes.role}`).sort()).toEqual(
    ["control", "lake", "marts", "staging"].map((schema) => `rhythmic_dev_${schema} roles/bigquery.dataEditor`),
  );
  expect(resourceAt(dev, "google_project_iam_member", "loader/run-jobs").attributes.role).toBe(
    "roles/bigquery.jobUser",
  );
});

test("the query that a person is told to try asks a mart that there is", () => {
  const query = String(dev.stacks.find(({ name }) => name === "warehouse")?.outputs.query?.value);
  const [, mart] = /rhythmic_dev_marts\.(\w+)/.exec(query) ?? [];
  expect(JSON.stringify(compiled)).toContain(`"name":"${mart}"`);
});
