import { isExample } from "../../../stacks/environments";
import type { Attributes, SynthesizedPlatform, SynthesizedResource } from "../../../stacks/synthesis/synthesized";
import { type Finding, findingAt, forEach, missing, mustBe, mustHold, type Rule, valueAt } from "../rule";

/** What is declared at all, which services that needs, and what no public rule covers. */

/** The service behind a type, by the beginning of the type's name. */
const SERVICES: Readonly<Record<string, string>> = {
  google_artifact_registry_: "artifactregistry.googleapis.com",
  google_bigquery_: "bigquery.googleapis.com",
  google_bigquery_connection: "bigqueryconnection.googleapis.com",
  google_billing_budget: "billingbudgets.googleapis.com",
  google_compute_: "compute.googleapis.com",
  google_dns_: "dns.googleapis.com",
  google_kms_: "cloudkms.googleapis.com",
  google_logging_: "logging.googleapis.com",
  google_monitoring_: "monitoring.googleapis.com",
  google_project_iam_: "cloudresourcemanager.googleapis.com",
  google_secret_manager_: "secretmanager.googleapis.com",
  google_service_account: "iam.googleapis.com",
  google_storage_: "storage.googleapis.com",
};

/** Services without a resource of their own: logging in, and deploying without keys. */
const SERVICES_BESIDES = [
  "iamcredentials.googleapis.com",
  "iap.googleapis.com",
  "oslogin.googleapis.com",
  "serviceusage.googleapis.com",
  "sts.googleapis.com",
];

/** Every type that these rules were written for. */
const KNOWN_TYPES: readonly string[] = [
  "google_billing_budget",
  "google_artifact_registry_repository",
  "google_artifact_registry_repository_iam_member",
  "google_bigquery_dataset",
  "google_bigquery_dataset_iam_member",
  "google_bigquery_table",
  "google_bigquery_connection",
  "google_bigquery_connection_iam_member",
  "google_compute_address",
  "google_compute_disk",
  "google_compute_disk_resource_policy_attachment",
  "google_compute_firewall",
  "google_compute_health_check",
  "google_compute_instance_group_manager",
  "google_compute_instance_template",
  "google_compute_network",
  "google_compute_per_instance_config",
  "google_compute_project_metadata_item",
  "google_compute_resource_policy",
  "google_compute_route",
  "google_compute_router",
  "google_compute_router_nat",
  "google_compute_subnetwork",
  "google_dns_managed_zone",
  "google_dns_policy",
  "google_dns_record_set",
  "google_kms_crypto_key",
  "google_kms_crypto_key_iam_member",
  "google_kms_key_ring",
  "google_logging_metric",
  "google_monitoring_alert_policy",
  "google_monitoring_dashboard",
  "google_monitoring_notification_channel",
  "google_project_iam_audit_config",
  "google_project_iam_custom_role",
  "google_project_iam_member",
  "google_project_service",
  "google_secret_manager_secret",
  "google_secret_manager_secret_iam_member",
  "google_service_account",
  "google_storage_bucket",
  "google_storage_bucket_iam_member",
  "google_storage_bucket_object",
  "terraform_data",
  "docker_container",
  "docker_image",
  "docker_network",
  "docker_volume",
  // The three below are declared nowhere yet; the rules below say how they may be.
  "google_composer_environment",
  "google_managed_kafka_cluster",
  "google_managed_kafka_topic",
];

function ofType(
  platform: SynthesizedPlatform,
  type: string,
  problems: (resource: SynthesizedResource) => readonly (Finding | undefined)[],
): Finding[] {
  return platform.ofType(type).length === 0 ? [] : forEach(platform, type, problems);
}

const isText = (value: unknown) => typeof value === "string" && value !== "";

