import type { Environment } from "../environment-record";
import lockFile from "../images.lock.json";
import { checkLock, digestOf, type ImagesLock, machineImageIn } from "./images-lock";

/**
 * What runs on the machines: exact versions, pulled through the foundation's own repository, because a machine
 * without a way out reaches nothing but Google. What `npm run images -- pin` has found behind them stands in
 * stacks/images.lock.json.
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

/**
 * The address of an image behind the foundation's repository: by its digest where that is pinned (the tag beside it
 * is for who reads it), else by its exact tag.
 * @throws SynthesisError where the lock file is of another tag
 */
export function imageOf(
  environment: Environment,
  repositoryId: string,
  image: keyof typeof IMAGES,
  lock: ImagesLock = checkLock(lockFile),
): string {
  const digest = digestOf(lock, image, IMAGES[image]);
  const address = `${registryOf(environment)}/${environment.project}/${repositoryId}/${IMAGES[image]}`;
  return digest === undefined ? address : `${address}@${digest}`;
}

/**
 * What a machine starts from.
 * @throws SynthesisError where the lock file is of another family
 */
export function machineImage(lock: ImagesLock = checkLock(lockFile)): string {
  return machineImageIn(lock, MACHINE_IMAGE);
}

/** A line for who synthesizes: what is not pinned; `undefined` where all is. */
export function unpinnedNotice(lock: ImagesLock = checkLock(lockFile)): string | undefined {
  const tags = Object.entries(IMAGES).flatMap(([name, tag]) => (lock.images[name] === undefined ? [tag] : []));
  const family = MACHINE_IMAGE.slice(MACHINE_IMAGE.lastIndexOf("family/"));
  const unpinned = [
    ...(tags.length === 0 ? [] : [`${tags.join(" and ")} go by their tags`]),
    ...(lock.machine === null ? [`machines start from the newest of ${family}`] : []),
  ];
  if (unpinned.length === 0) return undefined;
  return `Images are not pinned: ${unpinned.join(", ")}; npm run images -- pin does it where there is a network.`;
}
