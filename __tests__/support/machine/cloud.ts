import { createHash } from "node:crypto";
import type { Books } from "../../../runtime/audit/books";
import { buildBundle } from "../../../stacks/constructs/bundle";
import type { Attributes } from "../../../stacks/synthesis/synthesized";
import { type Synthesis, synthesizePlatform } from "../../stacks/synthesize-platform";
import { type FakeGcsServer, startFakeGcsServer } from "../fake-gcs-server";
import { type SecretManagerStandIn, type SecretRole, startSecretManager } from "../secret-manager";
import { type DataDisk, emptyDisk } from "./data-disk";
import { type Google, startGoogle } from "./google";
import { ownAddress } from "./loopback";
import { Machine } from "./machine";
import { storageGrantsOf } from "./storage-grants";
import { type MachineTemplate, templateOf } from "./template";

/**
 * The dev platform of a synth, deployed here: its buckets with the bundles, its secrets, its grants, its disk, and
 * machines that reach all of it by the real names.
 */
export interface Cloud {
  readonly platform: Synthesis;
  readonly google: Google;
  readonly secrets: SecretManagerStandIn;
  /** Kafka's data disk. */
  readonly disk: DataDisk;
  /** host:port by which machines reach Kafka here. */
  readonly kafkaPlace: string;
  /** A template of the synth; `changes` are attributes that another deploy gives it. */
  template(what: string, changes?: Readonly<Record<string, string>>): MachineTemplate;
  /** A machine that has not booted yet. */
  machine(template: MachineTemplate): Promise<Machine>;
  /** The books of Kafka and the lake, as a person reads them who has been granted it; balanced or not. */
  audit(): Promise<Books>;
  /** The newest value of a secret of the project. */
  secretOf(id: string): Promise<string>;
  /** Adds a bundle to the bucket, as the deploy of another version does. @returns the attributes that name it */
  upload(program: string, bundle: string): Promise<Readonly<Record<string, string>>>;
  /** Ends all machines and servers, and removes the disk. */
  stop(): Promise<void>;
}

const STORAGE = "storage.googleapis.com";
/** A person who has been granted to read the lake and the audit's user. */
const AUDITOR = "auditor@example.com";
const SECRETS = "secretmanager.googleapis.com";

