import { refuseTwins } from "../../../stacks/checks/twins";
import type { Attributes } from "../../../stacks/synthesis/synthesized";

/** Two resources of a type, the second with some of it changed. */
function pair(type: string, attributes: Attributes, change: Attributes = {}): () => void {
  const resource = { type, id: "id", why: undefined };
  return () =>
    refuseTwins([
      { ...resource, stack: "kafka", path: "a", attributes },
      { ...resource, stack: "stream", path: "b", attributes: { ...attributes, ...change } },
    ]);
}

const GRANT = { bucket: "lake", role: "roles/storage.objectUser", member: "serviceAccount:a@b", depends_on: ["a"] };

test.each<[string, Attributes]>([
  ["google_compute_firewall", { name: "rhythmic-dev-processor-to-kafka-in", network: "net" }],
  ["google_bigquery_table", { dataset_id: "staging", table_id: "listen_events" }],
  ["google_storage_bucket_iam_member", GRANT],
  ["google_compute_per_instance_config", { name: "kafka-0", instance_group_manager: "kafka", zone: "us-central1-a" }],
])("the same %s twice is refused, whatever else differs", (type, attributes) => {
  const meta = { depends_on: ["other"], lifecycle: { prevent_destroy: true }, description: undefined };
  expect(pair(type, attributes, meta)).toThrow(
    /^stream\/b: .* allowed: what no other google_\w+ has; kafka\/a has it\.$/,
  );
});

test.each<[string, Attributes, Attributes]>([
  ["google_compute_disk", { name: "data", zone: "us-central1-a" }, { zone: "us-central1-b" }],
  ["google_bigquery_table", { dataset_id: "staging", table_id: "listen_events" }, { dataset_id: "marts" }],
  ["google_dns_record_set", { managed_zone: "z", name: "a.b.", type: "A" }, { type: "AAAA" }],
  ["google_storage_bucket_iam_member", GRANT, { condition: { title: "only loads/" } }],
  ["google_compute_instance_template", { name_prefix: "loader-" }, {}],
  ["google_monitoring_alert_policy", { display_name: "disk-filling" }, {}],
])("two of %s that Google Cloud tells apart pass", (type, attributes, change) => {
  expect(pair(type, attributes, change)).not.toThrow();
});
