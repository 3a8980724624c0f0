import { ArtifactRegistryRepository } from "@cdktf/provider-google/lib/artifact-registry-repository";
import { ProjectService } from "@cdktf/provider-google/lib/project-service";
import type { Construct } from "constructs";
import { IMAGE_REPOSITORY } from "./constructs/images";
import { PrivateBucket } from "./constructs/private-bucket";
import { ARTIFACTS } from "./constructs/runtime-bundle";
import type { Environment } from "./environments";
import { nameOf } from "./names";
import { PlatformStack } from "./platform-stack";

/** Google's services that the platform uses. */
const SERVICES = [
  "artifactregistry.googleapis.com",
  "bigquery.googleapis.com",
  "compute.googleapis.com",
  "dns.googleapis.com",
  "iam.googleapis.com",
  "iap.googleapis.com",
  "logging.googleapis.com",
  "storage.googleapis.com",
] as const;

/** How long an artifact that somebody removed can be brought back, days. */
const REMOVED_ARTIFACT_KEPT_DAYS = 90;

/** What everything else stands on: the services, the bucket with the bundles, the way to container images. */
export class FoundationStack extends PlatformStack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, "foundation", environment);
    const services = SERVICES.map(
      (service) => new ProjectService(this, service.split(".")[0] ?? service, { service, disableOnDestroy: false }),
    );
    new PrivateBucket(this, "artifacts", {
      environment,
      what: ARTIFACTS,
      contents: { kind: "artifacts", removedKeptDays: REMOVED_ARTIFACT_KEPT_DAYS },
      dependsOn: services,
    });
    new ArtifactRegistryRepository(this, "images", {
      repositoryId: nameOf(environment, IMAGE_REPOSITORY),
      location: environment.region,
      format: "DOCKER",
      mode: "REMOTE_REPOSITORY",
      description: "Images from Docker Hub for machines that reach nothing but Google.",
      remoteRepositoryConfig: { dockerRepository: { publicRepository: "DOCKER_HUB" } },
      dependsOn: services,
    });
  }
}
