import { createFolderSecret } from "./folder-secret";
import { createSecretManagerStore } from "./secret-manager-store";
import type { SecretStore } from "./secret-store";

const IN_SECRET_MANAGER = /^projects\/[^/]+\/secrets\/[^/]+$/;

/**
 * Opens a secret wherever it lies: the one place that pairs a place with its driver, for the programs' mains.
 * @param place `projects/PROJECT/secrets/SECRET`, or the path of a folder of versions or of a file
 */
export function openSecret(place: string): SecretStore {
  return IN_SECRET_MANAGER.test(place) ? createSecretManagerStore(place) : createFolderSecret(place);
}