export const SERVICE_RULES: readonly Rule[] = [
  {
    name: "Nobody can deploy what was synthesized for the example project",
    why: "A deploy to a project that is nobody's would fail half-way, with errors that explain nothing.",
    appliesTo: isExample,
    check: (platform, { project }) =>
      platform.stacks
        .filter(({ resources }) => resources.some(({ type }) => type.startsWith("google_")))
        .filter(
          ({ resources, json }) =>
            valueAt(json as Attributes, "locals.project") !== project ||
            !resources.some(
              ({ type, attributes }) =>
                type === "terraform_data" &&
                valueAt(attributes, "lifecycle.precondition.condition") === `\${local.project != "${project}"}`,
            ),
        )
        .map(({ name }) => missing(name, "a precondition", `one that refuses the project ${project}`)),
  },
  {
    name: "Only types of resources are declared that these rules know",
    why: "A type that nobody has thought about has no promise to break.",
    check: (platform) =>
      platform.resources
        .filter(({ type }) => !KNOWN_TYPES.includes(type))
        .map((resource) => findingAt(resource, resource.type, "a type of KNOWN_TYPES, with rules of its own")),
  },
  {
    name: "Every service of Google that is used is enabled, and a destroy disables none",
    why: "A deploy to an empty project would fail half-way; a disabled service would stop what others run.",
    source: "https://docs.cloud.google.com/service-usage/docs/enable-disable",
    check: (platform) => {
      const enabled = platform.ofType("google_project_service").map(({ attributes }) => attributes.service);
      const needed = new Set([
        ...SERVICES_BESIDES,
        ...platform.resources.flatMap(({ type }) =>
          Object.keys(SERVICES)
            .filter((start) => type.startsWith(start))
            .map((start) => SERVICES[start] ?? ""),
        ),
      ]);
      return [
        ...[...needed]
          .filter((service) => !enabled.includes(service))
          .map((service) => missing("foundation", service, "enabled")),
        ...forEach(platform, "google_project_service", (service) => [mustBe(service, "disable_on_destroy", false)]),
      ];
    },
  },
  {
    name: "Images come through the platform's own repository",
    why: "Machines without a way out reach no other, and what was pulled once stays.",
    check: (platform) =>
      forEach(platform, "google_artifact_registry_repository", (repository) => [
        mustBe(repository, "mode", "REMOTE_REPOSITORY"),
        mustBe(repository, "format", "DOCKER"),
        mustBe(repository, "remote_repository_config.docker_repository.public_repository", "DOCKER_HUB"),
      ]),
  },
  {
    name: "A managed Kafka is joined to the platform's subnet alone, under a key of our own where the environment has keys",
    why: "No public rule looks at Managed Service for Apache Kafka.",
    source: "https://docs.cloud.google.com/managed-service-for-apache-kafka/docs/networking-kafka",
    check: (platform, environment) =>
      ofType(platform, "google_managed_kafka_cluster", (cluster) => [
        mustHold(
          cluster,
          "gcp_config.access_config.network_configs.subnet",
          (subnet) => String(subnet).endsWith(`/subnetworks/rhythmic-${environment.name}-subnet`),
          "the platform's subnet",
        ),
        environment.customerManagedKeys
          ? mustHold(cluster, "gcp_config.kms_key", isText, "a customer-managed key")
          : undefined,
      ]),
  },
  {
    name: "A Composer environment is private, under a key of our own where the environment has keys",
    why: "No public rule looks at Cloud Composer, whose components reach the internet unless somebody forbids it.",
    source: "https://docs.cloud.google.com/composer/docs/composer-3/change-networking-type",
    check: (platform, { customerManagedKeys }) =>
      ofType(platform, "google_composer_environment", (composer) => [
        mustBe(composer, "config.enable_private_environment", true),
        customerManagedKeys
          ? mustHold(composer, "config.encryption_config.kms_key_name", isText, "a customer-managed key")
          : undefined,
      ]),
  },
  {
    name: "A NAT gateway serves the machines' own addresses alone, and writes down who used it",
    why: "No public rule looks at Cloud NAT, whose usual form serves every range of the network in silence.",
    source: "https://docs.cloud.google.com/nat/docs/monitoring",
    check: (platform) =>
      ofType(platform, "google_compute_router_nat", (gateway) => [
        // The network is the platform's own and has one subnet, so that its primary range is the machines'.
        mustBe(gateway, "source_subnetwork_ip_ranges_to_nat", "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES"),
        mustBe(gateway, "log_config.enable", true),
      ]),
  },
];
