import type { Logger } from "../../support/logging";
import type { Catalog } from "./catalog";
import { readPublicFiles } from "./public-files";

/**
 * The catalogue of a folder: the public files as they are, or one that `npm run prepare-data` has made of them.
 * @throws RhythmicError bad_configuration
 */
export async function openCatalog(folder: string, log: Logger): Promise<Catalog> {
  return readPublicFiles(folder, log);
}
