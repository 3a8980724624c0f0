import { FoundationStack } from "../../stacks/foundation-stack";
import { KEY_PURPOSES, keyNameOf } from "../../stacks/names";
import { blockOf, environmentFor, resourceAt, synthesizeOnly } from "./one-stack";

const foundationOf = (name: "dev" | "prod") => synthesizeOnly((app) => new FoundationStack(app, environmentFor(name)));
const dev = foundationOf("dev");
const prod = foundationOf("prod");

test("the services that the other stacks need are enabled, and stay when the platform goes", () => {
  const services = dev.ofType("google_project_service");
  const names = services.map(({ attributes }) => attributes.service);
  for (const service of [
    "bigqueryconnection",
    "cloudkms",
    "compute",
    "dns",
    "iap",
    "monitoring",
    "oslogin",
    "storage",
  ]) {
    expect(names).toContain(`${service}.googleapis.com`);
  }
  for (const { attributes } of services) expect(attributes.disable_on_destroy).toBe(false);
});

test("prod has a key for each store, with a new version every ninety days, that Terraform never destroys", () => {
  const keys = prod.ofType("google_kms_crypto_key");
  expect(keys.map(({ attributes }) => attributes.name).sort()).toEqual([...KEY_PURPOSES].sort());
  for (const { attributes } of [...keys, ...prod.ofType("google_kms_key_ring")]) {
    expect(attributes.lifecycle).toEqual({ prevent_destroy: true });
  }
  for (const { attributes } of keys) expect(attributes.rotation_period).toBe("7776000s");
  expect(dev.ofType("google_kms_crypto_key")).toEqual([]);
});

test("the ring and its keys are called as the other stacks call them", () => {
  const ring = resourceAt(prod, "google_kms_key_ring", "keys/ring").attributes;
  const name = keyNameOf(environmentFor("prod"), "lake");
  expect(name).toBe(`projects/acme-music/locations/${ring.location}/keyRings/${ring.name}/cryptoKeys/lake`);
});

test("each key may be used by the one service of Google that encrypts with it, and the grant says for what", () => {
  const grants = prod.ofType("google_kms_crypto_key_iam_member");
  expect(grants.map(({ path }) => path).sort()).toEqual([
    "keys/bigquery-agent/use-warehouse-key",
    "keys/compute-agent/use-disks-key",
    "keys/secrets-agent/use-secrets-key",
    "keys/storage-agent/use-artifacts-key",
    "keys/storage-agent/use-lake-key",
  ]);
  for (const { attributes, why } of grants) {
    expect(attributes.role).toBe("roles/cloudkms.cryptoKeyEncrypterDecrypter");
    expect(why).toMatch(/^[A-Z].* with the key\.$/);
  }
});

test("the bucket of artifacts waits for the grant on its key, or its first object could not be written", () => {
  const bucket = resourceAt(prod, "google_storage_bucket", "artifacts/bucket").attributes;
  const grant = resourceAt(prod, "google_kms_crypto_key_iam_member", "keys/storage-agent/use-artifacts-key");
  expect(bucket.depends_on).toContain(`${grant.type}.${grant.id}`);
  expect(blockOf(bucket.encryption).default_kms_key_name).toBe(keyNameOf(environmentFor("prod"), "artifacts"));
});

test("what waits for services waits for those it needs alone, so that enabling another makes no grant anew", () => {
  const waiting = prod.stacks.flatMap(({ data }) => data).map(({ attributes }) => attributes.depends_on as string[]);
  expect(waiting.length).toBe(3);
  for (const services of waiting) expect(services.length).toBeLessThanOrEqual(2);
});

test("reading and writing of the stores, the keys and the secrets is written down", () => {
  const audits = dev.ofType("google_project_iam_audit_config");
  expect(audits.map(({ attributes }) => attributes.service).sort()).toEqual([
    "bigquery.googleapis.com",
    "cloudkms.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ]);
  for (const { attributes } of audits) {
    expect(attributes.audit_log_config).toEqual([
      { log_type: "ADMIN_READ" },
      { log_type: "DATA_READ" },
      { log_type: "DATA_WRITE" },
    ]);
  }
});

test("machines ask Google who may log in", () => {
  expect(resourceAt(dev, "google_compute_project_metadata_item", "os-login").attributes).toMatchObject({
    key: "enable-oslogin",
    value: "TRUE",
  });
});

test("requests to the buckets are written into a bucket of their own, which Cloud Storage may only add to", () => {
  const logs = resourceAt(prod, "google_storage_bucket", "logs/bucket").attributes;
  expect(blockOf(resourceAt(prod, "google_storage_bucket", "artifacts/bucket").attributes.logging)).toEqual({
    log_bucket: logs.name,
    log_object_prefix: "artifacts",
  });
  expect(resourceAt(prod, "google_storage_bucket_iam_member", "log-writer/write-access-logs").attributes).toMatchObject(
    {
      bucket: logs.name,
      member: "group:cloud-storage-analytics@google.com",
      role: "roles/storage.objectCreator",
    },
  );
});

test("access logs go after their time, and in prod nobody can delete them before", () => {
  const logsOf = (platform: typeof dev) => resourceAt(platform, "google_storage_bucket", "logs/bucket").attributes;
  expect(logsOf(prod)).toMatchObject({
    retention_policy: { retention_period: 400 * 86_400 },
    lifecycle_rule: [{}, { action: { type: "Delete" }, condition: { age: 400 } }],
    lifecycle: { prevent_destroy: true },
  });
  expect(logsOf(dev).retention_policy).toBeUndefined();
  expect(logsOf(prod).logging).toBeUndefined();
});

test("a person is told where the logs, the bundles and the keys are", () => {
  const outputs = prod.stacks[0]?.outputs ?? {};
  expect(Object.keys(outputs).sort()).toEqual(["access_logs", "audit_logs", "bundles", "images", "keys"]);
  for (const { value } of Object.values(outputs)) expect(value).toContain("acme-music");
  expect(dev.stacks[0]?.outputs).not.toHaveProperty("keys");
});
