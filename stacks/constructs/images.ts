import type { Environment } from "../environment-record";

/**
 * What runs on the machines: exact versions, pulled through the foundation's own repository, because a machine
 * without a way out reaches nothing but Google.
 */

/** cloud.google.com/container-optimized-os/docs/concepts/versioning: supported until March 2027. */
export const MACHINE_IMAGE = "projects/cos-cloud/global/images/family/cos-121-lts";

/** Name of the repository that fetches from Docker Hub. */
export const IMAGE_REPOSITORY = "images";

/** Tags at Docker Hub. */
export const IMAGES = {
  node: "library/node:22.23.3-bookworm-slim",
  kafka: "apache/kafka:4.3.1",
} as const;

/** Host of the region's repositories. */
export function registryOf(environment: Environment): string {
  return `${environment.region}-docker.pkg.dev`;
}

/** The address of an image behind the foundation's repository. */
export function imageOf(environment: Environment, repositoryId: string, image: keyof typeof IMAGES): string {
  return `${registryOf(environment)}/${environment.project}/${repositoryId}/${IMAGES[image]}`;
}
