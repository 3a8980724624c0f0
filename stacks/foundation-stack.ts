import { ArtifactRegistryRepository } from "@cdktf/provider-google/lib/artifact-registry-repository";
import { ComputeProjectMetadataItem } from "@cdktf/provider-google/lib/compute-project-metadata-item";
import { ProjectIamAuditConfig } from "@cdktf/provider-google/lib/project-iam-audit-config";
import { ProjectService } from "@cdktf/provider-google/lib/project-service";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { GoogleAgent } from "./constructs/google-agent";
import { grantOnBucket } from "./constructs/grants";
import { IMAGE_REPOSITORY } from "./constructs/images";
import { Keys } from "./constructs/keys";
import { PrivateBucket } from "./constructs/private-bucket";
import type { Environment } from "./environment-record";
import { bucketNameOf, nameOf } from "./names";
import { PlatformStack } from "./platform-stack";

/** Google's services that the platform uses. */
const SERVICES = [
  "artifactregistry",
  "bigquery",
  "bigqueryconnection",
  // BigQuery's guide to external tables over Delta asks for it, although nothing is reserved.
  "bigqueryreservation",
  "billingbudgets",
  "cloudbilling",
  "cloudkms",
  "cloudresourcemanager",
  "compute",
  "dns",
  "iam",
  // By which a pipeline deploys without a key.
  "iamcredentials",
  "iap",
  "logging",
  "monitoring",
  "oslogin",
  "secretmanager",
  "serviceusage",
  "storage",
  "sts",
] as const;
type Service = (typeof SERVICES)[number];

/** Services whose every access is written down: the stores, the keys that they are encrypted with, and the secrets. */
const AUDITED = ["storage", "bigquery", "cloudkms", "secretmanager"] as const;

/** How long an artifact that somebody removed can be brought back, days. */
const REMOVED_ARTIFACT_KEPT_DAYS = 90;

/** By whom Cloud Storage writes access logs (docs.cloud.google.com/storage/docs/access-logs). */
const ACCESS_LOG_WRITER = "group:cloud-storage-analytics@google.com";

/**
 * What everything else stands on: the services, the keys, the bucket with the bundles, the way to container images,
 * and who did what. Some of it is the project's, not the environment's (services, OS Login, audit logs): an
 * environment has a project of its own.
 */
export class FoundationStack extends PlatformStack {
  private readonly services: Readonly<Record<Service, ProjectService>>;

  constructor(scope: Construct, environment: Environment) {
    super(scope, "foundation", environment);
    this.services = this.enableServices();
    const { artifactregistry, compute } = this.services;
    this.addAuditLogs();
    this.addBuckets(environment.customerManagedKeys ? new Keys(this, "keys", environment, this.services).usable : []);
    // Copies of public images, which are fetched again where one is missing: nothing to encrypt with a key of our own,
    // and nothing to clean up.
    new ArtifactRegistryRepository(this, "images", {
      repositoryId: nameOf(environment, IMAGE_REPOSITORY),
      location: environment.region,
      format: "DOCKER",
      mode: "REMOTE_REPOSITORY",
      description: "Images from Docker Hub for machines that reach nothing but Google.",
      remoteRepositoryConfig: { dockerRepository: { publicRepository: "DOCKER_HUB" } },
      dependsOn: [artifactregistry],
    });
    // Machines ask Google who may log in; keys in the project's metadata open none.
    new ComputeProjectMetadataItem(this, "os-login", { key: "enable-oslogin", value: "TRUE", dependsOn: [compute] });
    this.tellWhereToLook();
  }

  private enableServices(): Readonly<Record<Service, ProjectService>> {
    const enabled = SERVICES.map((service) => {
      // Whatever else the project runs may need the service too.
      const config = { service: `${service}.googleapis.com`, disableOnDestroy: false };
      return [service, new ProjectService(this, service, config)] as const;
    });
    return Object.fromEntries(enabled) as Record<Service, ProjectService>;
  }

  /** Who changed, read and wrote what, for services whose reading and writing is not written down otherwise. */
  private addAuditLogs(): void {
    for (const service of AUDITED) {
      new ProjectIamAuditConfig(this, `audit-${service}`, {
        project: this.environment.project,
        service: `${service}.googleapis.com`,
        auditLogConfig: ["ADMIN_READ", "DATA_READ", "DATA_WRITE"].map((logType) => ({ logType })),
        dependsOn: [this.services[service], this.services.cloudresourcemanager],
      });
    }
  }

  /** The bucket with the bundles, and the one with the access logs of this and of the lake's. */
  private addBuckets(keys: readonly ITerraformDependable[]): void {
    const { environment, services } = this;
    const logs = new PrivateBucket(this, "logs", {
      environment,
      contents: { what: "logs", keptDays: environment.accessLogsKeptDays },
      dependsOn: [services.storage],
    });
    const written = grantOnBucket(new GoogleAgent(this, "log-writer", ACCESS_LOG_WRITER), logs.bucketName, {
      id: "write-access-logs",
      role: "roles/storage.objectCreator",
      why: "Cloud Storage writes down who read and wrote the buckets; it can add logs, not read or change them.",
      on: logs.resource,
    });
    new PrivateBucket(this, "artifacts", {
      environment,
      contents: { what: "artifacts", removedKeptDays: REMOVED_ARTIFACT_KEPT_DAYS },
      dependsOn: [services.storage, ...keys, written],
    });
  }

  private tellWhereToLook(): void {
    const { project, region } = this.environment;
    const console = "https://console.cloud.google.com";
    this.tell(
      "audit_logs",
      `${console}/logs/query;query=${encodeURIComponent('log_id("cloudaudit.googleapis.com/data_access")')}?project=${project}`,
      "Who read and wrote the lake, the warehouse, the keys and the secrets.",
    );
    this.tell(
      "access_logs",
      `gcloud storage ls gs://${bucketNameOf(this.environment, "logs")}`,
      "Lists the logs of every request to the buckets, an hour a file.",
    );
    this.tell(
      "bundles",
      `${console}/storage/browser/${bucketNameOf(this.environment, "artifacts")}/bundles?project=${project}`,
      "The programs' bundles, by their hashes.",
    );
    this.tell(
      "images",
      `${console}/artifacts/docker/${project}/${region}/${nameOf(this.environment, IMAGE_REPOSITORY)}?project=${project}`,
      "The container images that the machines pull.",
    );
    if (this.environment.customerManagedKeys) {
      this.tell(
        "keys",
        `${console}/security/kms/keyrings?project=${project}`,
        "The keys that the stores and disks are encrypted with.",
      );
    }
  }
}
