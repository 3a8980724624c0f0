import { KAFKA_CLIENTS } from "../../../runtime/kafka/access";
import type { Environment } from "../../../stacks/environment-record";
import { accountIdOf, bucketNameOf, datasetOf, KEY_PURPOSES, keyRingOf, nameOf } from "../../../stacks/names";
import { type Attributes, DEPLOYED_PROGRAMS } from "../../../stacks/synthesis/synthesized";
import { type Finding, findingAt, missing, mustEqualSet, type Rule, shown } from "../rule";

/** Names are what the environment says: a renamed store is a new, empty store. */

/** The names of what holds data or rights, by type: the attribute, and every name that there is. */
function expectedNames(environment: Environment): Readonly<Record<string, readonly [string, readonly string[]]>> {
  return {
    google_storage_bucket: ["name", ["artifacts", "lake", "logs"].map((what) => bucketNameOf(environment, what))],
    google_bigquery_dataset: [
      "dataset_id",
      ["staging", "marts", "control", "lake"].map((schema) => datasetOf(environment, schema)),
    ],
    google_service_account: [
      "account_id",
      ["kafka", "generator", "processor", "loader"].map((program) => accountIdOf(environment, program)),
    ],
    google_kms_key_ring: ["name", environment.customerManagedKeys ? [keyRingOf(environment)] : []],
    google_kms_crypto_key: ["name", environment.customerManagedKeys ? KEY_PURPOSES : []],
    google_bigquery_connection: ["connection_id", [nameOf(environment, "lake")]],
    google_compute_disk: ["name", [nameOf(environment, "kafka-data")]],
    google_compute_address: ["name", [nameOf(environment, "kafka")]],
    google_compute_instance_group_manager: [
      "base_instance_name",
      ["kafka", "generator", "processor", "loader"].map((program) => nameOf(environment, program)),
    ],
    google_compute_per_instance_config: ["name", [nameOf(environment, "kafka-0")]],
    google_secret_manager_secret: ["secret_id", KAFKA_CLIENTS.map((client) => nameOf(environment, `kafka-${client}`))],
    google_compute_health_check: ["name", DEPLOYED_PROGRAMS.map((program) => nameOf(environment, program))],
    google_compute_network: ["name", [nameOf(environment, "network")]],
    google_compute_subnetwork: ["name", [nameOf(environment, "subnet")]],
    google_artifact_registry_repository: ["repository_id", [nameOf(environment, "images")]],
  };
}

/** Types whose names are not ours to choose, or are unique below something that has such a name. */
const NAMED_OTHERWISE = [
  "docker_image",
  "google_storage_bucket",
  "google_storage_bucket_object",
  "google_dns_record_set",
  "google_kms_crypto_key",
];

/** Types whose location is chosen by Google, often a whole continent, where nobody says it. */
const LOCATED = [
  "google_artifact_registry_repository",
  "google_bigquery_connection",
  "google_bigquery_dataset",
  "google_kms_key_ring",
  "google_storage_bucket",
];

const isToken = (value: unknown) => typeof value === "string" && value.includes("${");

export const NAMES: readonly Rule[] = [
  {
    name: "What names a project names the environment's",
    why: "A grant or an audit log of another project guards nothing here.",
    check: (platform, { project }) =>
      platform.resources
        .filter(({ attributes }) => attributes.project !== undefined && attributes.project !== project)
        .map((resource) => findingAt(resource, resource.attributes.project, project)),
  },
  {
    name: "Stores, accounts and networks have exactly the names that the environment gives them",
    why: "Terraform replaces what is renamed, and a new bucket is empty.",
    check: (platform, environment) =>
      Object.entries(expectedNames(environment)).flatMap(([type, [attribute, names]]) =>
        mustEqualSet(
          platform.ofType(type).map((resource) => [String(resource.attributes[attribute]), resource] as const),
          names,
          type,
        ),
      ),
  },
  {
    name: "Every bucket's name begins with the project's id",
    why: "Names of buckets are global: somebody else may have taken a shorter one, or take it after a destroy.",
    source: "https://docs.cloud.google.com/storage/docs/buckets#naming",
    check: (platform, { project }) =>
      platform
        .ofType("google_storage_bucket")
        .filter(({ attributes }) => !String(attributes.name).startsWith(`${project}-`))
        .map((bucket) => findingAt(bucket, bucket.attributes.name, `${project}-...`)),
  },
  {
    name: "Every name says its platform and its environment",
    why: "Two environments in one project would take each other's resources.",
    check: (platform, environment) =>
      platform.resources
        .filter(({ type }) => !NAMED_OTHERWISE.includes(type))
        .filter(({ attributes }) =>
          [attributes.name, attributes.name_prefix].some((name) => isForeign(name, environment)),
        )
        .map((resource) =>
          findingAt(
            resource,
            resource.attributes.name ?? resource.attributes.name_prefix,
            `${nameOf(environment, "...")}`,
          ),
        ),
  },
  {
    name: "Everything lies in the environment's region",
    why: "Data would leave the region that people were told, and traffic between regions is billed.",
    check: (platform, { region, zone }) =>
      platform.resources.flatMap((resource) => {
        const { location, region: ownRegion, zone: ownZone } = resource.attributes;
        const unsaid = LOCATED.includes(resource.type) ? "nothing, which leaves it to Google" : undefined;
        return [elsewhere(location ?? unsaid, region), elsewhere(ownRegion, region), elsewhere(ownZone, zone)].flatMap(
          (problem) => (problem === undefined ? [] : [findingAt(resource, ...problem)]),
        );
      }),
  },
  {
    name: "Everything carries the platform's labels, and belongs to the environment's project",
    why: "Without labels a bill names nobody; without a project a deploy goes wherever the shell points.",
    check: (platform, environment) =>
      platform.stacks.flatMap(({ name, json, resources }): Finding[] => {
        if (!resources.some(({ type }) => type.startsWith("google_"))) return [];
        const provider = json.provider?.google?.[0];
        if (provider === undefined) return [missing(name, "provider google", "one")];
        const labels: Attributes = { environment: environment.name, platform: "rhythmic", stack: name };
        const given = provider.default_labels as Attributes | undefined;
        const labelled = Object.entries(labels).every(([label, value]) => given?.[label] === value);
        const placed = (["project", "region", "zone"] as const).every((key) => provider[key] === environment[key]);
        return labelled && placed
          ? []
          : [
              {
                stack: name,
                where: "provider google",
                given: shown({ ...provider }),
                allowed: shown({ project: environment.project, region: environment.region, default_labels: labels }),
              },
            ];
      }),
  },
];

function isForeign(name: unknown, environment: Environment): boolean {
  const prefix = nameOf(environment, "");
  // BigQuery and counted metrics allow no hyphens.
  const isOurs = (text: string) => text.startsWith(prefix) || text.startsWith(prefix.replaceAll("-", "_"));
  return typeof name === "string" && !isToken(name) && !isOurs(name);
}

function elsewhere(given: unknown, allowed: string): [unknown, string] | undefined {
  if (given === undefined || isToken(given) || given === allowed || given === "global") return undefined;
  return [given, allowed];
}
