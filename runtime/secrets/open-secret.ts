import { RhythmicError } from "../support/errors";
import { createFolderSecret } from "./folder-secret";
import { createSecretManagerStore } from "./secret-manager-store";
import type { SecretStore } from "./secret-store";

const IN_SECRET_MANAGER = /^projects\/[^/]+\/secrets\/[^/]+$/;
/** What is meant for Secret Manager, right or wrong; a folder of this name can be given as `./projects/...`. */
const LIKE_SECRET_MANAGER = /^projects\//;

/**
 * Opens a secret wherever it lies: the one place that pairs a place with its driver, for the programs' mains.
 * @param place `projects/PROJECT/secrets/SECRET`, or the path of a folder of versions or of a file
 * @throws RhythmicError bad_settings: it is neither
 */
export function openSecret(place: string): SecretStore {
  if (LIKE_SECRET_MANAGER.test(place) && !IN_SECRET_MANAGER.test(place)) {
    throw new RhythmicError(
      "bad_settings",
      `The secret ${place} is not named as Secret Manager names one; it must be projects/PROJECT/secrets/NAME, without a version.`,
    );
  }
  return IN_SECRET_MANAGER.test(place) ? createSecretManagerStore(place) : createFolderSecret(place);
}
