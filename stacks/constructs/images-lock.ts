import { SynthesisError } from "../synthesis/synthesis-error";

/**
 * What `npm run images -- pin` has found behind the tags, as stacks/images.lock.json:
 *
 *     {
 *       "generator": "npm run images -- pin",
 *       "images": {
 *         "kafka": { "tag": "apache/kafka:4.3.1", "digest": "sha256:...", "platforms": ["linux/amd64"], "pinned": "2026-11-22" }
 *       },
 *       "machine": { "family": "projects/.../family/...", "image": "projects/.../images/...", "pinned": "2026-11-22" }
 *     }
 *
 * Nobody writes it by hand: a digest that was never resolved is worse than none.
 */
export interface ImagesLock {
  readonly images: Readonly<Record<string, PinnedImage>>;
  /** `null`: not pinned. */
  readonly machine: PinnedMachineImage | null;
}

/** A container image, found behind its tag. */
export interface PinnedImage {
  readonly tag: string;
  /** Of the image's index: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Such as `linux/amd64`, sorted. */
  readonly platforms: readonly string[];
  /** The day on which this digest was first found, ISO 8601, UTC. */
  readonly pinned: string;
}

/** A machine image, found as the newest of its family. */
export interface PinnedMachineImage {
  readonly family: string;
  readonly image: string;
  /** The day on which this image was first found, ISO 8601, UTC. */
  readonly pinned: string;
}

export const LOCK_FILE = "stacks/images.lock.json";
/** The platform of the machines. */
export const PLATFORM = "linux/amd64";
const REMEDY = "run npm run images -- pin, and commit the file";
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Checks what was read from the lock file.
 * @throws SynthesisError
 */
export function checkLock(value: unknown): ImagesLock {
  const { images, machine } = (value ?? {}) as Partial<ImagesLock>;
  const wrong = (what: string) => new SynthesisError(`${LOCK_FILE}: ${what}; ${REMEDY}.`);
  if (typeof images !== "object" || images === null || machine === undefined)
    throw wrong("it has no images or machine");
  for (const [name, image] of Object.entries(images)) {
    if (typeof image?.tag !== "string" || !DIGEST.test(String(image.digest))) {
      throw wrong(`the entry ${name} has no tag, or its digest is not sha256: and 64 hexadecimal digits`);
    }
    if (!Array.isArray(image.platforms) || !image.platforms.includes(PLATFORM)) {
      throw wrong(`the entry ${name} is not for ${PLATFORM}, which the machines are`);
    }
  }
  if (machine !== null && (typeof machine.family !== "string" || typeof machine.image !== "string")) {
    throw wrong("its machine has no family or image");
  }
  return { images, machine };
}

/**
 * The digest of an image; `undefined` where it is not pinned.
 * @throws SynthesisError where another tag is pinned
 */
export function digestOf(lock: ImagesLock, name: string, tag: string): string | undefined {
  const pinned = lock.images[name];
  if (pinned === undefined) return undefined;
  if (pinned.tag !== tag) throw stale(name, pinned.tag, tag);
  return pinned.digest;
}

/**
 * The exact image of a machine; its family, whose newest image each new machine takes, where none is pinned.
 * @throws SynthesisError where an image of another family is pinned
 */
export function machineImageIn(lock: ImagesLock, family: string): string {
  if (lock.machine === null) return family;
  if (lock.machine.family !== family) throw stale("machine", lock.machine.family, family);
  return lock.machine.image;
}

function stale(name: string, pinned: string, wanted: string): SynthesisError {
  return new SynthesisError(
    `${LOCK_FILE} pins ${pinned} as ${name}, but stacks/constructs/images.ts names ${wanted}; ${REMEDY}.`,
  );
}
