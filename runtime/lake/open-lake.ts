import { createCloudStorageStore } from "./cloud-storage-store";
import { createFolderStore, type FolderStoreOptions } from "./folder-store";
import { type LakePlace, parseLakeUrl } from "./lake-url";
import type { ObjectStore } from "./object-store";

/**
 * Opens a lake wherever it lies: the one place that pairs a place with its driver, for the programs' mains.
 * @param place a URL as LAKE_URL takes it, or what was read of one
 * @param options of a folder: a bucket is never made, and always looked into
 * @throws RhythmicError bad_settings (the URL), lake_unusable
 */
export function openLake(place: string | LakePlace, options: FolderStoreOptions = {}): Promise<ObjectStore> {
  const lake = typeof place === "string" ? parseLakeUrl(place) : place;
  return lake.kind === "folder"
    ? createFolderStore(lake.path, options)
    : createCloudStorageStore(lake.bucket, lake.prefix);
}
