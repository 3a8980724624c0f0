import type { Mutant } from "./mutant";

const TEMPLATE = "google_compute_instance_template";
const TABLE = "google_bigquery_table";
const BUCKET = "google_storage_bucket";
const SETTINGS = "metadata.rhythmic-environment";
const COLUMNS = "Every topic has a staging table with the columns of its event";
const PARTITIONS = "Tables are partitioned by the hour of the event, and no query reads all hours by mistake";
const LATE =
  "Tables keep an hour for as long as late events may come for it, and within BigQuery's limit of partitions";
const ACCEPTED = "Every program accepts the settings that its machines get";
const VALUES = "Every program gets exactly the values that the environment's record says, in the program's own units";
const STORES = "The settings name the lake's bucket and the warehouse's datasets as they are declared";
const KAFKA = "Kafka's name leads to Kafka's address, and its port is the one that the firewall opens";
const NAMES = "Stores, accounts and networks have exactly the names that the environment gives them";
const KNOWN = "Only types of resources are declared that these rules know";
const DAY_MS = 86_400_000;

/** Mistakes in tables, settings, names and services. */
export const WAREHOUSE_AND_SETTINGS_MUTANTS: readonly Mutant[] = [
  {
    title: "a column of another type",
    breaks: [COLUMNS],
    seed: (draft) => draft.replace(TABLE, "listen_events", "schema", '"type":"TIMESTAMP"', '"type":"STRING"'),
  },
  {
    title: "a topic without its table",
    breaks: [COLUMNS],
    seed: (draft) => draft.remove(TABLE, "auth_events"),
  },
  {
    title: "a table without its partition filter",
    breaks: [PARTITIONS],
    seed: (draft) => draft.set(TABLE, "page_view_events", "require_partition_filter", undefined),
  },
  {
    title: "a table partitioned by the time of its load",
    breaks: [PARTITIONS],
    seed: (draft) => draft.set(TABLE, "page_view_events", "time_partitioning.field", undefined),
  },
  {
    title: "a table without its clustering",
    breaks: ["Tables are clustered by what the marts and the loader ask for"],
    seed: (draft) => draft.set(TABLE, "listen_events", "clustering", undefined),
  },
  {
    title: "partitions that expire before late events come",
    breaks: [LATE],
    seed: (draft) => draft.set(TABLE, "listen_events", "time_partitioning.expiration_ms", 60 * DAY_MS),
  },
  {
    title: "more partitions than BigQuery has",
    breaks: [LATE],
    seed: (draft) => draft.set(TABLE, "listen_events", "time_partitioning.expiration_ms", 420 * DAY_MS),
  },
  {
    title: "a dataset that drops its tables by age",
    breaks: ["No dataset drops its tables by age"],
    seed: (draft) => draft.set("google_bigquery_dataset", "marts", "default_table_expiration_ms", 30 * DAY_MS),
  },
  {
    title: "a setting in days where milliseconds are meant",
    breaks: [ACCEPTED, VALUES],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "processor/template",
        SETTINGS,
        `PROCESSOR_EVENT_AGE_MAX_MS=${90 * DAY_MS}`,
        "PROCESSOR_EVENT_AGE_MAX_MS=90",
      ),
  },
  {
    title: "a setting in seconds where milliseconds are meant, which the program would accept",
    breaks: [VALUES],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "processor/template",
        SETTINGS,
        `PROCESSOR_EVENT_AGE_MAX_MS=${90 * DAY_MS}`,
        `PROCESSOR_EVENT_AGE_MAX_MS=${90 * (DAY_MS / 1_000)}`,
      ),
  },
  {
    title: "a generator whose events are older than the processor takes",
    breaks: [VALUES],
    seed: (draft) =>
      draft.replace(
        TEMPLATE,
        "generator/template",
        SETTINGS,
        "GENERATOR_START_DAYS_AGO=42",
        "GENERATOR_START_DAYS_AGO=400",
      ),
  },
  {
    title: "a misspelt setting",
    breaks: [ACCEPTED],
    seed: (draft) =>
      draft.replace(TEMPLATE, "loader/template", SETTINGS, "LOADER_STAGING_EXPIRY_DAYS", "LOADER_EXPIRY"),
  },
  {
    title: "a setting that is missing",
    breaks: [ACCEPTED],
    seed: (draft) => draft.replace(TEMPLATE, "loader/template", SETTINGS, "WAREHOUSE_URL=", "WAREHOUSE_URI="),
  },
  {
    title: "a lake's address that names another bucket",
    breaks: [STORES, VALUES],
    seed: (draft) => draft.replace(TEMPLATE, "loader/template", SETTINGS, "prod-lake", "prod-pond"),
  },
  {
    title: "a warehouse's address that names other datasets",
    breaks: [STORES],
    seed: (draft) => draft.replace(TEMPLATE, "loader/template", SETTINGS, "rhythmic_prod", "rhythmic_dev"),
  },
  {
    title: "Kafka's name at another address",
    breaks: [KAFKA],
    seed: (draft) => draft.set("google_dns_record_set", "kafka-name", "rrdatas", ["10.30.0.11"]),
  },
  {
    title: "another port in the settings than in the firewall",
    breaks: [KAFKA],
    seed: (draft) => draft.replace(TEMPLATE, "processor/template", SETTINGS, ":9092", ":9093"),
  },
  {
    title: "a renamed bucket",
    breaks: [NAMES],
    seed: (draft) => draft.set(BUCKET, "lake/bucket", "name", "rhythmic-example-rhythmic-prod-data"),
  },
  {
    title: "a bucket whose name doesn't begin with the project",
    breaks: ["Every bucket's name begins with the project's id", NAMES],
    seed: (draft) => draft.set(BUCKET, "artifacts/bucket", "name", "rhythmic-prod-artifacts"),
  },
  {
    title: "prod's network under dev's name",
    breaks: [NAMES, "Every name says its platform and its environment"],
    seed: (draft) => draft.set("google_compute_network", "network", "name", "rhythmic-dev-network"),
  },
  {
    title: "a warehouse on another continent",
    breaks: ["Everything lies in the environment's region"],
    seed: (draft) => draft.set("google_bigquery_dataset", "staging", "location", "europe-west1"),
  },
  {
    title: "a warehouse wherever Google puts it",
    breaks: ["Everything lies in the environment's region"],
    seed: (draft) => draft.set("google_bigquery_dataset", "marts", "location", undefined),
  },
  {
    title: "an audit log of another project",
    breaks: ["What names a project names the environment's"],
    seed: (draft) => draft.set("google_project_iam_audit_config", "audit-storage", "project", "somebody-else"),
  },
  {
    title: "a staging table in the marts",
    breaks: [COLUMNS],
    seed: (draft) => draft.replace(TABLE, "listen_events", "dataset_id", "staging", "marts"),
  },
  {
    title: "a stack without its labels",
    breaks: ["Everything carries the platform's labels, and belongs to the environment's project"],
    seed: (draft) => delete draft.provider("lake").default_labels,
  },
  {
    title: "a stack for another project",
    breaks: ["Everything carries the platform's labels, and belongs to the environment's project"],
    seed: (draft) => Object.assign(draft.provider("batch"), { project: "somebody-else" }),
  },
  {
    title: "a service that nobody enables",
    breaks: ["Every service of Google that is used is enabled, and a destroy disables none"],
    seed: (draft) => draft.remove("google_project_service", "bigquery"),
  },
  {
    title: "a project that people can't log in to",
    breaks: ["Every service of Google that is used is enabled, and a destroy disables none"],
    seed: (draft) => draft.remove("google_project_service", "iap"),
  },
  {
    title: "a destroy that disables Compute Engine for the whole project",
    breaks: ["Every service of Google that is used is enabled, and a destroy disables none"],
    seed: (draft) => draft.set("google_project_service", "compute", "disable_on_destroy", true),
  },
  {
    title: "a repository that holds images instead of fetching them",
    breaks: ["Images come through the platform's own repository"],
    seed: (draft) => draft.set("google_artifact_registry_repository", "images", "mode", "STANDARD_REPOSITORY"),
  },
  {
    title: "a plain machine, whose changed metadata restarts nothing",
    breaks: [KNOWN, "Nothing is declared that exists to let outsiders in or to join networks"],
    seed: (draft) => draft.add("batch", "google_compute_instance", "helper", { name: "rhythmic-prod-helper" }),
  },
  {
    title: "an example project that can be deployed",
    breaks: ["Nobody can deploy what was synthesized for the example project"],
    seed: (draft) => draft.remove("terraform_data"),
  },
  {
    title: "a secret in every region under Google's keys",
    breaks: ["A secret stays in the region, under a key of our own where the environment has keys"],
    seed: (draft) =>
      draft.add("kafka", "google_secret_manager_secret", "password", {
        secret_id: "rhythmic-prod-password",
        replication: { auto: {} },
      }),
  },
  {
    title: "a managed Kafka in another network",
    breaks: [
      "A managed Kafka is joined to the platform's subnet alone, under a key of our own where the environment has keys",
    ],
    seed: (draft) =>
      draft.add("kafka", "google_managed_kafka_cluster", "cluster", {
        cluster_id: "rhythmic-prod-kafka",
        location: "us-central1",
        gcp_config: {
          access_config: { network_configs: [{ subnet: "projects/other/regions/us-central1/subnetworks/x" }] },
        },
      }),
  },
  {
    title: "a Composer environment that reaches the internet",
    breaks: ["A Composer environment is private, under a key of our own where the environment has keys"],
    seed: (draft) =>
      draft.add("batch", "google_composer_environment", "airflow", {
        name: "rhythmic-prod-airflow",
        region: "us-central1",
        config: { software_config: { image_version: "composer-3-airflow-2" } },
      }),
  },
];
