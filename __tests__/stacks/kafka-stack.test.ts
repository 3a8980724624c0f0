import { KAFKA_CLIENTS } from "../../runtime/kafka/access";
import { parseEnvironmentBlock } from "../../stacks/constructs/machine-metadata";
import { ENVIRONMENT_NAMES } from "../../stacks/environment-record";
import { selectEnvironment } from "../../stacks/environments";
import type { Attributes, SynthesizedStack } from "../../stacks/synthesis/synthesized";
import { synthesizePlatform } from "./synthesize-platform";

jest.mock("../../stacks/constructs/bundle", () => jest.requireActual("./fake-bundles").bundleModule);

afterAll(() => jest.requireActual("./fake-bundles").removeFakeBundles());

describe.each(ENVIRONMENT_NAMES)("Kafka in %s", (name) => {
  const environment = selectEnvironment({ RHYTHMIC_ENV: name, RHYTHMIC_PROJECT: "acme-music" });
  let stack: SynthesizedStack;
  beforeAll(() => {
    stack = synthesizePlatform(name, "acme-music").stacks.find(
      (candidate) => candidate.name === "kafka",
    ) as SynthesizedStack;
  });
  const only = (type: string, where = ""): Attributes => {
    const found = stack.resources.filter((resource) => resource.type === type && resource.path.startsWith(where));
    expect(found.length).toBe(1);
    return found[0]?.attributes ?? {};
  };

  test("is one machine by its own name, and the generator another", () => {
    expect(only("google_compute_per_instance_config")).toMatchObject({
      name: `rhythmic-${name}-kafka-0`,
      remove_instance_on_destroy: true,
    });
    // The machine above is the group's only one: a size here would add one without a disk.
    expect(only("google_compute_instance_group_manager", "kafka/").target_size).toBeUndefined();
    expect(only("google_compute_instance_group_manager", "generator/").target_size).toBe(1);
  });

  test("every disk has the environment's key, where it has keys of its own", () => {
    const key = {
      kms_key_self_link: `projects/acme-music/locations/us-central1/keyRings/rhythmic-${name}-keys/cryptoKeys/disks`,
    };
    const expected = environment.customerManagedKeys ? key : undefined;
    expect(only("google_compute_disk").disk_encryption_key).toEqual(expected);
    const templates = stack.resources.filter(({ type }) => type === "google_compute_instance_template");
    expect(templates.length).toBe(2);
    for (const { attributes } of templates) {
      expect((attributes.disk as Attributes[]).map((disk) => disk.disk_encryption_key)).toEqual([expected]);
    }
  });

  test("its data disk is kept in prod, and a snapshot of every night stays in the region", () => {
    expect(only("google_compute_disk")).toMatchObject({
      create_snapshot_before_destroy: name === "prod",
      lifecycle: { prevent_destroy: name === "prod" },
    });
    expect(only("google_compute_resource_policy").snapshot_schedule_policy).toMatchObject({
      retention_policy: {
        max_retention_days: environment.snapshotRetentionDays,
        on_source_disk_delete: name === "prod" ? "KEEP_AUTO_SNAPSHOTS" : "APPLY_RETENTION_POLICY",
      },
      snapshot_properties: { storage_locations: [environment.region] },
    });
    expect(only("google_compute_disk_resource_policy_attachment").disk).toContain("google_compute_disk.");
  });

  test("its machine goes before its disk or address is replaced, and stays when the disk only grows", () => {
    const [disk, address] = ["google_compute_disk", "google_compute_address"].map((type) => {
      const id = stack.resources.find((resource) => resource.type === type)?.id;
      // The id alone: the whole resource would be another one with every gigabyte.
      return `${type}.${id}.id`;
    });
    const lifecycleOf = (type: string) => only(type).lifecycle;
    expect(lifecycleOf("google_compute_per_instance_config")).toEqual({ replace_triggered_by: [disk, address] });
    expect(lifecycleOf("google_compute_disk_resource_policy_attachment")).toEqual({ replace_triggered_by: [disk] });
  });

  test("boot disks stand on the bill under the labels of all else", () => {
    const templates = stack.resources.filter(({ type }) => type === "google_compute_instance_template");
    for (const { attributes } of templates) {
      const labels = { platform: "rhythmic", environment: name, stack: "kafka" };
      expect((attributes.disk as Attributes[]).map((disk) => disk.labels)).toEqual([labels]);
    }
  });

  const metadataOf = (program: string) =>
    only("google_compute_instance_template", `${program}/`).metadata as Readonly<Record<string, string>>;

  test("its heap is a quarter of the machine's memory", () => {
    expect(metadataOf("kafka")["user-data"]).toContain(`KAFKA_HEAP_OPTS=-Xmx${{ dev: 1_024, prod: 4_096 }[name]}m`);
  });

  test("its keeper makes certificates for Kafka's name and address, and puts users where the programs look", () => {
    const settings = parseEnvironmentBlock(String(metadataOf("kafka")["rhythmic-environment"]));
    expect(settings).toEqual({
      KEEPER_BROKER: "127.0.0.1:9094",
      KEEPER_FOLDER: "/mnt/disks/kafka/keeper",
      KEEPER_HOSTS: `kafka.rhythmic-${name}.internal,${environment.kafkaAddress}`,
      KEEPER_SECRETS: `projects/acme-music/secrets/rhythmic-${name}-kafka-`,
      KEEPER_TLS_FOLDER: "/mnt/disks/kafka/tls",
      RHYTHMIC_DEPLOYMENT: `rhythmic-${name}`,
      STATUS_PORT: "8080",
    });
    const ofGenerator = parseEnvironmentBlock(String(metadataOf("generator")["rhythmic-environment"]));
    expect(ofGenerator.KAFKA_CREDENTIALS).toBe(`${settings.KEEPER_SECRETS}generator`);
    const secrets = stack.resources.filter(({ type }) => type === "google_secret_manager_secret");
    expect(secrets.map(({ attributes }) => attributes.secret_id).sort()).toEqual(
      KAFKA_CLIENTS.map((client) => `rhythmic-${name}-kafka-${client}`).sort(),
    );
  });

  test("the generator's machine starts after Kafka's", () => {
    const kafka = stack.resources.find(({ type }) => type === "google_compute_per_instance_config");
    expect(only("google_compute_instance_group_manager", "generator/").depends_on).toContain(
      `google_compute_per_instance_config.${kafka?.id}`,
    );
  });

  test("the deploy says how to connect: a command, not a manual", () => {
    const value = (output: string) => String(stack.outputs[output]?.value);
    expect(value("ssh_to_kafka")).toBe(
      `gcloud compute ssh rhythmic-${name}-kafka-0 --zone=us-central1-a --project=acme-music --tunnel-through-iap`,
    );
    expect(value("kafka_brokers")).toBe(`kafka.rhythmic-${name}.internal:9092`);
    expect(value("kafka_topics")).toMatch(/kafka-topics\.sh .*--describe"$/);
    expect(value("generator_log")).toMatch(/^gcloud logging read '.*jsonPayload\.program=\("generator"\)/);
  });
});