export async function startCloud(): Promise<Cloud> {
  const platform = synthesizePlatform("dev");
  const storage = await startFakeGcsServer({ publicHost: STORAGE });
  await fillBuckets(platform, storage);
  const secrets = await startSecretManager();
  const project = templateOf(platform, "kafka").project;
  for (const { attributes } of platform.ofType("google_secret_manager_secret")) {
    secrets.makeSecret(`projects/${project}/secrets/${attributes.secret_id}`);
  }
  const mayDo = storageGrantsOf(platform);
  const google = await startGoogle(
    { [STORAGE]: storage.endpoint, [SECRETS]: secrets.endpoint },
    { [STORAGE]: (email, method, url) => (email === AUDITOR ? method === "GET" : mayDo(email, method, url)) },
  );
  const kafkaAddress = ownAddress();
  const kafkaPlace = `${kafkaAddress}:9092`;
  const network = { ...google.network, "kafka.rhythmic-dev.internal:9092": kafkaPlace };
  const disk = emptyDisk();
  const machines: Machine[] = [];
  const [address] = platform.ofType("google_compute_address");
  const declaredAddress = String(address?.attributes.address);
  const desk = await Machine.create({
    template: { what: "audit", project, email: AUDITOR, attributes: {} },
    network,
    authority: google.authority,
  });
  machines.push(desk);
  google.accept(desk.metadata.token, AUDITOR);
  const auditSecret = `projects/${project}/secrets/rhythmic-dev-kafka-audit`;
  secrets.allow(desk.metadata.token, auditSecret, "secretAccessor");
  return {
    platform,
    google,
    secrets,
    disk,
    kafkaPlace,
    template(what, changes = {}) {
      const template = templateOf(platform, what);
      return { ...template, attributes: { ...template.attributes, ...changes } };
    },
    async machine(template) {
      const options = { template, network, authority: google.authority };
      const machine = await Machine.create(
        template.what === "kafka"
          ? { ...options, address: kafkaAddress, declaredAddress, disks: { "kafka-data": disk }, hasKafkaImage: true }
          : options,
      );
      machines.push(machine);
      google.accept(machine.metadata.token, template.email);
      for (const { secret, role } of secretGrantsOf(platform, template)) {
        secrets.allow(machine.metadata.token, secret, role);
      }
      return machine;
    },
    async audit() {
      const settings = {
        KAFKA_BROKERS: "kafka.rhythmic-dev.internal:9092",
        KAFKA_CREDENTIALS: auditSecret,
        LAKE_URL: `gs://${project}-rhythmic-dev-lake`,
        AUDIT_JSON: "true",
      };
      return JSON.parse(await desk.runNode(buildBundle("audit").file, [], settings)) as Books;
    },
    async secretOf(id) {
      const name = `projects/${project}/secrets/${id}`;
      secrets.allow(desk.metadata.token, name, "secretAccessor");
      const response = await fetch(`${secrets.endpoint}/v1/${name}/versions/latest:access`, {
        headers: { Authorization: `Bearer ${desk.metadata.token}` },
      });
      const { payload } = (await response.json()) as { readonly payload: { readonly data: string } };
      return Buffer.from(payload.data, "base64").toString();
    },
    upload: (program, bundle) => uploadBundle(platform, storage, program, bundle),
    async stop() {
      await Promise.all(machines.map((machine) => machine.remove()));
      await Promise.all([google.stop(), secrets.stop(), storage.stop()]);
      disk.remove();
    },
  };
}

async function fillBuckets(platform: Synthesis, storage: FakeGcsServer): Promise<void> {
  for (const { attributes } of platform.ofType("google_storage_bucket"))
    await storage.makeBucket(String(attributes.name));
  for (const { stack, attributes } of platform.ofType("google_storage_bucket_object")) {
    const contents = platform.files.get(`stacks/${stack}/${attributes.source}`) ?? "";
    await put(storage, String(attributes.bucket), String(attributes.name), contents);
  }
}

async function put(storage: FakeGcsServer, bucket: string, name: string, contents: string): Promise<void> {
  const query = `uploadType=media&name=${encodeURIComponent(name)}`;
  const response = await fetch(`${storage.endpoint}/upload/storage/v1/b/${bucket}/o?${query}`, {
    method: "POST",
    body: contents,
    headers: { "Content-Type": "text/javascript" },
  });
  if (!response.ok) throw new Error(`fake-gcs-server answered ${response.status} to the upload of ${name}`);
}

async function uploadBundle(platform: Synthesis, storage: FakeGcsServer, program: string, bundle: string) {
  const sha256 = createHash("sha256").update(bundle).digest("hex");
  const name = `bundles/${program}/${sha256}.cjs`;
  const [object] = platform.ofType("google_storage_bucket_object");
  const bucket = String(object?.attributes.bucket);
  await put(storage, bucket, name, bundle);
  return { "rhythmic-bundle": `https://${STORAGE}/${bucket}/${name}`, "rhythmic-bundle-sha256": sha256 };
}

/** What a machine's account may do with which secret. */
function secretGrantsOf(platform: Synthesis, { email, project }: MachineTemplate) {
  const grants = platform.ofType("google_secret_manager_secret_iam_member").map(({ attributes }) => attributes);
  return grants
    .filter(({ member }: Attributes) => member === `serviceAccount:${email}`)
    .map(({ secret_id: secret, role }) => ({
      secret: `projects/${project}/secrets/${secret}`,
      role: String(role).replace("roles/secretmanager.", "") as SecretRole,
    }));
}
