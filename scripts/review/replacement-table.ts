import type { ReplacementEntry } from "./replacement";
import { isUnlocked, tableMustBeMadeAnew } from "./replacement-rules";
import { COMPUTE_REPLACEMENTS } from "./replacements-compute";

/**
 * Which attributes of a resource can't be changed in place, so that Terraform destroys it and makes another: `ForceNew`
 * in the provider's Go sources (github.com/hashicorp/terraform-provider-google, and kreuzwerker's for Docker), read
 * file by file. Each entry names the file and the commit that was read. We deploy with the provider's 6.50; a file may
 * have been read at an older or newer commit, since single files of a release can't be had here, and where the two are
 * known to differ the note says so. Terraform's plan has the last word (`npm run review -- --plan`).
 */

const GOOGLE = "google/services";
const DOCKER = "internal/provider";
/** A grant is one line of a policy: it has no update. */
const MEMBER: ReplacementEntry = {
  forcing: "every",
  source: {
    file: "google/tpgiamresource/resource_iam_member.go",
    commit: "0262be693c00e5902e2190d2ae307d6112467e31",
  },
};

export const REPLACEMENTS: Readonly<Record<string, ReplacementEntry>> = {
  ...COMPUTE_REPLACEMENTS,
  docker_container: {
    forcing: "every",
    except: [
      "attach",
      "container_read_refresh_timeout_milliseconds",
      "cpu_set",
      "cpu_shares",
      "destroy_grace_seconds",
      "healthcheck",
      "init",
      "logs",
      "max_retry_count",
      "memory",
      "memory_swap",
      "must_run",
      "remove_volumes",
      "restart",
      "rm",
      "start",
      "tmpfs",
      "wait",
      "wait_timeout",
    ],
    source: {
      file: `${DOCKER}/resource_docker_container.go`,
      commit: "042f771a818e9d4b8c37fa2993a37b38b3822cab",
    },
  },
  docker_image: {
    forcing: ["name", "pull_triggers", "triggers"],
    source: { file: `${DOCKER}/resource_docker_image.go`, commit: "051297abc1e0fd1f4b9a2a716082ffbefd24b73a" },
    note: "What concerns building an image is left out: ours are pulled.",
  },
  docker_network: {
    forcing: "every",
    source: { file: `${DOCKER}/resource_docker_network.go`, commit: "05198ac844d24af21a7f2807b70d1bd5861e04ea" },
  },
  docker_volume: {
    forcing: "every",
    source: { file: `${DOCKER}/resource_docker_volume.go`, commit: "013b65e4158178aeaaaed5bf3c4c414ab690a08a" },
  },
  google_artifact_registry_repository: {
    forcing: [
      "format",
      "repository_id",
      "kms_key_name",
      "location",
      "maven_config",
      "mode",
      "remote_repository_config",
      "project",
    ],
    except: ["remote_repository_config.disable_upstream_validation"],
    source: {
      file: `${GOOGLE}/artifactregistry/resource_artifact_registry_repository.go`,
      commit: "07fc8657afe854e6679f9e01de04f96955a1f910",
    },
  },
  google_bigquery_connection: {
    forcing: ["connection_id", "location", "project"],
    source: {
      file: `${GOOGLE}/bigqueryconnection/resource_bigquery_connection.go`,
      commit: "0403c97b103345c07a352370e24318201e968fc2",
    },
  },
  google_bigquery_dataset: {
    forcing: ["dataset_id", "location", "project"],
    source: {
      file: `${GOOGLE}/bigquery/resource_bigquery_dataset.go`,
      commit: "06bd46d89975133cb69526b3c0967894ce276866",
    },
  },
  google_bigquery_table: {
    forcing: [
      "table_id",
      "dataset_id",
      "project",
      "external_data_configuration.schema",
      "materialized_view.query",
      "materialized_view.allow_non_incremental_definition",
      "time_partitioning.field",
      "range_partitioning.field",
      "encryption_configuration",
    ],
    conditions: [
      {
        path: "schema",
        when: "a column changes its type or becomes required, a required column is added, or columns go while others come",
        replaces: tableMustBeMadeAnew,
      },
    ],
    source: {
      file: `${GOOGLE}/bigquery/resource_bigquery_table.go`,
      commit: "00b984c6987304290117e54f87cdfd38f2be0685",
    },
    note: "The provider plans an update for time_partitioning.type, which BigQuery refuses; clustering is changed in place, for data written from then on.",
  },
  google_billing_budget: {
    forcing: ["billing_account"],
    source: {
      file: `${GOOGLE}/billing/resource_billing_budget.go`,
      commit: "07fc8657afe854e6679f9e01de04f96955a1f910",
    },
  },
  google_dns_managed_zone: {
    forcing: ["dns_name", "name", "visibility", "project"],
    source: {
      file: `${GOOGLE}/dns/resource_dns_managed_zone.go`,
      commit: "07a2c0b660ec8b3ba872c12f7cbb4141cc23cdf8",
    },
  },
  google_dns_policy: {
    forcing: ["name", "dns64_config", "project"],
    source: {
      file: `${GOOGLE}/dns/resource_dns_policy.go`,
      commit: "07a2c0b660ec8b3ba872c12f7cbb4141cc23cdf8",
    },
  },
  google_dns_record_set: {
    forcing: ["managed_zone", "name", "routing_policy.health_check", "project"],
    source: {
      file: `${GOOGLE}/dns/resource_dns_record_set.go`,
      commit: "07a2c0b660ec8b3ba872c12f7cbb4141cc23cdf8",
    },
  },
  google_kms_crypto_key: {
    forcing: [
      "key_ring",
      "name",
      "crypto_key_backend",
      "destroy_scheduled_duration",
      "import_only",
      "purpose",
      "version_template.protection_level",
    ],
    source: {
      file: `${GOOGLE}/kms/resource_kms_crypto_key.go`,
      commit: "07fc8657afe854e6679f9e01de04f96955a1f910",
    },
  },
  google_kms_key_ring: {
    forcing: "every",
    source: {
      file: `${GOOGLE}/kms/resource_kms_key_ring.go`,
      commit: "1658bf8cabddd2c627988002c53c57b2177cbc51",
    },
    note: "Google Cloud never deletes a key ring: one that goes is only forgotten by Terraform.",
  },
  google_logging_metric: {
    forcing: ["project", "metric_descriptor.labels.key", "metric_descriptor.labels.value_type"],
    source: {
      file: `${GOOGLE}/logging/resource_logging_metric.go`,
      commit: "07fc8657afe854e6679f9e01de04f96955a1f910",
    },
  },
  google_monitoring_alert_policy: {
    forcing: ["project"],
    source: {
      file: `${GOOGLE}/monitoring/resource_monitoring_alert_policy.go`,
      commit: "05337e6757e1eb31144f2cb2bad9e883e650e6db",
    },
  },
  google_monitoring_dashboard: {
    forcing: ["project"],
    source: {
      file: `${GOOGLE}/monitoring/resource_monitoring_dashboard.go`,
      commit: "160dc8274a1e94b77c7514fd748b45333ad27d7c",
    },
  },
  google_monitoring_notification_channel: {
    forcing: ["project"],
    source: {
      file: `${GOOGLE}/monitoring/resource_monitoring_notification_channel.go`,
      commit: "0879a4c906fbd1a461b998fe86004982bd2309b7",
    },
  },
  google_project_iam_audit_config: {
    forcing: ["project"],
    source: {
      file: "google/tpgiamresource/resource_iam_audit_config.go",
      commit: "0262be693c00e5902e2190d2ae307d6112467e31",
    },
  },
  google_project_iam_custom_role: {
    forcing: ["role_id", "project"],
    source: {
      file: `${GOOGLE}/resourcemanager/resource_google_project_iam_custom_role.go`,
      commit: "2f152ea2d0d16efd92d3bd561e67a2b34db0beb0",
    },
  },
  google_project_service: {
    forcing: ["service", "project"],
    source: {
      file: `${GOOGLE}/resourcemanager/resource_google_project_service.go`,
      commit: "1658bf8cabddd2c627988002c53c57b2177cbc51",
    },
  },
  google_secret_manager_secret: {
    forcing: ["secret_id", "replication", "rotation.rotation_period", "ttl", "project"],
    except: [
      "replication.auto.customer_managed_encryption",
      "replication.user_managed.replicas.customer_managed_encryption",
    ],
    source: {
      file: `${GOOGLE}/secretmanager/resource_secret_manager_secret.go`,
      commit: "01ddfb1d26a17bde690190c8ab82efd76f539471",
    },
    note: "Its versions go with it. The version read has no version_destroy_ttl yet, which the service changes in place.",
  },
  google_service_account: {
    forcing: ["account_id", "project"],
    source: {
      file: `${GOOGLE}/resourcemanager/resource_google_service_account.go`,
      commit: "0540ffede9083228e6d6177e2b50d3b91e5bde13",
    },
  },
  google_storage_bucket: {
    forcing: [
      "name",
      "location",
      "project",
      "enable_object_retention",
      "custom_placement_config.data_locations",
      "hierarchical_namespace",
    ],
    conditions: [
      { path: "retention_policy.is_locked", when: "a locked policy is to be unlocked", replaces: isUnlocked },
    ],
    source: {
      file: `${GOOGLE}/storage/resource_storage_bucket.go`,
      commit: "0262be693c00e5902e2190d2ae307d6112467e31",
    },
  },
  google_storage_bucket_object: {
    forcing: "every",
    except: ["event_based_hold", "temporary_hold", "deletion_policy"],
    source: {
      file: `${GOOGLE}/storage/resource_storage_bucket_object.go`,
      commit: "0540ffede9083228e6d6177e2b50d3b91e5bde13",
    },
    note: "Told as a roll of the program whose bundle it is.",
  },
  terraform_data: {
    forcing: ["triggers_replace"],
    source: {
      file: "internal/builtin/providers/terraform/resource_data.go (hashicorp/terraform)",
      commit: "06c309c706fc28ac83d6a1bc93566cca671ed6d8",
    },
  },
};

/** The entry of a type; `undefined` for one that the table does not know. */
export function replacementOf(type: string): ReplacementEntry | undefined {
  return REPLACEMENTS[type] ?? (type.endsWith("_iam_member") ? MEMBER : undefined);
}
